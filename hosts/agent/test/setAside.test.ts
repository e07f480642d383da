import { describe, expect, it } from "@effect/vitest"
import { ObservationStore } from "@farmops/plugin-sdk/runtime/ObservationStore"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { AgentStatus } from "../src/AgentStatus.ts"
import { makeRuntime, proved } from "./agentFixture.ts"
import { layerAgent, offerAll, pass, started } from "./dispatcherFixture.ts"

const usage = Effect.map(ObservationStore, (store) => store.usage.value)
const onePlugin = makeRuntime({ "a/one": {} })
const nine = Array.from({ length: 9 }, (_, at) => `o${at}`)

describe("an observation that its plugin does not survive", () => {
  it.effect("is set aside after three ends of the plugin, counted and shown, while the others go on", () =>
    Effect.gen(function* () {
      const runtime = yield* onePlugin
      const plugin = runtime.plugin("a/one")
      const times = () => plugin.asked.filter((id) => id === "bad").length
      yield* Effect.gen(function* () {
        const { state } = yield* AgentStatus
        const sink = yield* started
        plugin.failsOn((id) => id === "bad", "crashed")
        yield* offerAll(sink, ["bad", "behind"], "subject")
        yield* offerAll(sink, nine)
        yield* pass(60)
        expect(times()).toBe(3)
        expect((yield* proved).length).toBe(9)
        expect(yield* usage).toMatchObject({ pending: 2, setAside: 1, expired: 0 })
        expect(state.value.phase).toBe("degraded")
        yield* TestClock.adjust("9 minutes")
        yield* pass(1)
        expect(times()).toBe(4)
        plugin.failsOn(() => false)
        yield* TestClock.adjust("10 minutes")
        yield* pass(1)
        expect((yield* proved).slice(9)).toEqual(["a/one bad: Did it", "a/one behind: Did it"])
        expect(yield* usage).toMatchObject({ pending: 0, setAside: 0 })
        expect(state.value.phase).not.toBe("degraded")
      }).pipe(Effect.provide(layerAgent(runtime)))
    }).pipe(Effect.scoped)
  )

  it.effect("takes none with it that was only asked at the same time", () =>
    Effect.gen(function* () {
      const runtime = yield* onePlugin
      yield* Effect.gen(function* () {
        const before = new Set<string>()
        runtime.plugin("a/one").failsOn((id) => id === "bad" || (!before.has(id) && before.add(id).has(id)), "crashed")
        yield* offerAll(yield* started, [...nine, "bad"])
        yield* pass(60)
        expect((yield* proved).length).toBe(9)
        expect(yield* usage).toMatchObject({ pending: 1, setAside: 1 })
      }).pipe(Effect.provide(layerAgent(runtime)))
    }).pipe(Effect.scoped)
  )

  it.effect("is still set aside after a restart of the agent", () =>
    Effect.gen(function* () {
      const runtime = yield* onePlugin
      const plugin = runtime.plugin("a/one")
      yield* Effect.gen(function* () {
        plugin.failsOn(() => true, "deadline")
        yield* Effect.scoped(
          Effect.gen(function* () {
            yield* offerAll(yield* started, ["bad"])
            yield* pass(60)
          })
        )
        expect((yield* AgentStatus).state.value.phase).not.toBe("degraded")
        yield* started
        yield* pass(60)
        expect(plugin.asked.length).toBe(3)
        expect((yield* AgentStatus).state.value.phase).toBe("degraded")
        plugin.failsOn(() => false)
        yield* TestClock.adjust("10 minutes")
        yield* pass(1)
        expect((yield* proved).length).toBe(1)
      }).pipe(Effect.provide(layerAgent(runtime)))
    }).pipe(Effect.scoped)
  )

  it.effect("is never one that fails in another way, or that the plugin was not asked about", () =>
    Effect.gen(function* () {
      const runtime = yield* makeRuntime({ "a/one": {}, "a/two": {} })
      yield* Effect.gen(function* () {
        runtime.plugin("a/one").failsOn(() => true, "not_ready")
        runtime.plugin("a/two").failsOn(() => true, "error")
        yield* offerAll(yield* started, ["o1"])
        yield* pass(300)
        expect(yield* usage).toMatchObject({ pending: 1, setAside: 0 })
        expect(runtime.plugin("a/one").asked.length).toBeGreaterThan(8)
      }).pipe(Effect.provide(layerAgent(runtime)))
    }).pipe(Effect.scoped)
  )
})
