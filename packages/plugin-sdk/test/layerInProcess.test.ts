import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger, SubscriptionRef } from "effect"
import { layerInProcess } from "../src/runtime/layerInProcess.ts"
import { PluginRuntime } from "../src/runtime/PluginRuntime.ts"
import { observation } from "./observation.ts"
import { configuredPlugin } from "./oddPlugin.ts"

const id = "farmops/odd"
const quiet = Effect.provide(Logger.layer([]))

describe("the runtime in process", () => {
  it.effect("asks, counts and shows as for a process, and says that it confines nothing", () =>
    Effect.gen(function* () {
      const { plugins, status } = yield* PluginRuntime
      const [plugin] = yield* plugins
      const asked = yield* Effect.fromNullishOr(plugin)
      assert.strictEqual((yield* asked.verify(observation("configuration"))).reason, '{"often":2}')
      assert.strictEqual((yield* Effect.flip(asked.verify(observation("throw")))).code, "error")
      const [row] = yield* SubscriptionRef.get(status)
      assert.deepInclude(row, {
        id,
        state: "degraded",
        obtained: "in_process",
        confinement: "none",
        starts: 1,
        pid: null
      })
      assert.deepStrictEqual(row?.faults, { error: 1 })
      for (let leak = 0; leak < 3; leak++) yield* asked.blame("leak")
      assert.deepStrictEqual(yield* plugins, [])
      assert.strictEqual((yield* Effect.flip(asked.verify(observation("work")))).code, "deactivated")
    }).pipe(Effect.provide(layerInProcess([configuredPlugin], { [id]: { configuration: { often: 2 } } })), quiet)
  )

  it.effect("refuses a configuration that does not fit", () =>
    Effect.gen(function* () {
      const { status } = yield* PluginRuntime
      const [row] = yield* SubscriptionRef.get(status)
      assert.deepInclude(row, { state: "deactivated", reason: "bad_configuration" })
    }).pipe(Effect.provide(layerInProcess([configuredPlugin], { [id]: { configuration: { often: 7 } } })), quiet)
  )
})
