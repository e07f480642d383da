/**
 * Keeps the proofs that wait for the tracker within a bound. At the bound no further observation is looked at: sources wait or
 * answer "later", and nothing is dropped. It opens by itself once the tracker has taken some.
 */
import { ProofOutbox } from "@farmops/core/delivery/ProofOutbox"
import { ProofLog } from "@farmops/proof/ProofLog"
import { Context, Effect, Layer, Stream, SubscriptionRef } from "effect"
import { AgentStatus } from "./AgentStatus.ts"

/** For an agent that says nothing else: a tracker that sleeps for a week, and about 100 MB of log. */
export const outboxMaxDefault = 100_000

// Opening at the very bound would close it again with the next proof, with a line in the log each time.
const reopenShare = 0.9

const code = "outbox_full"

/** The bound on undelivered proofs. Observations that are in hand when it is met may still pass it, a few dozen at most. */
export class OutboxGate extends Context.Service<
  OutboxGate,
  {
    /** Whether the bound is met now. */
    readonly isFull: Effect.Effect<boolean>
    /** Waits while it is. */
    readonly awaitRoom: Effect.Effect<void>
  }
>()("@farmops/agent/OutboxGate") {
  static readonly layer = (max: number) =>
    Layer.effect(
      OutboxGate,
      Effect.gen(function* () {
        const log = yield* ProofLog
        const outbox = yield* ProofOutbox
        const status = yield* AgentStatus
        const full = yield* SubscriptionRef.make(false)

        // A log that cannot be read now is met again, and waited for, by whoever appends to it.
        const undelivered = Effect.gen(function* () {
          const sequence = (yield* log.head)?.sequence ?? -1
          return sequence - (yield* log.deliveredThrough)
        }).pipe(Effect.orElseSucceed(() => 0))

        const shut = Effect.gen(function* () {
          if (yield* SubscriptionRef.getAndSet(full, true)) return
          yield* status.warn(code)
          yield* status.stuck
          yield* status.fault(code)
          yield* Effect.logWarning(
            "the outbox is full; observation pauses until the tracker has taken some proofs"
          ).pipe(Effect.annotateLogs({ outbox_max: max }))
        })
        const reopen = Effect.gen(function* () {
          if (!(yield* SubscriptionRef.getAndSet(full, false))) return
          yield* status.unwarn(code)
          yield* status.recovered
          yield* Effect.logInfo("the outbox has room again; observation goes on")
        })

        const isFull = Effect.gen(function* () {
          const waiting = yield* undelivered
          if (waiting >= max) yield* shut
          else if (waiting <= Math.floor(max * reopenShare)) yield* reopen
          return full.value
        })

        yield* SubscriptionRef.changes(outbox.state).pipe(
          Stream.map(({ delivered }) => delivered),
          Stream.changes,
          Stream.runForEach(() => (full.value ? Effect.asVoid(isFull) : Effect.void)),
          Effect.forkScoped
        )

        return {
          isFull,
          awaitRoom: Effect.flatMap(isFull, (isShut) =>
            isShut
              ? Effect.asVoid(Stream.runHead(Stream.filter(SubscriptionRef.changes(full), (now) => !now)))
              : Effect.void
          )
        }
      })
    )

  /** Never full: for pipelines without a tracker. */
  static readonly layerOpen: Layer.Layer<OutboxGate> = Layer.succeed(this, {
    isFull: Effect.succeed(false),
    awaitRoom: Effect.void
  })
}
