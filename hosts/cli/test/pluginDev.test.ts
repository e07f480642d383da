import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { NodeServices } from "@effect/platform-node"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect, Layer, Runtime } from "effect"
import { Printer } from "../src/Printer.ts"
import { devPlugin } from "../src/pluginDev.ts"

const template = fileURLToPath(new URL("../../../packages/plugin-sdk/templates/typescript/", import.meta.url))
const command = [process.execPath, "--conditions=@farmops/source", join(template, "src/main.ts")]

// Fails when it runs first, and from then on is well.
const check = (folder: string) =>
  JSON.stringify(["/bin/sh", "-c", `echo MARKoutput; test -e ${folder}/seen || { touch ${folder}/seen; exit 1; }`])

const agentFile = (state: string) => `cluster_alias: barn
data: agent
plugins: farmops-plugins.yaml
actor: {identifier: "\${WHO}"}
sources:
  - {name: drill, type: command, source_type: command, every_seconds: 1, command: ${check(state)}}
  - {name: folder, type: file, source_type: file, folder: ${state}}
`

type Options = Parameters<typeof devPlugin>[0]

describe("plugin dev", () => {
  let folder: string
  let state: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "farmops-plugin-dev-"))
    state = mkdtempSync(join(tmpdir(), "farmops-plugin-dev-state-"))
    mkdirSync(join(folder, "agent"))
    writeFileSync(join(folder, "agent.yaml"), agentFile(state))
    const manifest = "plugins: [{id: example/my-plugin, exec: {command: node, args: [main.js]}}]\n"
    writeFileSync(join(folder, "farmops-plugins.yaml"), manifest)
  })
  afterAll(() => {
    for (const one of [folder, state]) rmSync(one, { recursive: true })
  })

  /** Runs it and gives the records that it printed. */
  const dev = (options: Partial<Options>) =>
    Effect.suspend(() => {
      const printed = Printer.memory({ json: true })
      const nothing = { observations: [], config: null, source: null, count: null, watch: false }
      return devPlugin({ ...nothing, command, cwd: folder, environment: { WHO: "MARKann" }, ...options }).pipe(
        Effect.provide(Layer.merge(printed.layer, NodeServices.layer)),
        Effect.map(() => {
          const text = printed.stdout()
          return {
            text,
            played: text
              .trim()
              .split("\n")
              .map((line) => JSON.parse(line))
          }
        })
      )
    })
  const refused = (options: Partial<Options>) =>
    Effect.map(Effect.flip(dev(options)), (error) => ({
      exitCode: Runtime.getErrorExitCode(error),
      message: error.message
    }))

  it.live("plays what a source of an agent's file sees now, and shows what would leave; nothing is stored", () =>
    Effect.gen(function* () {
      const files = readdirSync(folder, { recursive: true })
      const { played, text } = yield* dev({ config: "agent.yaml", source: "drill", count: 2 })
      const [first, second] = played
      assert.lengthOf(played, 2)
      assert.deepInclude(first, { observation: "drill 1", sent: { exit_code: 1 }, verdict: "rejected", leaves: null })
      assert.deepInclude(first, { memory: null, remembers: { failures: 1 } })
      assert.deepInclude(second, { memory: { failures: 1 }, verdict: "verified", evidence: { failures: 1 } })
      assert.strictEqual(second.leaves.action.description, "Repaired a check that had failed 1 times")
      assert.strictEqual(second.leaves.agent.cluster_alias, "barn")
      assert.match(second.leaves.outcome.evidence_hash, /^[0-9a-f]{64}$/)
      // Neither what the plugin does not ask for nor whose work it is.
      assert.notInclude(text, "MARK")
      assert.deepStrictEqual(readdirSync(folder, { recursive: true }), files)
    })
  )

  it.live(
    "names what there is where a source is asked for that is not there, or of which the plugin is sent nothing",
    () =>
      Effect.gen(function* () {
        const unknown = yield* refused({ config: "agent.yaml", source: "drills" })
        assert.strictEqual(unknown.exitCode, 78)
        assert.match(unknown.message, /^source drills: it is not in .*agent\.yaml, which has: drill, folder$/)
        const other = yield* refused({ config: "agent.yaml", source: "folder" })
        assert.deepStrictEqual(other, {
          exitCode: 65,
          message: "the plugin is sent nothing of file, but of command."
        })
      })
  )

  it.live("plays recorded observations as one story", () =>
    Effect.gen(function* () {
      const golden = ["failed.json", "repaired.json"].map((name) => join(template, "golden", name))
      const { played } = yield* dev({ observations: golden })
      assert.deepStrictEqual(
        played.map(({ verdict }) => verdict),
        ["rejected", "verified"]
      )
      const { data } = JSON.parse(readFileSync(golden[1] ?? "", "utf8"))
      assert.deepStrictEqual(played[1].sent, data)
    })
  )

  it.effect.each<[string, Partial<Options>]>([
    ["neither a recording nor a source", {}],
    ["no program", { observations: ["x.json"], command: [] }],
    ["a file without a source", { config: "agent.yaml" }],
    ["both", { config: "agent.yaml", source: "drill", observations: ["x.json"] }],
    ["a count of recordings", { count: 2, observations: ["x.json"] }],
    ["to wait for changes of a source that is watched anyway", { config: "agent.yaml", source: "drill", watch: true }]
  ])("refuses %s before anything is started", ([, options]) =>
    Effect.map(refused(options), ({ exitCode }) => assert.strictEqual(exitCode, 64))
  )
})
