/** A sink for tests: keeps what it gets, is as large as it is told, and takes each observation once; and a source that watches. */
import { Effect, Latch, Stream, SubscriptionRef } from "effect"
import type { Observation } from "../../src/contract/Observation.ts"
import { readRawData } from "../../src/contract/Observation.ts"
import { type ObservationSink, ObservationsFull, type Source, type SourceState } from "../../src/contract/Source.ts"

export interface MemorySink extends ObservationSink {
  readonly taken: ReadonlyArray<Observation>
  /** How often something was offered that was there already. */
  readonly repeats: () => number
  readonly resize: (max: number) => Effect.Effect<void>
  /** Waits until there are so many. */
  readonly reached: (count: number) => Effect.Effect<void>
}

export const makeMemorySink = (max = 1000): Effect.Effect<MemorySink> =>
  Effect.sync(() => {
    const taken: Array<Observation> = []
    const ids = new Set<string>()
    let room = max
    let repeats = 0
    let changed = Latch.makeUnsafe(false)
    const notify = Effect.suspend(() => {
      const before = changed
      changed = Latch.makeUnsafe(false)
      return before.open
    })
    const offer = (observation: Observation): Effect.Effect<void, ObservationsFull> =>
      Effect.suspend(() => {
        if (ids.has(observation.observationId)) {
          repeats++
          return Effect.void
        }
        if (taken.length >= room) return Effect.fail(new ObservationsFull())
        ids.add(observation.observationId)
        taken.push(observation)
        return notify
      })
    const until = (done: () => boolean): Effect.Effect<void> =>
      Effect.suspend(() => (done() ? Effect.void : Effect.andThen(changed.await, until(done))))
    const put = (observation: Observation): Effect.Effect<void> =>
      Effect.catch(offer(observation), () =>
        Effect.andThen(
          until(() => taken.length < room),
          put(observation)
        )
      )
    return {
      taken,
      repeats: () => repeats,
      offer,
      put,
      has: (id) => Effect.sync(() => ids.has(id)),
      resize: (count) =>
        Effect.suspend(() => {
          room = count
          return notify
        }),
      reached: (count) => until(() => taken.length >= count)
    }
  })

/** What a plugin would be told. */
export const dataOf = (observation: Observation | undefined): unknown =>
  readRawData(observation?.rawData ?? new Uint8Array())

/** Waits until the source's state is as `wanted` says. */
export const untilState = (source: Source, wanted: Partial<SourceState>): Effect.Effect<void> =>
  SubscriptionRef.changes(source.state).pipe(
    Stream.filter((state) => Object.entries(wanted).every(([key, value]) => state[key as keyof SourceState] === value)),
    Stream.runHead,
    Effect.asVoid
  )

/** Runs the source in the background until it watches. */
export const watch = Effect.fnUntraced(function* (source: Source, sink: ObservationSink) {
  const fiber = yield* Effect.forkScoped(source.run(sink))
  yield* untilState(source, { phase: "watching" })
  return fiber
})
