/** Watches what a plugin's processes use, and ends them all when it is too much. */
import { Clock, Deferred, Effect, Schema, type Scope } from "effect"
import { folderUsage } from "./folderUsage.ts"
import { makeProcessTree } from "./processTree.ts"

/** Most of a plugin's processes together. */
export interface GuardLimits {
  readonly memoryBytes: number
  /** Of one core, over {@link cpuWindowMs}. */
  readonly cpuPercent: number
  readonly processes: number
  /** In its folder, and in files without a name. */
  readonly diskBytes: number
}

/** The plugin used more than it may; all its processes were killed. */
export class LimitExceeded extends Schema.TaggedError<LimitExceeded>()("LimitExceeded", {
  limit: Schema.Literals(["memory", "cpu", "processes", "disk"]),
  /** Bytes, percent of one core, or processes. */
  measured: Schema.Number,
  allowed: Schema.Number
}) {
  override get message() {
    return `its ${this.limit} limit of ${this.allowed} was exceeded: ${this.measured}`
  }
}

/** What a plugin uses now. */
export interface ProcessUsage {
  readonly rssBytes: number
  readonly cpuPercent: number
  readonly processes: number
  readonly diskBytes: number
}

/** A watch over one start of a plugin. */
export interface ProcessGuard {
  /** Succeeds once, after everything was killed; never before a limit is exceeded. */
  readonly exceeded: Effect.Effect<LimitExceeded>
  /** As last seen; null before the first look and where there is no /proc. */
  readonly usage: () => ProcessUsage | null
}

/** Whom to watch. */
export interface GuardedProcess {
  /** Leader of its own session, as `startProcess` makes it. */
  readonly pid: number
  /** One `NAME=value` of its environment that no other start has: by it a child is known that has left the session. */
  readonly marker: string
  /** The one that it may write in. */
  readonly folder: string
  readonly limits: GuardLimits
}

/** Memory can be filled by some gigabytes a second, so that much in a tenth of a second may be used beyond the limit. */
export const sampleMs = 100
/** Over which processor time is averaged: starting up, or one slow observation, is no offence. */
export const cpuWindowMs = 30_000
// After a second without a sign of work this is often enough: who does nothing fills nothing, and who begins is seen before long. What
// it could take until then, the kernel's own limits bound.
const idleSamples = 10
const idleSampleMs = 300
// Looking for new processes, and into folders, costs more than looking at known processes.
const samplesPerSearch = 5
// Whoever has used the processor for so long may have written some hundred megabytes.
const cpuMsPerLook = 20

/** What is too much, if anything; memory first, since it hurts the whole machine. */
export const exceededBy = (usage: ProcessUsage, limits: GuardLimits): LimitExceeded | null => {
  const over = (limit: LimitExceeded["limit"], measured: number, allowed: number) =>
    measured > allowed ? new LimitExceeded({ limit, measured, allowed }) : null
  return (
    over("memory", usage.rssBytes, limits.memoryBytes) ??
    over("disk", usage.diskBytes, limits.diskBytes) ??
    over("processes", usage.processes, limits.processes) ??
    over("cpu", usage.cpuPercent, limits.cpuPercent)
  )
}

/** Percent of one core over the last {@link cpuWindowMs}; a plugin that is younger has used none before it was born. */
export const makeCpuWindow = (startMs: number) => {
  let points: ReadonlyArray<{ readonly at: number; readonly cpuMs: number }> = [{ at: startMs, cpuMs: 0 }]
  return (at: number, cpuMs: number): number => {
    // The last point before the window stays: the window begins there.
    const first = points.findLastIndex((point) => point.at <= at - cpuWindowMs)
    points = [...points.slice(Math.max(0, first)), { at, cpuMs }]
    return (100 * (cpuMs - (points[0]?.cpuMs ?? 0))) / cpuWindowMs
  }
}

/**
 * Watches until its scope closes, and then kills what is left. Acquire it right after the start and before the finalizer that
 * stops the process: finalizers run backwards, so the process is asked to stop first, and what outlives it is killed then.
 */
export const guardProcess = Effect.fn("guardProcess")(function* ({
  folder,
  limits,
  marker,
  pid
}: GuardedProcess): Effect.fn.Return<ProcessGuard, never, Scope.Scope> {
  const exceeded = yield* Deferred.make<LimitExceeded>()
  const tree = makeProcessTree(pid, marker)
  const kill = Effect.promise(tree.kill)
  const clock = yield* Clock.Clock
  const nowMs = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
  const cpuPercentAt = makeCpuWindow(nowMs())
  let usage: ProcessUsage | null = null
  let diskBytes = 0
  let cpuMs = 0

  const look = (): LimitExceeded | null => {
    const { processes, rssBytes, ...sample } = tree.sample()
    cpuMs = sample.cpuMs
    usage = { rssBytes, processes, diskBytes, cpuPercent: cpuPercentAt(nowMs(), cpuMs) }
    return exceededBy(usage, limits)
  }

  // A timer, since a fiber that wakes ten times a second takes more of the processor than all that it looks at.
  const breach = Effect.callback<LimitExceeded>((resume) => {
    let samples = 0
    let isSearching = false
    const search = async () => {
      isSearching = true
      await tree.search()
      isSearching = false
    }
    let isReading = false
    let cpuMsRead = 0
    const readFolder = async () => {
      isReading = true
      cpuMsRead = cpuMs
      diskBytes = await folderUsage(folder, tree.pids())
      isReading = false
    }
    let idle = 0
    let timer: ReturnType<typeof setTimeout>
    const tick = () => {
      const isTurn = samples++ % samplesPerSearch === 0
      if (isTurn && !isSearching) void search()
      const before = cpuMs
      const over = look()
      idle = cpuMs > before ? 0 : idle + 1
      if (over !== null) return resume(Effect.succeed(over))
      // Whoever did nothing has written nothing.
      if (!isReading && cpuMs - cpuMsRead >= (isTurn ? 1 : cpuMsPerLook)) void readFolder()
      timer = setTimeout(tick, idle < idleSamples ? sampleMs : idleSampleMs)
    }
    tick()
    return Effect.sync(() => clearTimeout(timer))
  })

  yield* Effect.addFinalizer(() => kill)
  yield* breach.pipe(
    Effect.tap(() => kill),
    Effect.flatMap((over) => Deferred.succeed(exceeded, over)),
    Effect.forkScoped
  )
  return { exceeded: Deferred.await(exceeded), usage: () => usage }
})
