import { describe, expect, it } from "@effect/vitest"
import { ObservationStore, ObservationStoreUnavailable } from "@farmops/plugin-sdk/runtime/ObservationStore"
import { Effect, Layer } from "effect"
import { AgentStatus } from "../src/AgentStatus.ts"
import { makeRuntime, observation, proved } from "./agentFixture.ts"
import { layerAgent, offerAll, pass, pending, started, twoPlugins } from "./dispatcherFixture.ts"

describe("the dispatcher", () => {
  it.effect("brings an observation to each plugin that wants it, cut to what it may see, and lets go of it then", () =>
    Effect.gen(function* () {
      const runtime = yield* makeRuntime({
        "a/one": { fields: ["/do"] },
        "a/two": { fields: ["/secret"] },
        "a/other": { source: "other" }
      })
      yield* Effect.gen(function* () {
        const sink = yield* started
        yield* sink.offer(observation("o1", { do: "it", secret: "s" }))
        yield* pass(1)
        expect(runtime.plugin("a/one").sent).toEqual([{ do: "it" }])
        expect(runtime.plugin("a/two").sent).toEqual([{ secret: "s" }])
        expect(runtime.plugin("a/other").asked).toEqual([])
        expect((yield* proved).toSorted()).toEqual(["a/one o1: Did it", "a/two o1: Did it"])
        expect(yield* pending).toBe(0)
        yield* sink.offer(observation("o1", { do: "it", secret: "s" }))
        yield* pass(1)
        expect(runtime.plugin("a/one").asked).toEqual(["o1"])
      }).pipe(Effect.provide(layerAgent(runtime)))
    }).pipe(Effect.scoped)
  )

  it.effect("files a proof of the git plugin under the observation alone, as earlier logs have it", () =>
    Effect.gen(function* () {
      const runtime = yield* makeRuntime({ "farmops/git-history": {} })
      yield* Effect.gen(function* () {
        yield* offerAll(yield* started, ["o1"])
        yield* pass(1)
        expect(yield* proved).toEqual(["o1: Did it"])
      }).pipe(Effect.provide(layerAgent(runtime)))
    }).pipe(Effect.scoped)
  )

  it.effect(
    "keeps what a plugin that fails has not answered, while the other goes on, and delivers it in order later",
    () =>
      Effect.gen(function* () {
        const runtime = yield* twoPlugins
        yield* Effect.gen(function* () {
          const { state } = yield* AgentStatus
          const sink = yield* started
          runtime.plugin("a/one").failsOn(() => true)
          yield* offerAll(sink, ["o1", "o2", "o3"], "subject")
          yield* pass(60)
          expect(yield* proved).toEqual(["a/two o1: Did it", "a/two o2: Did it", "a/two o3: Did it"])
          expect(yield* pending).toBe(3)
          expect(new Set(runtime.plugin("a/one").asked)).toEqual(new Set(["o1"]))
          expect(state.value).toMatchObject({ phase: "degraded", last_error: { code: "plugin_error" } })
          runtime.plugin("a/one").failsOn(() => false)
          yield* pass(120)
          expect((yield* proved).slice(3)).toEqual(["a/one o1: Did it", "a/one o2: Did it", "a/one o3: Did it"])
          expect(yield* pending).toBe(0)
          expect(state.value.phase).not.toBe("degraded")
        }).pipe(Effect.provide(layerAgent(runtime)))
      }).pipe(Effect.scoped)
  )

  it.effect("lets one that fails hold up its own subject and no other", () =>
    Effect.gen(function* () {
      const runtime = yield* makeRuntime({ "a/one": {} })
      yield* Effect.gen(function* () {
        const sink = yield* started
        runtime.plugin("a/one").failsOn((id) => id === "bad")
        yield* offerAll(sink, ["bad", "behind"], "s1")
        for (let at = 0; at < 40; at++) yield* offerAll(sink, [`o${at}`], at % 2 === 0 ? "s2" : null)
        yield* pass(30)
        expect((yield* proved).length).toBe(40)
        expect(runtime.plugin("a/one").asked).not.toContain("behind")
        const evens = Array.from({ length: 20 }, (_, at) => `o${2 * at}`)
        expect(runtime.plugin("a/one").asked.filter((id) => evens.includes(id))).toEqual(evens)
      }).pipe(Effect.provide(layerAgent(runtime)))
    }).pipe(Effect.scoped)
  )

  it.effect(
    "hands a plugin what it remembers of the subject, one observation after another, and forgets when it says so",
    () =>
      Effect.gen(function* () {
        const runtime = yield* makeRuntime({ "a/one": {} })
        yield* Effect.gen(function* () {
          const sink = yield* started
          for (const [at, act] of ["fire", "fire", "fire", "over", "over"].entries()) {
            for (const subject of ["s1", "s2"]) {
              if (subject === "s2" && at === 0) continue
              yield* sink.offer(observation(`${subject}-${at}`, { do: act }, { subject }))
            }
          }
          yield* pass(1)
          expect((yield* proved).toSorted()).toEqual([
            "a/one s1-3: Ended 3 fires",
            "a/one s1-4: Ended 0 fires",
            "a/one s2-3: Ended 2 fires",
            "a/one s2-4: Ended 0 fires"
          ])
          expect((yield* AgentStatus).state.value).toMatchObject({ proved: 4, rejected: 5 })
        }).pipe(Effect.provide(layerAgent(runtime)))
      }).pipe(Effect.scoped)
  )

  it.effect("gives the same proof and the same memory when a crash came between the two", () =>
    Effect.gen(function* () {
      const runtime = yield* makeRuntime({ "a/one": {} })
      let away = true
      const flaky = Layer.effect(
        ObservationStore,
        Effect.map(ObservationStore, (store) => ({
          ...store,
          settle: (...given: Parameters<typeof store.settle>) =>
            Effect.suspend(() =>
              away && given[1].observationId === "o2"
                ? Effect.fail(new ObservationStoreUnavailable({ cause: "disk full" }))
                : store.settle(...given)
            )
        }))
      ).pipe(Layer.provide(ObservationStore.layerMemory()))
      yield* Effect.gen(function* () {
        const sink = yield* started
        yield* sink.offer(observation("o1", { do: "fire" }, { subject: "s" }))
        yield* sink.offer(observation("o2", { do: "over" }, { subject: "s" }))
        yield* sink.offer(observation("o3", { do: "over" }, { subject: "s" }))
        yield* pass(5)
        expect(yield* proved).toEqual(["a/one o2: Ended 1 fires"])
        expect(yield* pending).toBe(2)
        away = false
        yield* pass(60)
        expect(yield* proved).toEqual(["a/one o2: Ended 1 fires", "a/one o3: Ended 0 fires"])
        expect(yield* pending).toBe(0)
        expect((yield* AgentStatus).state.value.proved).toBe(2)
      }).pipe(Effect.provide(Layer.merge(layerAgent(runtime), flaky)))
    }).pipe(Effect.scoped)
  )
})
