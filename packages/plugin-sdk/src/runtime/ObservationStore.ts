/**
 * What the agent has seen and not yet settled, and what its plugins remember. An observation is taken durably before its source
 * is told so, leaves when every plugin that wants it has answered, and is kept no longer than the verification window. What did
 * not wait its turn out is counted, never dropped in silence.
 */
import { exitCodes } from "@farmops/core/host/exitCodes"
import { Clock, Context, Effect, Layer, Runtime, Schema, SubscriptionRef } from "effect"
import type { Observation } from "../contract/Observation.ts"
import { ObservationsFull } from "../contract/Source.ts"
import { packObservation } from "./observations/packObservation.ts"

/** An observation that waits, without what it says: enough to see whose turn it is. */
export interface PendingObservation {
  /** Grows with each one that is taken. */
  readonly position: number
  readonly sourceType: string
  /** The same for the same subject, and tells nothing of it. Null where it stands for itself. */
  readonly subject: string | null
  /** The plugins that have answered. */
  readonly settledBy: ReadonlyArray<string>
  /** The plugins that did not survive it, and have not answered since. */
  readonly setAsideFor: ReadonlyArray<string>
}

/** How full the store is. */
export interface ObservationUsage {
  readonly pending: number
  readonly bytes: number
  /** Since the store was made: those that were let go before every plugin had answered, mostly because their window passed. */
  readonly expired: number
  /** Since the store was made: memories that gave way to younger ones of the same plugin. */
  readonly evicted: number
  /** Set aside now, counted once for each plugin that did not survive it. */
  readonly setAside: number
}

/** What the store may hold. */
export interface ObservationLimits {
  readonly pendingMax: number
  readonly bytesMax: number
  /** For how long an observation waits, and its id is known again afterwards. */
  readonly windowMs: number
  /** For each plugin. The memory that was written longest ago gives way. */
  readonly memoriesMax: number
}

const dayMs = 86_400_000

/** For an agent that says nothing else: a week, as a tracker may sleep; and no more of a disk than a log would take. */
export const defaultObservationLimits: ObservationLimits = {
  pendingMax: 10_000,
  bytesMax: 256 * 1024 * 1024,
  windowMs: 7 * dayMs,
  memoriesMax: 10_000
}

/** At most this many pending observations are listed by one read. */
export const pendingListedMax = 250

/** The store cannot be read or written now. Nothing was half written; the same call may be tried again. */
export class ObservationStoreUnavailable extends Schema.TaggedError<ObservationStoreUnavailable>()(
  "ObservationStoreUnavailable",
  { cause: Schema.Defect() }
) {}

/** A row was changed on disk or stands in another's place. It is of no use to anybody; nothing of it is handed out. */
export class ObservationUnreadable extends Schema.TaggedError<ObservationUnreadable>()("ObservationUnreadable", {
  what: Schema.Literals(["observation", "memory"])
}) {}

/** What waits in the database was sealed with another key than the one in the key file. */
export class ObservationKeyLost extends Schema.TaggedError<ObservationKeyLost>()("ObservationKeyLost", {
  keyFile: Schema.String,
  pending: Schema.Int,
  memories: Schema.Int
}) {
  override get message() {
    return `${this.pending} observations and ${this.memories} memories of plugins were sealed with another key than ${this.keyFile}; restore that file from a backup, or start once with --forget-observations to go on without them`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.dataInvalid
}

/** The port. `layerMemory` forgets with the process; `ObservationStoreSql` is durable and sealed. */
export class ObservationStore extends Context.Service<
  ObservationStore,
  {
    /** Takes it. Null where it waits already, or left less than a window ago. */
    readonly offer: (
      observation: Observation
    ) => Effect.Effect<PendingObservation | null, ObservationsFull | ObservationStoreUnavailable>
    /** Whether it waits, or left less than a window ago. */
    readonly knows: (observationId: string) => Effect.Effect<boolean, ObservationStoreUnavailable>
    /** Those after a position (0 for all), in order, at most {@link pendingListedMax}. */
    readonly pendingAfter: (
      position: number
    ) => Effect.Effect<ReadonlyArray<PendingObservation>, ObservationStoreUnavailable>
    /** Null where it is not there any more. */
    readonly read: (
      position: number
    ) => Effect.Effect<Observation | null, ObservationStoreUnavailable | ObservationUnreadable>
    /** What the plugin remembers of the subject; no bytes where that is nothing. */
    readonly recall: (
      plugin: string,
      subject: string
    ) => Effect.Effect<Uint8Array, ObservationStoreUnavailable | ObservationUnreadable>
    /**
     * The plugin has answered: stores what it wants remembered of the subject (null leaves it, no bytes forget it) and that
     * the observation needs no further answer of it, together.
     */
    readonly settle: (
      plugin: string,
      observation: Observation,
      remember: Uint8Array | null
    ) => Effect.Effect<void, ObservationStoreUnavailable>
    /** The plugin does not survive it: it is to be asked seldom, and alone. Taken back when the plugin has answered. */
    readonly setAside: (plugin: string, position: number) => Effect.Effect<void, ObservationStoreUnavailable>
    /**
     * Nobody needs it any more, or nobody will get it: then it is `lost` and counts as expired. Its id is remembered for a window.
     */
    readonly finish: (
      position: number,
      outcome?: "settled" | "lost"
    ) => Effect.Effect<void, ObservationStoreUnavailable>
    /** Lets go of those whose window has passed; gives how many. */
    readonly expire: Effect.Effect<number, ObservationStoreUnavailable>
    readonly usage: SubscriptionRef.SubscriptionRef<ObservationUsage>
  }
>()("@farmops/plugin-sdk/runtime/ObservationStore") {
  /** Keeps everything in memory: for tests, and for pipelines that need not outlive the process. */
  static readonly layerMemory = (changes: Partial<ObservationLimits> = {}): Layer.Layer<ObservationStore> =>
    Layer.effect(this, makeMemory({ ...defaultObservationLimits, ...changes }))
}

interface Waiting {
  readonly observation: Observation
  readonly bytes: number
  readonly takenAt: number
  readonly settledBy: Set<string>
  readonly setAsideFor: Set<string>
}

const makeMemory = Effect.fnUntraced(function* (limits: ObservationLimits) {
  const usage = yield* SubscriptionRef.make<ObservationUsage>({
    ...{ pending: 0, bytes: 0 },
    ...{ expired: 0, evicted: 0, setAside: 0 }
  })
  const waiting = new Map<number, Waiting>()
  const finished = new Map<string, number>()
  const memories = new Map<string, Map<string, Uint8Array>>()
  let last = 0

  const positionOf = (observationId: string): number | undefined =>
    [...waiting].find(([, { observation }]) => observation.observationId === observationId)?.[0]
  const add = (change: Partial<ObservationUsage>) =>
    SubscriptionRef.update(usage, (now) => ({
      pending: now.pending + (change.pending ?? 0),
      bytes: now.bytes + (change.bytes ?? 0),
      expired: now.expired + (change.expired ?? 0),
      evicted: now.evicted + (change.evicted ?? 0),
      setAside: [...waiting.values()].reduce((sum, { setAsideFor }) => sum + setAsideFor.size, 0)
    }))
  const shown = (position: number, { observation, setAsideFor, settledBy }: Waiting): PendingObservation => ({
    position,
    sourceType: observation.sourceType,
    subject: observation.subject,
    settledBy: [...settledBy],
    setAsideFor: [...setAsideFor]
  })

  const finish = Effect.fnUntraced(function* (position: number, expired = 0) {
    const gone = waiting.get(position)
    if (gone === undefined) return
    waiting.delete(position)
    finished.set(gone.observation.observationId, yield* Clock.currentTimeMillis)
    yield* add({ pending: -1, bytes: -gone.bytes, expired })
  })

  const remember = Effect.fnUntraced(function* (plugin: string, subject: string, bytes: Uint8Array) {
    const own = memories.get(plugin) ?? new Map<string, Uint8Array>()
    memories.set(plugin, own)
    // The last written is the last of the map.
    own.delete(subject)
    if (bytes.length > 0) own.set(subject, bytes)
    const oldest = own.size > limits.memoriesMax ? [...own.keys()][0] : undefined
    if (oldest === undefined) return
    own.delete(oldest)
    yield* add({ evicted: 1 })
  })

  return ObservationStore.of({
    usage,
    offer: Effect.fnUntraced(function* (observation) {
      const { observationId } = observation
      if (positionOf(observationId) !== undefined || finished.has(observationId)) return null
      const bytes = packObservation(observation).length
      const { bytes: held, pending } = usage.value
      if (pending >= limits.pendingMax || held + bytes > limits.bytesMax) return yield* new ObservationsFull()
      const takenAt = yield* Clock.currentTimeMillis
      const one: Waiting = { observation, bytes, takenAt, settledBy: new Set(), setAsideFor: new Set() }
      const position = ++last
      waiting.set(position, one)
      yield* add({ pending: 1, bytes })
      return shown(position, one)
    }),
    knows: (observationId) => Effect.sync(() => positionOf(observationId) !== undefined || finished.has(observationId)),
    pendingAfter: (position) =>
      Effect.sync(() =>
        [...waiting]
          .filter(([at]) => at > position)
          .slice(0, pendingListedMax)
          .map(([at, one]) => shown(at, one))
      ),
    read: (position) => Effect.sync(() => waiting.get(position)?.observation ?? null),
    recall: (plugin, subject) => Effect.sync(() => memories.get(plugin)?.get(subject) ?? new Uint8Array()),
    settle: Effect.fnUntraced(function* (plugin, { observationId, subject }, bytes) {
      if (bytes !== null && subject !== null) yield* remember(plugin, subject, bytes)
      const one = waiting.get(positionOf(observationId) ?? 0)
      one?.settledBy.add(plugin)
      one?.setAsideFor.delete(plugin)
      yield* add({})
    }),
    setAside: (plugin, position) =>
      Effect.suspend(() => {
        waiting.get(position)?.setAsideFor.add(plugin)
        return add({})
      }),
    finish: (position, outcome = "settled") => finish(position, outcome === "lost" ? 1 : 0),
    expire: Effect.gen(function* () {
      const before = (yield* Clock.currentTimeMillis) - limits.windowMs
      for (const [observationId, at] of finished) if (at <= before) finished.delete(observationId)
      const late = [...waiting].filter(([, { takenAt }]) => takenAt <= before)
      for (const [position] of late) yield* finish(position, 1)
      return late.length
    })
  })
})
