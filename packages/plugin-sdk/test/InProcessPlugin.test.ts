import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { rawDataBytesMax } from "../src/contract/Observation.ts"
import { inProcessPlugin } from "../src/runtime/InProcessPlugin.ts"
import { observation } from "./observation.ts"
import { oddPlugin } from "./oddPlugin.ts"

const plugin = inProcessPlugin(oddPlugin)

const faultOf = (data: unknown, changes = {}) =>
  Effect.map(Effect.flip(plugin.verify(observation(data, changes))), ({ code }) => code)

describe("a plugin in process", () => {
  it.effect("gives its verdict", () =>
    Effect.gen(function* () {
      const verdict = yield* plugin.verify(observation("work"))
      assert.strictEqual(verdict.verdict, "verified")
    })
  )

  it.effect("is at fault for what a process would be at fault for", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* faultOf("throw"), "error")
      assert.strictEqual(yield* faultOf("nonsense"), "answer")
      assert.strictEqual(yield* faultOf("huge"), "answer")
      assert.strictEqual(yield* faultOf("work", { sourceType: "other" }), "refused")
      assert.strictEqual(yield* faultOf("work", { rawData: new Uint8Array([0xff]) }), "refused")
      assert.strictEqual(yield* faultOf("work", { rawData: new Uint8Array(rawDataBytesMax + 1) }), "too_large")
    })
  )
})
