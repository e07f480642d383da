import { describe, expect, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { makeSoloGate } from "../src/soloGate.ts"

const turns = Effect.repeat(Effect.yieldNow, { times: 20 })

describe("a gate for many or for one", () => {
  it.effect("lets one be alone when those who are in have gone, and nobody in meanwhile", () =>
    Effect.gen(function* () {
      const { alone, together } = makeSoloGate()
      const log: Array<string> = []
      const stay = (name: string, until: Deferred.Deferred<void>) =>
        Effect.gen(function* () {
          log.push(`${name} in`)
          yield* Deferred.await(until)
          log.push(`${name} out`)
        })
      const [first, one] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const start = <A>(effect: Effect.Effect<A>) => Effect.forkChild(effect, { startImmediately: true })
      yield* start(together(stay("a", first)))
      yield* start(together(stay("b", first)))
      const solo = yield* start(alone(stay("solo", one)))
      const late = yield* start(together(stay("late", first)))
      const gone = yield* start(together(stay("gone", first)))
      yield* turns
      expect(log).toEqual(["a in", "b in"])
      yield* Fiber.interrupt(gone)
      yield* Deferred.succeed(first, undefined)
      yield* turns
      expect(log).toEqual(["a in", "b in", "a out", "b out", "solo in"])
      yield* Deferred.succeed(one, undefined)
      yield* Fiber.join(solo)
      yield* Fiber.join(late)
      expect(log.slice(5)).toEqual(["solo out", "late in", "late out"])
      yield* alone(Effect.void)
      yield* together(Effect.void)
    })
  )
})
