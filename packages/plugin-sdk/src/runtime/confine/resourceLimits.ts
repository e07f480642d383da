/** The limits that the kernel itself keeps, as arguments of prlimit(1). They hold for each process of a plugin by itself. */
import { readdirSync, readFileSync, statSync } from "node:fs"
import type { ConfinementLevel } from "../PluginRuntime.ts"

/** What one plugin may use. */
export interface ResourceLimits {
  readonly openFiles: number
  /** Counted with their threads by the kernel, and as processes by the watchdog. */
  readonly processes: number
  /** Of processor time in a process's whole life: for programs that are not meant to stay. */
  readonly cpuSeconds?: number
  /** Of the whole plugin. The watchdog keeps it; the kernel only stops what overshoots by far, see {@link reservedBytes}. */
  readonly memoryBytes?: number
}

/** An idle Node 24 has 560 MiB of writable memory mapped that it never touches; the kernel counts what is mapped. */
export const reservedBytes = 768 * 1024 * 1024

/** No file of a plugin grows larger, its sockets' folder included. */
const fileBytesMax = 16 * 1024 * 1024

// A Node has eleven threads, a Go program as many as the machine has cores.
const threadsPerProcess = 32

// The kernel counts per user. Inside a user namespace it counts only what is in it, so there nothing has to be added.
const tasksOfThisUser = (): number => {
  const uid = process.getuid?.()
  let tasks = 0
  for (const pid of readdirSync("/proc")) {
    if (!/^\d+$/.test(pid)) continue
    try {
      if (statSync(`/proc/${pid}`).uid === uid) tasks += readdirSync(`/proc/${pid}/task`).length
    } catch {
      // It ended while we looked.
    }
  }
  return tasks
}

const ownLimits = (): string => {
  try {
    return readFileSync("/proc/self/limits", "latin1")
  } catch {
    return ""
  }
}

// Nobody may give a program more than he has himself: prlimit would refuse, and start nothing.
const within = (limits: string) => (name: string, wanted: number) => {
  const hard = Number(new RegExp(`^Max ${name} +\\S+ +(\\d+)`, "m").exec(limits)?.[1] ?? Number.POSITIVE_INFINITY)
  return Math.min(wanted, hard)
}

/**
 * Root is exempt from the number of processes: there only the watchdog keeps it. Where this process itself has less, as in a
 * container, so has the plugin.
 */
export const resourceLimits = (limits: ResourceLimits, level: ConfinementLevel): ReadonlyArray<string> => {
  const most = within(ownLimits())
  const processes = limits.processes * threadsPerProcess + (level === "bubblewrap" ? 0 : tasksOfThisUser())
  return [
    "--core=0",
    `--fsize=${most("file size", fileBytesMax)}`,
    `--nofile=${most("open files", limits.openFiles)}`,
    `--nproc=${most("processes", processes)}`,
    ...(limits.cpuSeconds === undefined ? [] : [`--cpu=${most("cpu time", limits.cpuSeconds)}`]),
    ...(limits.memoryBytes === undefined ? [] : [`--data=${most("data size", limits.memoryBytes + reservedBytes)}`])
  ]
}
