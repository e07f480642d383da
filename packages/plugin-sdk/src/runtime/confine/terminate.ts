/** Asks a confined program to end. What does not listen is killed by whoever started it: bubblewrap's end is that of all inside. */
import type { ConfinementLevel } from "../PluginRuntime.ts"
import { allPids, readProcStat } from "./procStat.ts"

const childrenOf = (parents: ReadonlyArray<number>): ReadonlyArray<number> =>
  allPids().filter((pid) => parents.includes(readProcStat(pid)?.parent ?? -1))

const terminate = (pid: number): void => {
  try {
    process.kill(pid, "SIGTERM")
  } catch {
    // It has ended.
  }
}

/**
 * Sends SIGTERM to the program itself. Bubblewrap, which is the process that was started, would die of it and take the
 * program along unasked; the program is the child of its child.
 */
export const terminateConfined = (pid: number, level: ConfinementLevel): void => {
  const programs = level === "bubblewrap" ? childrenOf(childrenOf([pid])) : []
  for (const one of programs.length > 0 ? programs : [pid]) terminate(one)
}
