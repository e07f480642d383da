import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { definePlugin, rejected, verified } from "../src/author/definePlugin.ts"
import { rehearse } from "../src/runtime/rehearse.ts"

const counter = definePlugin({
  id: "test/counter",
  version: "1.0.0",
  description: "Counts what it sees.",
  categories: ["toil"],
  sources: { bell: { data: Schema.Struct({ rung: Schema.optionalKey(Schema.Int) }), fields: ["/rung"] } },
  configuration: Schema.Struct({ enough: Schema.optionalKey(Schema.Int) }),
  memory: Schema.Struct({ rung: Schema.Int }),
  templates: ["Rang {times} times"],
  verify: ({ configuration, data, memory, remember }) => {
    const rung = (memory?.rung ?? 0) + (data.rung ?? 0)
    if (rung < (configuration.enough ?? 3)) return remember(rejected(`${Object.keys(data)}`), { rung })
    const work = {
      action: "verify",
      category: "toil",
      complexity: "low",
      impactRadius: 1,
      artifactsTouched: 1
    } as const
    return remember(verified({ ...work, description: `Rang ${rung} times`, evidence: null }), null)
  }
})

describe("a rehearsal", () => {
  it.effect("keeps a plugin's memory from one observation to the next, and its fields from the rest", () =>
    Effect.gen(function* () {
      const { memory, see } = rehearse(counter, "bell")
      assert.strictEqual((yield* see({ rung: 2, ringer: "ada" })).reason, "rung")
      assert.strictEqual(new TextDecoder().decode(memory()), '{"rung":2}')
      assert.deepInclude(yield* see({ rung: 2 }), { verdict: "verified", description: "Rang 4 times" })
      assert.isEmpty(memory())
    })
  )

  it.effect("gives every story the configuration that is its own", () =>
    Effect.gen(function* () {
      const soon = rehearse(counter, "bell", { enough: 1 })
      const late = rehearse(counter, "bell", { enough: 9 })
      assert.strictEqual((yield* late.see({ rung: 1 })).verdict, "rejected")
      assert.strictEqual((yield* soon.see({ rung: 1 })).verdict, "verified")
      assert.strictEqual((yield* late.see({ rung: 1 })).verdict, "rejected")
    })
  )

  it.effect("stops where an agent would: at a configuration or a verdict that it does not take", () =>
    Effect.gen(function* () {
      const configured = yield* Effect.flip(rehearse(counter, "bell", { enough: "many" }).see({}))
      assert.deepInclude(configured, { _tag: "RehearsalStopped", plugin: "test/counter" })
      const leak = yield* Effect.flip(rehearse(counter, "bell").see({ rung: 10 ** 12 }))
      assert.deepInclude(leak, {
        _tag: "RehearsalStopped",
        reason: "LeakGuard keeps the verdict back: description_not_a_template"
      })
    })
  )

  it.effect("knows no source that the plugin does not", () =>
    Effect.gen(function* () {
      const fault = yield* Effect.flip(rehearse(counter, "whistle").see({}))
      assert.deepInclude(fault, { _tag: "PluginFault", code: "refused" })
    })
  )
})
