/** What the kernel tells of a process in `/proc/PID/stat`, and in which units. Reading it never waits for the process. */
import { closeSync, openSync, readdirSync, readFileSync, readSync } from "node:fs"

/** One process at one moment. */
export interface ProcStat {
  readonly pid: number
  readonly parent: number
  readonly session: number
  /** Neither a zombie nor gone. */
  readonly alive: boolean
  /** Its own and that of its children that have ended and were waited for, so that none is lost or counted twice. */
  readonly cpuMs: number
  /** With the pid it names a process for ever: a pid alone comes back. */
  readonly startedAt: string
  readonly rssBytes: number
}

// getauxval(3): pairs of 64-bit words.
const auxiliary = (wanted: bigint, otherwise: number): number => {
  try {
    const vector = readFileSync("/proc/self/auxv")
    for (let at = 0; at + 16 <= vector.length; at += 16) {
      if (vector.readBigUInt64LE(at) === wanted) return Number(vector.readBigUInt64LE(at + 8))
    }
  } catch {
    // No /proc: nothing will be read with it.
  }
  return otherwise
}

const pageBytes = auxiliary(6n, 4_096)
const msPerTick = 1_000 / auxiliary(17n, 100)

/** The numbers of all processes that can be seen. */
export const allPids = (): ReadonlyArray<number> => {
  try {
    return readdirSync("/proc").map(Number).filter(Number.isInteger)
  } catch {
    return []
  }
}

// Far longer than a line of /proc can be. One for all: a plugin is looked at ten times a second, and `readFileSync` would leave
// 64 KiB of garbage each time.
const statBuffer = Buffer.alloc(4_096)

const readLine = (path: string): string => {
  const file = openSync(path, "r")
  try {
    return statBuffer.toString("latin1", 0, readSync(file, statBuffer, 0, statBuffer.length, 0))
  } finally {
    closeSync(file)
  }
}

/** Null where the process is gone. */
export const readProcStat = (pid: number): ProcStat | null => {
  try {
    const line = readLine(`/proc/${pid}/stat`)
    // The second field is the program's name in brackets and may hold anything, brackets too.
    const fields = line.slice(line.lastIndexOf(")") + 2).split(" ")
    // proc(5) counts from 1, and the first of these is its third.
    const field = (number: number) => fields[number - 3] ?? "0"
    const ticks = Number(field(14)) + Number(field(15)) + Number(field(16)) + Number(field(17))
    return {
      pid,
      parent: Number(field(4)),
      session: Number(field(6)),
      alive: !"ZXx".includes(field(3)),
      cpuMs: ticks * msPerTick,
      startedAt: field(22),
      rssBytes: Number(field(24)) * pageBytes
    }
  } catch {
    return null
  }
}
