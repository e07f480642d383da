import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { observation } from "./observation.ts"
import { manifestIn, pluginOf, settled, temporaryFolder, withRuntime } from "./runtimeFixture.ts"
import { type Made, makeModule, writeModule } from "./wasm/makeModule.ts"

const id = "farmops/made"

const run = <A, E, R>(made: Made, more: string, body: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder
    const module = writeModule(folder, made)
    const text = `plugins:\n  - { id: ${id}, wasm: { module: ${module}${more} }, restart: { crash_budget: 0 } }`
    return yield* withRuntime(body, manifestIn(folder, text))
  })

describe("a WebAssembly module of the manifest", () => {
  it.live("is asked in a thread, and shown with its digest and its level", () =>
    run(
      {},
      "",
      Effect.gen(function* () {
        const plugin = yield* pluginOf(id)
        assert.strictEqual((yield* plugin.verify(observation({}))).verdict, "verified")
        const digest = createHash("sha256").update(makeModule()).digest("hex")
        assert.deepInclude(yield* settled(id), {
          state: "ready",
          obtained: "wasm",
          confinement: "wasm",
          digest,
          pid: null,
          starts: 1
        })
        assert.strictEqual(plugin.identity.digest, digest)
      })
    )
  )

  it.live.each<[string, Made, string]>([
    ["wrong_id", { id: "farmops/other" }, ""],
    ["bad_description", { description: "{}" }, ""],
    ["not_ready", { imports: true }, ""],
    ["digest_mismatch", {}, `, digest: "sha256:${"0".repeat(64)}"`]
  ])("is deactivated with %s where that is so", ([reason, made, more]) =>
    run(
      made,
      more,
      Effect.gen(function* () {
        const { state, ...status } = yield* settled(id)
        assert.strictEqual(state, "deactivated")
        assert.strictEqual(status.reason, reason)
      })
    )
  )
})
