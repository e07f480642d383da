/**
 * The processes that one start of a plugin has become: its first one, all descended from it, all of their sessions, and all
 * whose environment names its socket. Outside of namespaces a process that means to be lost can be: by leaving its session,
 * its parent and its environment behind between two searches.
 */
import { readFile, stat } from "node:fs/promises"
import { setTimeout } from "node:timers/promises"
import { allPids, type ProcStat, readProcStat } from "./procStat.ts"

/** All of a plugin's processes at one moment. */
export interface TreeSample {
  readonly processes: number
  readonly rssBytes: number
  /** Since the start; never less than before. */
  readonly cpuMs: number
}

/** One start of a plugin. */
export interface ProcessTree {
  /** Those that are known, some of them gone. */
  readonly pids: () => ReadonlyArray<number>
  /** Looks at the processes that are known. */
  readonly sample: () => TreeSample
  /** Looks for others. */
  readonly search: () => Promise<void>
  /** Kills all. Finds also those that were started meanwhile: what has been signalled starts nothing any more. */
  readonly kill: () => Promise<void>
}

// The environment of a process whose memory is stuck can keep a reader waiting for ever.
const environmentMsMax = 250
// More than this can only mean that somebody else's limits are too high.
const killRoundsMax = 100

const carries = async (pid: number, marker: string, uid: number): Promise<boolean> => {
  try {
    if ((await stat(`/proc/${pid}`)).uid !== uid) return false
    return `\0${await readFile(`/proc/${pid}/environ`, "latin1")}`.includes(`\0${marker}\0`)
  } catch {
    return false
  }
}

/** Starts with the one process, the leader of a session of its own. The marker is one `NAME=value` of its environment. */
export const makeProcessTree = (pid: number, marker: string): ProcessTree => {
  const members = new Map<number, string>()
  let others = new Set<number>()
  let cpuMs = 0
  let lastCpuMs = 0
  const uid = process.getuid?.() ?? -1

  const admit = (found: ProcStat): void => void members.set(found.pid, found.startedAt)
  const root = readProcStat(pid)
  if (root !== null) admit(root)

  const living = (): ReadonlyArray<ProcStat> => {
    const found: Array<ProcStat> = []
    for (const [pid, startedAt] of members) {
      const now = readProcStat(pid)
      if (now !== null && now.startedAt === startedAt) found.push(now)
      else members.delete(pid)
    }
    return found
  }

  const sample = (): TreeSample => {
    const found = living()
    const sum = found.reduce((total, { cpuMs }) => total + cpuMs, 0)
    // It sinks when somebody ends whom nobody waits for.
    cpuMs += Math.max(0, sum - lastCpuMs)
    lastCpuMs = sum
    const alive = found.filter((one) => one.alive)
    return { processes: alive.length, rssBytes: alive.reduce((total, { rssBytes }) => total + rssBytes, 0), cpuMs }
  }

  // A session outlives its leader, so its number is kept as long as the tree is.
  const sessions = new Set([pid])

  const search = async () => {
    const pids = allPids()
    let unknown = pids
      .filter((one) => !members.has(one) && !others.has(one))
      .map(readProcStat)
      .filter((found) => found !== null)
    others = new Set(pids.filter((one) => others.has(one)))
    for (;;) {
      const ours = unknown.filter(({ parent, session }) => members.has(parent) || sessions.has(session))
      for (const found of ours) {
        admit(found)
        if (found.session === found.pid) sessions.add(found.session)
      }
      unknown = unknown.filter((found) => !ours.includes(found))
      if (ours.length > 0) continue
      const named = await Promise.race([
        Promise.all(unknown.map(async (found) => ((await carries(found.pid, marker, uid)) ? [found] : []))),
        setTimeout(environmentMsMax, [])
      ])
      const astray = named.flat()
      for (const found of astray) admit(found)
      unknown = unknown.filter((found) => !astray.includes(found))
      if (astray.length === 0) break
    }
    for (const found of unknown) others.add(found.pid)
  }

  const kill = async () => {
    const signalled = new Set<number>()
    for (let round = 0; round < killRoundsMax; round++) {
      await search()
      const left = living().filter((one) => one.alive && !signalled.has(one.pid))
      if (left.length === 0) return
      for (const { pid } of left) {
        signalled.add(pid)
        try {
          process.kill(pid, "SIGKILL")
        } catch {
          // It was faster.
        }
      }
    }
  }

  return { pids: () => [...members.keys()], sample, search, kill }
}
