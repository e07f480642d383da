import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { HarnessSettings, rulesOf } from "@farmops/harness/layer"
import { Effect } from "effect"
import { type InitFacts, initText } from "../src/harnessInit.ts"

const facts: InitFacts = {
  owner: "octo",
  name: "farm",
  login: "farm-bot",
  labels: ["bug", "good first issue", "kind/question"],
  mind: "keyword",
  apiUrl: null
}

/** What the harness makes of the text. */
const load = (text: string) =>
  Effect.gen(function* () {
    const folder = mkdtempSync(join(tmpdir(), "farmops-init-"))
    try {
      const path = join(folder, "harness.yaml")
      writeFileSync(path, text)
      const env = { GITHUB_TOKEN: "t", ANTHROPIC_API_KEY: "k" }
      return yield* Effect.provide(HarnessSettings, HarnessSettings.layer(path, env))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }).pipe(Effect.provide(NodeServices.layer))

const rulesIn = (file: HarnessSettings["Service"]) => {
  const [repository] = file.repos
  const agent = repository?.agents[0]
  return repository === undefined || agent === undefined ? assert.fail() : rulesOf(file, repository, agent)
}

describe("the file that init writes", () => {
  it.effect("is one that the harness takes, with everything in shadow and nothing to close", () =>
    Effect.gen(function* () {
      for (const mind of ["keyword", "classifier", "llm"] as const) {
        const rules = rulesIn(yield* load(initText({ ...facts, mind })))
        assert.deepStrictEqual(rules.modes, {
          add_label: "shadow",
          remove_label: "shadow",
          comment: "shadow",
          close: "off"
        })
        assert.isFalse(rules.allowClose)
        assert.deepStrictEqual(Object.keys(rules.labels), ["bug", "kind/question"])
        assert.deepInclude(rules, { repo: "octo/farm", botUser: "farm-bot" })
      }
    })
  )

  it.effect("holds whatever a label, an account or an address is called", () =>
    Effect.gen(function* () {
      const labels = ['bug: "crash" #1', "docs\\path", "feature: {a}", "bug ${HOME}"]
      const file = yield* load(initText({ ...facts, labels, apiUrl: "http://127.0.0.1:1/api/v3" }))
      assert.strictEqual(file.identity.api_url, "http://127.0.0.1:1/api/v3")
      assert.deepStrictEqual(Object.keys(rulesIn(file).labels).length, labels.length)
    })
  )

  it.effect("names no label where none is known, and still is sound", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(rulesIn(yield* load(initText({ ...facts, labels: ["P1"] }))).labels, {})
    })
  )

  it("holds no token", () => {
    assert.include(initText(facts), '"${GITHUB_TOKEN}"')
  })
})
