import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { AgentStatus } from "../src/AgentStatus.ts"
import { makeRuntime, observation, proved } from "./agentFixture.ts"
import { layerAgent, offerAll, pass, pending, started, twoPlugins } from "./dispatcherFixture.ts"

describe("a dispatcher whose plugins come, go and leak", () => {
  it.effect("finds what waits after a restart, and asks only those who have not answered", () =>
    Effect.gen(function* () {
      const runtime = yield* twoPlugins
      yield* Effect.gen(function* () {
        runtime.plugin("a/one").failsOn(() => true)
        yield* Effect.scoped(
          Effect.gen(function* () {
            yield* offerAll(yield* started, ["o1"])
            yield* pass(2)
          })
        )
        expect(yield* pending).toBe(1)
        runtime.plugin("a/one").failsOn(() => false)
        yield* started
        yield* pass(1)
        expect(yield* proved).toEqual(["a/two o1: Did it", "a/one o1: Did it"])
        expect(runtime.plugin("a/two").asked).toEqual(["o1"])
        expect(yield* pending).toBe(0)
      }).pipe(Effect.provide(layerAgent(runtime)))
    }).pipe(Effect.scoped)
  )

  it.effect("lets go at once of what no plugin wants, and keeps it for one that has not described itself yet", () =>
    Effect.gen(function* () {
      const runtime = yield* twoPlugins
      yield* Effect.gen(function* () {
        const sink = yield* started
        yield* sink.offer(observation("o1", {}, { sourceType: "other" }))
        expect(yield* pending).toBe(0)
        yield* runtime.change("a/two", { version: null, sources: [], state: "starting" })
        yield* pass(1)
        yield* sink.offer(observation("o2"))
        yield* pass(1)
        expect(yield* proved).toEqual(["a/one o2: Did it"])
        expect(yield* pending).toBe(1)
        yield* runtime.change("a/two", { version: "1.0.0", sources: ["test"], state: "ready" })
        yield* pass(1)
        expect(yield* proved).toEqual(["a/one o2: Did it", "a/two o2: Did it"])
        expect(yield* pending).toBe(0)
      }).pipe(Effect.provide(layerAgent(runtime)))
    }).pipe(Effect.scoped)
  )

  it.effect(
    "does not ask a deactivated plugin, waits for its return, and waits no more once it is out of the manifest",
    () =>
      Effect.gen(function* () {
        const runtime = yield* twoPlugins
        yield* Effect.gen(function* () {
          const sink = yield* started
          yield* runtime.change("a/one", { state: "deactivated", reason: "crash_budget" })
          yield* pass(1)
          yield* offerAll(sink, ["o1"])
          yield* pass(600)
          expect(runtime.plugin("a/one").asked).toEqual([])
          expect(yield* proved).toEqual(["a/two o1: Did it"])
          expect(yield* pending).toBe(1)
          yield* runtime.change("a/one", { state: "ready", reason: null })
          yield* pass(1)
          expect(yield* proved).toEqual(["a/two o1: Did it", "a/one o1: Did it"])
          yield* runtime.change("a/one", { state: "deactivated", reason: "crash_budget" })
          yield* pass(1)
          yield* offerAll(sink, ["o2"])
          yield* pass(1)
          expect(yield* pending).toBe(1)
          yield* runtime.change("a/one", null)
          yield* pass(1)
          expect(yield* pending).toBe(0)
        }).pipe(Effect.provide(layerAgent(runtime)))
      }).pipe(Effect.scoped)
  )

  it.effect("makes no proof of a leak, blames the plugin, and goes on", () =>
    Effect.gen(function* () {
      const runtime = yield* makeRuntime({ "a/one": {} })
      yield* Effect.gen(function* () {
        const sink = yield* started
        yield* sink.offer(observation("o1", { do: "leak" }))
        yield* sink.offer(observation("o2"))
        yield* pass(1)
        expect(yield* proved).toEqual(["a/one o2: Did it"])
        expect(runtime.plugin("a/one").blamed).toEqual(["leak"])
        expect((yield* AgentStatus).state.value).toMatchObject({
          refused: 1,
          last_error: { code: "description_not_a_template" }
        })
        expect(yield* pending).toBe(0)
      }).pipe(Effect.provide(layerAgent(runtime)))
    }).pipe(Effect.scoped)
  )
})
