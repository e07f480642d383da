import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { NodeServices } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { Effect, Runtime } from "effect"
import { afterAll, beforeAll } from "vitest"
import { summaryOf } from "../src/HarnessFile.ts"
import { HarnessSettings } from "../src/layer.ts"

const launcher = fileURLToPath(new URL("../bin/farmops-harness.js", import.meta.url))

// As the specification gives it, comments and all.
const example = `# config.yaml
identity:
  github_token: "\${GITHUB_TOKEN}"    # bot account PAT
  github_user: "my-bot"

llm:
  provider: anthropic                # anthropic | ollama
  model: claude-sonnet-4-6
  api_key: "\${ANTHROPIC_API_KEY}"    # omit for ollama

polling:
  interval_seconds: 60

repos:
  - owner: my-org
    name: my-repo
    agents:
      - type: issue-triage
        config:
          stale_days: 30
          labels:
            bug: ["crash", "exception", "error"]
            question: ["how do I", "how to"]
`

const secrets = { GITHUB_TOKEN: "gh-planted-secret", ANTHROPIC_API_KEY: "llm-planted-secret" }

let folder = ""
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "farmops-harness-"))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const write = (yaml: string) => {
  const file = join(folder, "config.yaml")
  writeFileSync(file, yaml)
  return file
}

/** The summary of a file that is sound, or the one line that says what is wrong with it. */
const check = (yaml: string, env: Readonly<Record<string, string>> = secrets) =>
  HarnessSettings.pipe(
    Effect.provide(HarnessSettings.layer(write(yaml), env)),
    Effect.map(summaryOf),
    Effect.catchTag("ConfigInvalid", (error) => {
      expect(error[Runtime.errorExitCode]).toBe(exitCodes.config)
      return Effect.succeed(error.message.replace(`${folder}/`, ""))
    }),
    Effect.provide(NodeServices.layer),
    Effect.runPromise
  )

const run = (args: ReadonlyArray<string>) => {
  const { status, stderr, stdout } = spawnSync(process.execPath, ["--conditions=@farmops/source", launcher, ...args], {
    cwd: folder,
    encoding: "utf8",
    env: { PATH: process.env.PATH, ...secrets }
  })
  return { code: status, stdout, stderr }
}

const edited = (from: string, to: string) => {
  expect(example).toContain(from)
  return example.replace(from, to)
}

describe("a harness configuration", () => {
  it("may be the specification's example as it stands", async () => {
    expect(await check(example)).toEqual({
      github_user: "my-bot",
      llm: "anthropic claude-sonnet-4-6",
      interval_seconds: 60,
      repos: ["my-org/my-repo"]
    })
  })

  it("may leave out what has a default, and the key where none is needed", async () => {
    const short = example
      .replace(/llm:[\s\S]*?\n\n/, "llm: { provider: ollama, model: llama3 }\n\n")
      .replace(/polling:[\s\S]*?\n\n/, "")
      .replace(/\n {8}config:[\s\S]*$/, "\n")
    expect(await check(short, { GITHUB_TOKEN: "t" })).toMatchObject({ llm: "ollama llama3", interval_seconds: 60 })
  })

  it.each([
    ["an unknown key", edited("stale_days", "stale_dayz"), /^config\.yaml:20:\d+: repos.*stale_dayz/],
    ["an unknown key at the top", `${example}webhook: true\n`, /^config\.yaml:24:\d+: webhook/],
    ["a key given twice", edited("polling:", "llm: {}\n\npolling:"), /^config\.yaml:11:\d+: /],
    ["another provider", edited("provider: anthropic", "provider: oracle"), /^config\.yaml:\d+:\d+: llm.*anthropic/],
    [
      "a provider without its key",
      edited(/ {2}api_key.*\n/.exec(example)?.[0] ?? "-", ""),
      /^config\.yaml:\d+:\d+: llm/
    ],
    ["no repository", example.replace(/repos:[\s\S]*$/, "repos: []\n"), /^config\.yaml:\d+:\d+: repos/],
    ["a repository named twice", example + (/ {2}- owner[\s\S]*$/.exec(example)?.[0] ?? "-"), /repos: .*only once/],
    ["a name that is none", edited("name: my-repo", "name: ../other"), /^config\.yaml:16:\d+: repos.*name/],
    ["an interval of nothing", edited("interval_seconds: 60", "interval_seconds: 0"), /^config\.yaml:12:\d+: polling/]
  ])("is refused with %s, naming file and line", async (_what, yaml, line) => {
    expect(await check(yaml)).toMatch(line)
  })

  it("is refused when a secret is missing from the environment or empty, and no secret is ever said", async () => {
    expect(await check(example, { GITHUB_TOKEN: "t" })).toMatch(
      /^config\.yaml:9:\d+: llm\.api_key: .*ANTHROPIC_API_KEY/
    )
    expect(await check(example, { ...secrets, GITHUB_TOKEN: "" })).toMatch(
      /^config\.yaml:3:\d+: identity\.github_token/
    )
    for (const yaml of [
      example,
      edited("stale_days: 30", "stale_days: soon"),
      edited('"my-bot"', '"${GITHUB_TOKEN} "')
    ]) {
      expect(JSON.stringify(await check(yaml))).not.toContain("planted")
    }
  })
})

describe("farmops-harness", () => {
  it("checks a configuration", () => {
    write(example)
    const summary =
      "config.yaml is sound: 1 repository (my-org/my-repo) as my-bot, anthropic claude-sonnet-4-6, every 60 s\n"
    expect(run(["check", "--config", "config.yaml"])).toEqual({ code: 0, stdout: summary, stderr: "" })
    write(edited("stale_days", "stale_dayz"))
    const { code, stderr, stdout } = run(["check", "--config", "config.yaml"])
    expect([code, stdout]).toEqual([exitCodes.config, ""])
    expect(stderr).toMatch(/^farmops-harness: config\.yaml:20:\d+: [^\n]+\n$/)
  })

  it("follows nothing without a command, and nothing with a configuration that is wrong", () => {
    const { code, stderr, stdout } = run(["--config", "config.yaml"])
    expect([code, stdout]).toEqual([exitCodes.usage, ""])
    expect(stderr).toMatch(/^farmops-harness: say run or check[^\n]*\n$/)
    write(edited("stale_days", "stale_dayz"))
    expect(run(["run", "--config", "config.yaml"])).toMatchObject({ code: exitCodes.config, stdout: "" })
  })

  it("explains itself, and says what it did not understand", () => {
    const help = run(["--help"])
    expect([help.code, help.stderr]).toEqual([0, ""])
    expect(help.stdout).toContain("farmops-harness run   --config FILE")
    expect(run(["run"])).toMatchObject({ code: exitCodes.usage, stdout: "" })
  })
})
