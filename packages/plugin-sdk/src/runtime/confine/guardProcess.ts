/** Watches what a plugin's processes use, and ends them all when it is too much. */
import { Clock, Deferred, Duration, Effect, Schema, type Scope } from "effect"
import { makeProcessTree } from "./processTree.ts"

/** Most of a plugin's processes together. */
export interface GuardLimits {
  readonly memoryBytes: number
  /** Of one core, over {@link cpuWindowMs}. */
  readonly cpuPercent: number
  readonly processes: number
}

/** The plugin used more than it may; all its processes were killed. */
export class LimitExceeded extends Schema.TaggedError<LimitExceeded>()("LimitExceeded", {
  limit: Schema.Literals(["memory", "cpu", "processes"]),
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
  readonly limits: GuardLimits
}

/** Memory can be filled by some gigabytes a second, so that much in a tenth of a second may be used beyond the limit. */
export const sampleMs = 100
/** Over which processor time is averaged: starting up, or one slow observation, is no offence. */
export const cpuWindowMs = 30_000
// Looking for new processes costs more than looking at known ones.
const samplesPerSearch = 5

/** What is too much, if anything; memory first, since it hurts the whole machine. */
export const exceededBy = (usage: ProcessUsage, limits: GuardLimits): LimitExceeded | null => {
  const over = (limit: LimitExceeded["limit"], measured: number, allowed: number) =>
    measured > allowed ? new LimitExceeded({ limit, measured, allowed }) : null
  return (
    over("memory", usage.rssBytes, limits.memoryBytes) ??
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
  limits,
  marker,
  pid
}: GuardedProcess): Effect.fn.Return<ProcessGuard, never, Scope.Scope> {
  const exceeded = yield* Deferred.make<LimitExceeded>()
  const tree = makeProcessTree(pid, marker)
  const kill = Effect.promise(tree.kill)
  const nowMs = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos) / 1e6)
  const cpuPercentAt = makeCpuWindow(yield* nowMs)
  let usage: ProcessUsage | null = null
  let samples = 0

  const look = Effect.gen(function* () {
    if (samples++ % samplesPerSearch === 0) yield* Effect.promise(tree.search)
    const { cpuMs, processes, rssBytes } = tree.sample()
    usage = { rssBytes, processes, cpuPercent: cpuPercentAt(yield* nowMs, cpuMs) }
    const over = exceededBy(usage, limits)
    if (over === null) return
    yield* kill
    yield* Deferred.succeed(exceeded, over)
  })

  yield* Effect.addFinalizer(() => kill)
  yield* look.pipe(Effect.andThen(Effect.sleep(Duration.millis(sampleMs))), Effect.forever, Effect.forkScoped)
  return { exceeded: Deferred.await(exceeded), usage: () => usage }
})
