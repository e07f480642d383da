/**
 * Audits chains on all cores of a Node host. A chain is cut at known boundaries, the pieces are verified apart, and they are
 * stitched in order: the verdict is that of one thread that walks the chain from its beginning.
 */
import { availableParallelism } from "node:os"
import { Context, Effect, Layer, Pool, Schema, Sink, Stream } from "effect"
import { makeChainAuditor, progressEvery } from "./auditChain.ts"
import type { AuditLevel, AuditVerdict } from "./auditVerdict.ts"
import { type AuditBackendName, auditBackend } from "./internal/auditBackend.ts"
import { type AuditWorkerDied, startAuditThread } from "./internal/auditThread.ts"
import { type Boundary, makeSegmentCutter } from "./internal/segment.ts"
import { makeStitcher } from "./internal/stitcher.ts"
import { anchorOf, type ChainAnchor, type ChainHead } from "./verify.ts"

export type { AuditLevel, AuditVerdict } from "./auditVerdict.ts"
export type { AuditBackendName } from "./internal/auditBackend.ts"
export { AuditWorkerDied } from "./internal/auditThread.ts"

/** The library named for the pool cannot be used here. Install it, or name another: the pool takes none by itself. */
export class AuditBackendUnavailable extends Schema.TaggedError<AuditBackendUnavailable>()("AuditBackendUnavailable", {
  backend: Schema.Literals(["node", "sodium"]),
  detail: Schema.String
}) {}

/** How a pool is set up. */
export interface AuditPoolOptions {
  /** Which library verifies, in the threads and here: `sodium` is twice as fast and needs the package `sodium-native`. */
  readonly backend: AuditBackendName
  /** From where `sodium-native` is looked for, like an import there. Without it, from this module or its bundle. */
  readonly sodiumFrom?: string
  /** The most threads at a time, for all audits together. Without it, one for each core. */
  readonly workers?: number
  /** The file of `auditWorker` where it does not lie beside this module or beside the bundle that this module is in. */
  readonly workerFile?: URL
}

/** How one audit is done. */
export interface PoolAuditOptions {
  /** `full` without it. `links` is done on this thread: hashing is over before another thread has started. */
  readonly level?: AuditLevel
  /** The head after which the lines continue, for the rest of a chain whose beginning is already known. */
  readonly from?: ChainHead | null
  /** How many records there are, where `lines` is no array. */
  readonly total?: number
  /** Called with the number of records without a fault so far and of all, where that is known; at most once in 500 records. */
  readonly onProgress?: (done: number, total: number | null) => void
}

/** Lines of one chain in order: stored bytes or text, each without its newline. */
export type AuditLines<E = never, R = never> = Iterable<string | Uint8Array> | Stream.Stream<string | Uint8Array, E, R>

/** Some 25 ms of work with the slower library: much more than handing it over costs, and little to wait for at the end. */
const segmentRecords = 256

/** A chain of fewer segments stays on this thread: starting another one takes as long as verifying some hundred records. */
const segmentsMin = 2

/** Segments of one audit that are in work or cut in advance, for each thread: at most 2 MiB each. */
const segmentsAhead = 2

/** A thread without work for so long ends. */
const idleTime = "10 seconds"

/** Records between two moments in which others have their turn: some milliseconds. */
const recordsInTurn = { full: 32, links: 2048 } as const

// Beside this module lies the worker's source, its compiled form, or the worker's own bundle.
const workerFileHere = (): URL =>
  new URL(import.meta.url.endsWith(".ts") ? "auditWorker.ts" : "auditWorker.js", import.meta.url)

const make = Effect.fnUntraced(function* (options: AuditPoolOptions) {
  const workers = Math.max(1, options.workers ?? availableParallelism())
  const library = { name: options.backend, ...(options.sodiumFrom && { sodiumFrom: options.sodiumFrom }) }
  const found = auditBackend(library)
  if (!found.ok) return yield* new AuditBackendUnavailable({ backend: options.backend, detail: found.detail })
  const { backend } = found
  const threads = yield* Pool.makeWithTTL({
    acquire: startAuditThread(options.workerFile ?? workerFileHere(), library),
    min: 0,
    max: workers,
    timeToLive: idleTime
  })

  const auditLinks = Effect.fnUntraced(function* <E, R>(
    lines: Stream.Stream<string | Uint8Array, E, R>,
    anchor: ChainAnchor,
    { from = null, onProgress }: PoolAuditOptions,
    total: number | null
  ) {
    const tell = onProgress && ((done: number) => onProgress(done, total))
    const auditor = makeChainAuditor("links", anchor, backend, { from, ...(tell && { onProgress: tell }) })
    yield* Stream.runForEachWhile(Stream.grouped(lines, recordsInTurn.links), (group) =>
      Effect.as(
        Effect.yieldNow,
        group.every((line) => auditor.accept(line) === null)
      )
    )
    return auditor.finish()
  })

  const auditFully = Effect.fnUntraced(function* <E, R>(
    lines: Stream.Stream<string | Uint8Array, E, R>,
    { publicKey, recoveryKey }: ChainAnchor,
    { from = null, onProgress }: PoolAuditOptions,
    total: number | null
  ) {
    const firstSequence = from === null ? 0 : from.sequence + 1
    const first: Boundary = { head: from, agentId: null, epochs: [{ firstSequence, publicKey }] }
    const stitcher = makeStitcher(first, recoveryKey, backend)
    const cutter = makeSegmentCutter(first, recoveryKey, backend)
    let told = 0
    const tell = () => {
      if (onProgress === undefined || stitcher.count() - told < progressEvery) return
      told = stitcher.count()
      onProgress(told, total)
    }

    const walk = Effect.fnUntraced(function* (group: ReadonlyArray<string | Uint8Array>) {
      for (const [at, line] of group.entries()) {
        if (stitcher.walk(line) !== null) return false
        if (at % recordsInTurn.full === 0) yield* Effect.yieldNow
      }
      tell()
      return true
    })

    const [begin, rest] = yield* Stream.peel(Stream.grouped(lines, segmentRecords), Sink.take(segmentsMin))
    const all = Stream.concat(Stream.fromIterable(begin), rest)
    if (begin.reduce((count, group) => count + group.length, 0) < segmentsMin * segmentRecords) {
      yield* Stream.runForEachWhile(all, walk)
      return stitcher.verdict()
    }
    yield* all.pipe(
      // One after another: each starts where the one before it seems to end.
      Stream.mapEffect((group) => Effect.sync(() => ({ group, ...cutter.cut(group) }))),
      Stream.mapEffect(
        ({ end, group, segment }) =>
          Pool.use(threads, (thread) =>
            Effect.tapError(thread.verify(segment), () => Pool.invalidate(threads, thread))
          ).pipe(Effect.map((verdict) => ({ group, start: segment.start, end, verdict }))),
        { concurrency: segmentsAhead * workers }
      ),
      Stream.runForEachWhile(({ end, group, start, verdict }) =>
        Effect.suspend(() => {
          if (!stitcher.stitch({ start, end, count: group.length }, verdict)) return walk(group)
          tell()
          return Effect.succeed(true)
        })
      )
    )
    return stitcher.verdict()
  }, Effect.scoped)

  const audit = Effect.fn("AuditPool.audit")(function* <E = never, R = never>(
    lines: AuditLines<E, R>,
    anchor: string | ChainAnchor,
    how: PoolAuditOptions = {}
  ): Effect.fn.Return<AuditVerdict, AuditWorkerDied | E, R> {
    const total = how.total ?? (Array.isArray(lines) ? lines.length : null)
    const stream: Stream.Stream<string | Uint8Array, E, R> = Stream.isStream(lines) ? lines : Stream.fromIterable(lines)
    return yield* (how.level === "links" ? auditLinks : auditFully)(stream, anchorOf(anchor), how, total)
  })

  return { audit }
})

/** Audits whole chains; `audit` ends its work when it is interrupted, and its threads end with the layer's scope. */
export class AuditPool extends Context.Service<
  AuditPool,
  {
    /**
     * The verdict of `auditChain` over the same lines. A thread that dies is a failure and never a verdict. The lines must
     * stay as they are until the end.
     */
    readonly audit: <E = never, R = never>(
      lines: AuditLines<E, R>,
      anchor: string | ChainAnchor,
      options?: PoolAuditOptions
    ) => Effect.Effect<AuditVerdict, AuditWorkerDied | E, R>
  }
>()("@farmops/proof/AuditPool") {
  static readonly layer = (options: AuditPoolOptions): Layer.Layer<AuditPool, AuditBackendUnavailable> =>
    Layer.effect(this, make(options))
}
