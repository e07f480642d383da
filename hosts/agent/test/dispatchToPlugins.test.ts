import { describe, expect, it } from "@effect/vitest"
import { ObservationStore } from "@farmops/plugin-sdk/runtime/ObservationStore"
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
          expect((yield* ObservationStore).usage.value).toMatchObject({ pending: 0, expired: 1 })
          expect((yield* AgentStatus).state.value.last_error?.code).toBe("observations_expired")
        }).pipe(Effect.provide(layerAgent(runtime)))
      }).pipe(Effect.scoped)
  )

  it.effect(
    "keeps what comes while a plugin of the socket folder is away, asks nobody, and delivers it on its return",
    () =>
      Effect.gen(function* () {
        const runtime = yield* twoPlugins
        yield* Effect.gen(function* () {
          const { state } = yield* AgentStatus
          const sink = yield* started
          runtime.plugin("a/one").failsOn(() => true)
          yield* offerAll(sink, ["o1"])
          yield* pass(1)
          yield* runtime.change("a/one", { state: "away" })
          const asked = runtime.plugin("a/one").asked.length
          yield* offerAll(sink, ["o2"])
          yield* pass(600)
          expect(yield* pending).toBe(2)
          expect(runtime.plugin("a/one").asked.length).toBe(asked)
          runtime.plugin("a/one").failsOn(() => false)
          yield* runtime.change("a/one", { state: "starting", version: null, sources: [] })
          yield* pass(1)
          expect(yield* pending).toBe(2)
          yield* runtime.change("a/one", { state: "ready", version: "1.0.0", sources: ["test"] })
          yield* pass(1)
          expect((yield* proved).toSorted().slice(0, 2)).toEqual(["a/one o1: Did it", "a/one o2: Did it"])
          expect((yield* ObservationStore).usage.value).toMatchObject({ pending: 0, expired: 0 })
          expect(state.value.last_error?.code).toBe("plugin_error")
        }).pipe(Effect.provide(layerAgent(runtime)))
      }).pipe(Effect.scoped)
  )

  it.effect("keeps what waits for a plugin that does not come up after a restart, until its owner has cured it", () =>
    Effect.gen(function* () {
      const runtime = yield* twoPlugins
      yield* Effect.gen(function* () {
        yield* runtime.change("a/one", { state: "deactivated", reason: "digest_mismatch", version: null, sources: [] })
        yield* offerAll(yield* started, ["o1"])
        yield* pass(1)
        expect(yield* pending).toBe(1)
        yield* runtime.change("a/one", { state: "ready", reason: null, version: "1.0.0", sources: ["test"] })
        yield* pass(1)
        expect(yield* proved).toEqual(["a/two o1: Did it", "a/one o1: Did it"])
        expect(yield* pending).toBe(0)
      }).pipe(Effect.provide(layerAgent(runtime)))
    }).pipe(Effect.scoped)
  )

  it.effect("keeps nothing for a socket whose plugin cannot be used and never said its id", () =>
    Effect.gen(function* () {
      const runtime = yield* makeRuntime({ "a/one": {}, "socket:stray": {} })
      yield* Effect.gen(function* () {
        const gone = { state: "deactivated", reason: "bad_description", version: null, sources: [] } as const
        yield* runtime.change("socket:stray", gone)
        yield* offerAll(yield* started, ["o1"])
        yield* pass(1)
        expect((yield* ObservationStore).usage.value).toMatchObject({ pending: 0, expired: 0 })
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
