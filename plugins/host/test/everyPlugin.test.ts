/** What holds for every first-party plugin, whatever it verifies. */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { compareGolden, readGoldenFolder } from "@farmops/plugin-sdk/conformance/goldenVerdict"
import type { DefinedPlugin } from "@farmops/plugin-sdk/contract/DefinedPlugin"
import { PluginDescription, Verdict } from "@farmops/plugin-sdk/contract/Verdict"
import { checkLeak } from "@farmops/plugin-sdk/runtime/checkLeak"
import { projectFields } from "@farmops/plugin-sdk/runtime/projectFields"
import { Effect, Schema } from "effect"
import { firstParty } from "../src/firstParty.ts"

const utf8 = new TextEncoder()
const bytesOf = (json: unknown): Uint8Array =>
  json === undefined ? new Uint8Array() : utf8.encode(JSON.stringify(json))
const fileOf = (id: string, path: string) =>
  fileURLToPath(new URL(`../../${id.replace("farmops/", "")}/${path}`, import.meta.url))

const ask = (plugin: DefinedPlugin, sourceType: string, data: unknown, memory: Uint8Array) =>
  Effect.promise(async () => plugin.verify({ observationId: "any", sourceType, data, memory }))

const decodeVerdict = Schema.decodeUnknownSync(Verdict)
const loaded = await Promise.all([...firstParty].map(async ([id, load]) => [id, await load()] as const))

describe.each(loaded)("%s", (id, plugin) => {
  const { description } = plugin

  it("describes itself within the contract, and takes what it publishes for its configuration", () => {
    assert.deepStrictEqual(Schema.decodeUnknownSync(PluginDescription)(description), description)
    assert.strictEqual(description.plugin_id, id)
    assert.isNull(plugin.configure(description.configuration_schema === null ? null : {}))
    assert.isString(plugin.configure({ no_such_setting: 1 }))
    assert.isNull(plugin.configure(null))
  })

  it("publishes each template once, and shows it in its README as it is", () => {
    const readme = readFileSync(fileOf(id, "README.md"), "utf8")
    assert.strictEqual(new Set(description.description_templates).size, description.description_templates.length)
    if (id === "farmops/git-history") return
    for (const template of description.description_templates) assert.include(readme.split("\n"), template)
    for (const { permissions } of description.sources) for (const one of permissions) assert.include(readme, one)
  })

  it.effect("answers its golden verdicts, also over what is cut to its fields", () =>
    Effect.gen(function* () {
      const files = yield* readGoldenFolder(fileOf(id, "golden"))
      assert.isAtLeast(files.length, 3)
      for (const { golden, name } of files) {
        assert.isNull(plugin.configure(golden.configuration ?? null), name)
        const fields = description.sources.find(({ source_type }) => source_type === golden.source_type)?.fields ?? []
        assert.deepStrictEqual(projectFields(golden.data, fields), golden.data, name)
        const verdict = decodeVerdict(yield* ask(plugin, golden.source_type, golden.data, bytesOf(golden.memory)))
        assert.isNull(compareGolden(golden, verdict), name)
        if (verdict.verdict === "verified") assert.isNull(checkLeak(description, verdict, bytesOf(golden.data)), name)
      }
    })
  )

  it.effect.prop(
    "has a verdict within the contract for any JSON and any memory, and the same one twice",
    { data: Schema.Json, memory: Schema.Json },
    ({ data, memory }) =>
      Effect.gen(function* () {
        plugin.configure(null)
        for (const { source_type } of description.sources) {
          for (const remembered of [bytesOf(memory), new Uint8Array([0xff, 0x00])]) {
            const verdict = decodeVerdict(yield* ask(plugin, source_type, data, remembered))
            assert.notStrictEqual(verdict.verdict, "verified")
            assert.deepStrictEqual(decodeVerdict(yield* ask(plugin, source_type, data, remembered)), verdict)
          }
        }
      }),
    { arbitrary: { runs: 200 } }
  )

  it.effect("has a verdict where any one value of a golden observation is another", () =>
    Effect.gen(function* () {
      for (const { golden } of yield* readGoldenFolder(fileOf(id, "golden"))) {
        plugin.configure(golden.configuration ?? null)
        for (const other of [null, -1, 1.5, 2 ** 60, "", "{pods}", "2026-02-21T09:30:00Z", [], {}, [null], true]) {
          for (const data of variants(golden.data, other)) {
            const verdict = decodeVerdict(yield* ask(plugin, golden.source_type, data, bytesOf(golden.memory)))
            if (verdict.verdict === "verified") assert.isNull(checkLeak(description, verdict, bytesOf(data)))
          }
        }
      }
    })
  )
})

/** The value with each of its parts, one at a time, in place of which stands `other`. */
function* variants(value: unknown, other: unknown): Generator<unknown> {
  yield other
  if (typeof value !== "object" || value === null) return
  for (const key of Object.keys(value)) {
    for (const part of variants(Reflect.get(value, key), other)) {
      yield Array.isArray(value) ? value.with(Number(key), part) : { ...value, [key]: part }
    }
  }
}
