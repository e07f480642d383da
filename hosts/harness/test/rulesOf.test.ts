import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { capsDefault, capsOfHarnessDefault, modesDefault, type TriageRules } from "@farmops/triage/TriageRules"
import { Effect } from "effect"
import { afterAll, beforeAll } from "vitest"
import { HarnessSettings } from "../src/layer.ts"
import { rulesOf } from "../src/rulesOf.ts"

let folder = ""
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "farmops-harness-"))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const head = `identity: { github_token: "\${GITHUB_TOKEN}", github_user: my-bot }
llm: { provider: ollama, model: llama3 }
`
const repo = `repos:
  - owner: my-org
    name: my-repo
    agents:
      - type: issue-triage
`

const load = (yaml: string) => {
  const file = join(folder, "config.yaml")
  writeFileSync(file, yaml)
  return HarnessSettings.pipe(
    Effect.provide(HarnessSettings.layer(file, { GITHUB_TOKEN: "planted", ANTHROPIC_API_KEY: "planted" })),
    Effect.provide(NodeServices.layer)
  )
}

/** The rules of each agent of the file. */
const rules = (yaml: string): Promise<ReadonlyArray<TriageRules>> =>
  load(yaml).pipe(
    Effect.map((file) =>
      file.repos.flatMap((repository) => repository.agents.map((agent) => rulesOf(file, repository, agent)))
    ),
    Effect.runPromise
  )

const fault = (yaml: string) =>
  load(yaml).pipe(
    Effect.flip,
    Effect.map((error) => error.message.replace(`${folder}/`, "")),
    Effect.runPromise
  )

describe("the rules of a file", () => {
  it("are careful where it says nothing: all in shadow, closing off, nothing opted in", async () => {
    expect(await rules(head + repo)).toEqual([
      {
        repo: "my-org/my-repo",
        botUser: "my-bot",
        modes: modesDefault,
        dryRun: false,
        labels: {},
        allowClose: false,
        allowMaintainerIssues: false,
        allowRepeatComments: false,
        exemptLabels: [],
        staleExemptLabels: [],
        staleDays: null,
        closeDelayDays: 3,
        actOnBacklog: false,
        escalateLabel: null,
        linkHosts: [],
        actionsPerIssue: 12,
        caps: capsDefault,
        capsOfHarness: capsOfHarnessDefault
      }
    ])
    expect(modesDefault).toEqual({ add_label: "shadow", remove_label: "shadow", comment: "shadow", close: "off" })
  })

  it("take the innermost word on a mode, and the repository's on what it may see done", async () => {
    const [first, second] = await rules(`${head}modes: { add_label: live, comment: propose }
caps: { usd_per_day: 0.25, closes_per_day: 2 }
${repo}        config: { allow_close: true, modes: { comment: live, close: live } }
    modes: { comment: "off", remove_label: live }
    caps: { actions_per_hour: 0, usd_per_day: null }
  - owner: my-org
    name: other
    agents: [{ type: issue-triage }]
`)
    expect(first?.modes).toEqual({ add_label: "live", remove_label: "live", comment: "live", close: "live" })
    expect(first?.caps).toEqual({ ...capsDefault, actionsPerHour: 0, microUsdPerDay: null })
    expect(first?.capsOfHarness).toEqual({ ...capsOfHarnessDefault, closesPerDay: 2, microUsdPerDay: 250_000 })
    expect(second?.modes).toEqual({ ...modesDefault, add_label: "live", comment: "propose" })
    expect(second?.caps).toEqual(capsDefault)
  })

  it("of the example file are those that it describes", async () => {
    const example = readFileSync(new URL("../config.example.yaml", import.meta.url), "utf8")
    const [only] = await rules(example)
    expect(only).toMatchObject({
      modes: modesDefault,
      caps: capsDefault,
      capsOfHarness: capsOfHarnessDefault,
      escalateLabel: "needs-human"
    })
    const uncommented = example.replace(/^( *)# (memory|dry_run|tracker): /gm, "$1$2: ")
    expect((await rules(uncommented))[0]?.dryRun).toBe(true)
  })
})

describe("a file is refused, with the place and the cure,", () => {
  const agent = (text: string) => `${head}${repo}${text}`
  const config = (text: string) => agent(`        config: { ${text} }\n`)

  it.each([
    [
      "with a mode that is none",
      config("modes: { comment: loud }"),
      /^config\.yaml:8:\d+: repos.*modes.comment: .*shadow/
    ],
    [
      "with a mode for what nobody can ask",
      config("modes: { merge: live }"),
      /modes\.merge: is not a setting that is known here/
    ],
    [
      "when it closes without saying that it may",
      config("modes: { close: live }"),
      /modes\.close: needs allow_close: true beside it/
    ],
    [
      "with a label that GitHub would not take",
      config(`labels: { ${"x".repeat(51)}: [a] }`),
      /labels: .*1 to 50 characters/
    ],
    ["with a label between blanks", config(`exempt_labels: [" wontfix"]`), /exempt_labels\[0\]: .*without blanks/],
    ["with a label twice", config("labels: { bug: [a], Bug: [b] }"), /labels: expected each label only once/],
    [
      "with a link host that is an address",
      config(`link_hosts: ["https://a.example"]`),
      /link_hosts\[0\]: .*without scheme/
    ],
    [
      "with a negative cap",
      `${head}caps: { actions_per_hour: -1 }\n${repo}`,
      /^config\.yaml:3:\d+: caps\.actions_per_hour/
    ],
    ["with a fortune a day", `${head}caps: { usd_per_day: 1e6 }\n${repo}`, /caps\.usd_per_day: .*10000/],
    [
      "with an agent of two kinds",
      agent("        image: a\n        url: http://127.0.0.1:1\n"),
      /url: cannot stand beside image/
    ],
    [
      "with a mind for somebody else's agent",
      agent("        mind: llm\n        url: http://127.0.0.1:1\n"),
      /mind: cannot/
    ],
    ["with a pull policy for nothing", agent("        pull: always\n"), /pull: needs image/],
    [
      "with two agents of one type",
      agent("      - type: issue-triage\n"),
      /agents: expected each type of agent only once/
    ],
    [
      "with a password in the tracker's address",
      `${head}tracker: { url: "http://a:b@127.0.0.1" }\n${repo}`,
      /tracker\.url: .*without a password/
    ]
  ])("%s", async (_what, yaml, line) => {
    expect(await fault(yaml)).toMatch(line)
  })
})
