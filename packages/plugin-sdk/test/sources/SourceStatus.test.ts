import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber, Stream, SubscriptionRef } from "effect"
import { makeSourceStatus } from "../../src/sources/SourceStatus.ts"
import { observation } from "../observation.ts"
import { makeMemorySink } from "./sinkFixture.ts"

describe("a source's state", () => {
  it.effect("says that it waits for room, and counts what was taken", () =>
    Effect.gen(function* () {
      const status = yield* makeSourceStatus
      const sink = yield* makeMemorySink(0)
      const put = yield* Effect.forkScoped(status.put(sink, observation({ milk: 1 })), { startImmediately: true })
      yield* SubscriptionRef.changes(status.state).pipe(
        Stream.filter(({ phase }) => phase === "paused"),
        Stream.runHead
      )
      expect(status.state.value.observations).toBe(0)
      yield* sink.resize(1)
      yield* Fiber.join(put)
      expect(status.state.value).toEqual({ phase: "watching", code: null, observations: 1 })
      expect(sink.taken.length).toBe(1)
    })
  )

  it.effect("does not count what there was no room for", () =>
    Effect.gen(function* () {
      const status = yield* makeSourceStatus
      const sink = yield* makeMemorySink(0)
      const refused = yield* Effect.flip(status.offer(sink, observation({ milk: 1 })))
      expect(refused._tag).toBe("ObservationsFull")
      expect(status.state.value).toEqual({ phase: "paused", code: null, observations: 0 })
    })
  )
})
