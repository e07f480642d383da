/** Keeps a source's state true while it hands over what it sees: counted once taken, paused while there is no room. */
import { Effect, SubscriptionRef } from "effect"
import type { Observation } from "../contract/Observation.ts"
import type { ObservationSink, ObservationsFull, SourceState } from "../contract/Source.ts"

/** A source's state and the two ways to hand over that keep it. */
export interface SourceStatus {
  readonly state: SubscriptionRef.SubscriptionRef<SourceState>
  readonly watching: Effect.Effect<void>
  /** `code` is a word from the source's own closed list. */
  readonly degraded: (code: string) => Effect.Effect<void>
  /** For a source that is called: fails at once where there is no room. */
  readonly offer: (sink: ObservationSink, observation: Observation) => Effect.Effect<void, ObservationsFull>
  /** For a source that asks: waits for room, and shows that it does. */
  readonly put: (sink: ObservationSink, observation: Observation) => Effect.Effect<void>
}

const move =
  (phase: SourceState["phase"], code: string | null = null) =>
  (now: SourceState): SourceState =>
    now.phase === phase && now.code === code ? now : { ...now, phase, code }

const counted = (now: SourceState): SourceState => ({ ...now, observations: now.observations + 1 })

/** A source that has just started. */
export const makeSourceStatus: Effect.Effect<SourceStatus> = Effect.gen(function* () {
  const state = yield* SubscriptionRef.make<SourceState>({ phase: "starting", code: null, observations: 0 })
  const update = (change: (now: SourceState) => SourceState) => SubscriptionRef.update(state, change)
  const offer: SourceStatus["offer"] = (sink, observation) =>
    sink.offer(observation).pipe(
      Effect.tap(update((now) => move("watching")(counted(now)))),
      Effect.tapErrorTag("ObservationsFull", () => update(move("paused")))
    )
  return {
    state,
    watching: update(move("watching")),
    degraded: (code) => update(move("degraded", code)),
    offer,
    put: (sink, observation) =>
      offer(sink, observation).pipe(
        Effect.catchTag("ObservationsFull", () =>
          Effect.andThen(
            sink.put(observation),
            update((now) => move("watching")(counted(now)))
          )
        )
      )
  }
})
