/**
 * The agent's own record of its chain: exact lines, the observations they settle, and how far they were delivered.
 * A proof and its observation are written together or not at all, so a crash can neither lose nor repeat one.
 */
import { Context, Effect, Layer, Schema } from "effect"
import type { ChainHead } from "./verify.ts"

/** One proof as the agent keeps it. The salt never leaves the agent: with it the evidence could be guessed. */
export interface LogEntry {
  readonly sequence: number
  readonly proofId: string
  readonly hash: string
  /** The exact canonical text that travels. */
  readonly line: string
  readonly observationId: string
  /** 32 random bytes; `evidence_hash` is SHA-256 of them followed by the evidence. */
  readonly evidenceSalt: Uint8Array
}

/** The store cannot be read or written now. Nothing was half written; the same call may be tried again. */
export class ProofLogUnavailable extends Schema.TaggedError<ProofLogUnavailable>()("ProofLogUnavailable", {
  cause: Schema.Defect()
}) {}

/** The observation was settled before, by a proof or by a refusal. Nothing to do: a source may report an event twice. */
export class ObservationAlreadyProved extends Schema.TaggedError<ObservationAlreadyProved>()(
  "ObservationAlreadyProved",
  { observationId: Schema.String }
) {}

/** The entry does not come next. `expected` and `received` are sequences. Rebuild the proof on the current head. */
export class ChainForked extends Schema.TaggedError<ChainForked>()("ChainForked", {
  expected: Schema.Int,
  received: Schema.Int
}) {}

/** One read returns at most this many entries, whatever was asked: at 8 KiB a line that is 8 MiB. */
export const entriesMax = 1000

/** The port. `layerMemory` forgets with the process; `ProofLogSql` is durable. */
export class ProofLog extends Context.Service<
  ProofLog,
  {
    /** The last proof, or null before the first. */
    readonly head: Effect.Effect<ChainHead | null, ProofLogUnavailable>
    /** How many proofs there are. */
    readonly count: Effect.Effect<number, ProofLogUnavailable>
    /** Writes a proof and settles its observation in one durable transaction. Refuses all but the next sequence. */
    readonly append: (
      entry: LogEntry
    ) => Effect.Effect<void, ProofLogUnavailable | ObservationAlreadyProved | ChainForked>
    /**
     * Takes the proofs after `sequence` out of the chain and appends `entry` in their place, in one durable transaction: for
     * a recovery. What is taken out is kept aside, its observations are open again, and the delivery cursor steps back.
     */
    readonly replaceAfter: (
      sequence: number,
      entry: LogEntry
    ) => Effect.Effect<void, ProofLogUnavailable | ObservationAlreadyProved | ChainForked>
    /** Whether the observation is settled, by a proof or by `markSeen`. */
    readonly hasObservation: (observationId: string) => Effect.Effect<boolean, ProofLogUnavailable>
    /** Settles an observation that earned no proof, so that it is not verified again. Harmless when repeated. */
    readonly markSeen: (observationId: string) => Effect.Effect<void, ProofLogUnavailable>
    /** Entries after a sequence (−1 for all) in order, at most `limit` and never more than {@link entriesMax}. */
    readonly entriesAfter: (
      sequence: number,
      limit: number
    ) => Effect.Effect<ReadonlyArray<LogEntry>, ProofLogUnavailable>
    /** The last sequence that the tracker has durably accepted; −1 for none. */
    readonly deliveredThrough: Effect.Effect<number, ProofLogUnavailable>
    /** Moves the delivery cursor forward; a lower sequence than the present one changes nothing. */
    readonly markDelivered: (sequence: number) => Effect.Effect<void, ProofLogUnavailable>
  }
>()("@farmops/proof/ProofLog") {
  /** Keeps everything in memory: for tests, and for chains that need not outlive the process. */
  static readonly layerMemory: Layer.Layer<ProofLog> = Layer.sync(this, () => {
    const entries: Array<LogEntry> = []
    const settled = new Set<string>()
    let delivered = -1
    const headOf = (entry: LogEntry | undefined): ChainHead | null =>
      entry === undefined ? null : { sequence: entry.sequence, proofId: entry.proofId, hash: entry.hash }
    const append = Effect.fnUntraced(function* (entry: LogEntry) {
      if (settled.has(entry.observationId)) {
        return yield* new ObservationAlreadyProved({ observationId: entry.observationId })
      }
      if (entry.sequence !== entries.length) {
        return yield* new ChainForked({ expected: entries.length, received: entry.sequence })
      }
      settled.add(entry.observationId)
      entries.push(entry)
    })
    return {
      head: Effect.sync(() => headOf(entries.at(-1))),
      count: Effect.sync(() => entries.length),
      append,
      replaceAfter: Effect.fnUntraced(function* (sequence, entry) {
        const from = Math.max(sequence + 1, 0)
        if (entry.sequence !== from || from > entries.length) {
          return yield* new ChainForked({ expected: Math.min(from, entries.length), received: entry.sequence })
        }
        const removed = new Set(entries.slice(from).map(({ observationId }) => observationId))
        if (settled.has(entry.observationId) && !removed.has(entry.observationId)) {
          return yield* new ObservationAlreadyProved({ observationId: entry.observationId })
        }
        for (const observationId of removed) settled.delete(observationId)
        entries.length = from
        delivered = Math.min(delivered, sequence)
        yield* append(entry)
      }),
      hasObservation: (observationId) => Effect.sync(() => settled.has(observationId)),
      markSeen: (observationId) => Effect.sync(() => void settled.add(observationId)),
      entriesAfter: (sequence, limit) =>
        Effect.sync(() => {
          const start = Math.max(sequence + 1, 0)
          return entries.slice(start, start + Math.min(Math.max(limit, 0), entriesMax))
        }),
      deliveredThrough: Effect.sync(() => delivered),
      markDelivered: (sequence) =>
        Effect.sync(() => {
          delivered = Math.max(delivered, sequence)
        })
    }
  })
}
