/** Each first-party plugin is also a program of its own. */
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { gitPrReviewCommand } from "@farmops/plugin-git-pr-review/command"
import { k8sPodHealthCommand } from "@farmops/plugin-k8s-pod-health/command"
import { k8sResourceAuditCommand } from "@farmops/plugin-k8s-resource-audit/command"
import { prometheusAlertResolveCommand } from "@farmops/plugin-prometheus-alert-resolve/command"
import { compareGolden, readGoldenFolder } from "@farmops/plugin-sdk/conformance/goldenVerdict"
import { startPlugin } from "@farmops/plugin-sdk/runtime/PluginProcess"
import { DateTime, Effect, Redacted } from "effect"

const at = DateTime.makeUnsafe("2026-02-21T09:30:00Z")
const commands = [
  gitPrReviewCommand(),
  k8sPodHealthCommand(),
  k8sResourceAuditCommand(),
  prometheusAlertResolveCommand()
]
const pathOf = (id: string, path: string) =>
  fileURLToPath(new URL(`../../${id.replace("farmops/", "")}/${path}`, import.meta.url))

describe.each(commands.map((command) => [command.id, command] as const))("the program of %s", (id, command) => {
  it.live("answers an agent that starts it", () =>
    Effect.gen(function* () {
      const plugin = yield* startPlugin(command)
      assert.strictEqual(plugin.description.plugin_id, id)
      assert.include(plugin.description.capabilities, "memory")
      let answered = 0
      for (const { golden, name } of yield* readGoldenFolder(pathOf(id, "golden"))) {
        // A configuration comes before the first observation; what starts a plugin here has none.
        if (golden.configuration !== undefined) continue
        const observation = {
          observationId: name,
          sourceType: golden.source_type,
          rawData: Buffer.from(JSON.stringify(golden.data)),
          detectedAt: at,
          occurredAt: at,
          subject: golden.subject ?? null,
          actor: { identifier: Redacted.make("ada@marker.example"), type: "human" }
        } as const
        const memory = golden.memory === undefined ? undefined : Buffer.from(JSON.stringify(golden.memory))
        assert.isNull(compareGolden(golden, yield* plugin.verify(observation, memory)), name)
        answered += 1
      }
      assert.isAtLeast(answered, 4)
    })
  )

  it("says what it is to whoever starts it by hand", () => {
    const program = pathOf(id, `bin/farmops-plugin-${id.replace("farmops/", "")}.js`)
    const { status, stderr } = spawnSync(process.execPath, [program], {
      encoding: "utf8",
      env: { PATH: process.env.PATH }
    })
    assert.strictEqual(status, 64)
    assert.include(stderr, `${id} is a FarmOps plugin: an agent starts it`)
  })
})
