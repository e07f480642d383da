/** The one state of a source that has many parts: it is as well as the part that is worst off. */
import { Effect, SubscriptionRef } from "effect"
import type { Observation } from "../../contract/Observation.ts"
import type { ObservationSink, SourceState } from "../../contract/Source.ts"

/** Keeps the state true. */
export interface SourceHealth {
  readonly state: SubscriptionRef.SubscriptionRef<SourceState>
  /** A part that has not seen anything yet. */
  readonly starting: (part: string) => Effect.Effect<void>
  readonly well: (part: string) => Effect.Effect<void>
  /** `code` is a word of a closed list. */
  readonly degraded: (part: string, code: string) => Effect.Effect<void>
  /** Hands over, and shows that it waits for room where it does. */
  readonly put: (sink: ObservationSink, observation: Observation) => Effect.Effect<void>
  /** Forgets every part: the source is run anew. */
  readonly reset: Effect.Effect<void>
}

/** A source that has just started. */
export const makeSourceHealth: Effect.Effect<SourceHealth> = Effect.gen(function* () {
  const state = yield* SubscriptionRef.make<SourceState>({ phase: "starting", code: null, observations: 0 })
  // Those that are not well.
  const parts = new Map<string, string>()
  const beginning = new Set<string>()
  let waiting = false
  let observations = 0

  const refresh = SubscriptionRef.update(state, (before): SourceState => {
    const code = [...parts.values()][0] ?? null
    const calm = beginning.size > 0 ? "starting" : waiting ? "paused" : "watching"
    const phase = code === null ? calm : "degraded"
    const isSame = before.phase === phase && before.code === code && before.observations === observations
    return isSame ? before : { phase, code, observations }
  })
  const set = (part: string, code: string | null) =>
    Effect.suspend(() => {
      beginning.delete(part)
      if (code === null) parts.delete(part)
      else parts.set(part, code)
      return refresh
    })
  const wait = (now: boolean) =>
    Effect.suspend(() => {
      waiting = now
      return refresh
    })

  return {
    state,
    starting: (part) =>
      Effect.andThen(
        Effect.sync(() => beginning.add(part)),
        refresh
      ),
    well: (part) => set(part, null),
    degraded: set,
    put: (sink, observation) =>
      sink.offer(observation).pipe(
        Effect.catchTag("ObservationsFull", () =>
          wait(true).pipe(Effect.andThen(sink.put(observation)), Effect.ensuring(wait(false)))
        ),
        Effect.andThen(
          Effect.suspend(() => {
            observations++
            return refresh
          })
        )
      ),
    reset: Effect.suspend(() => {
      parts.clear()
      beginning.clear()
      return refresh
    })
  }
})
