import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { startPlugin } from "@farmops/plugin-sdk/runtime/PluginProcess"
import { DateTime, Effect, Redacted } from "effect"
import { gitHistoryCommand } from "../src/command.ts"
import { gitHistory } from "../src/plugin.ts"

const at = DateTime.makeUnsafe("2026-02-21T09:30:00Z")

describe("the plugin's program", () => {
  it.live("answers an agent that starts it", () =>
    Effect.gen(function* () {
      const plugin = yield* startPlugin(gitHistoryCommand())
      assert.deepStrictEqual(plugin.description, { ...gitHistory.description, capabilities: ["session"] })
      const verdict = yield* plugin.verify({
        observationId: "0".repeat(64),
        sourceType: "git",
        rawData: readFileSync(new URL("./fixtures/commit.json", import.meta.url)),
        detectedAt: at,
        occurredAt: at,
        subject: null,
        actor: { identifier: Redacted.make("ada@marker.example"), type: "human" }
      })
      assert.deepInclude(verdict, { verdict: "verified", description: "Changed 3 files of tests (+55 -3 lines)" })
    })
  )

  it("says what it is to whoever starts it by hand", () => {
    const program = fileURLToPath(new URL("../bin/farmops-plugin-git-history.js", import.meta.url))
    const { status, stderr } = spawnSync(process.execPath, [program], {
      encoding: "utf8",
      env: { PATH: process.env.PATH }
    })
    assert.strictEqual(status, 64)
    assert.match(stderr, /^farmops\/git-history is a FarmOps plugin: an agent starts it/)
  })
})
