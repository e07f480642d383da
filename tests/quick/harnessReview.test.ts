/** The commands that look back, as a maintainer runs them, on a repository of the emulated GitHub. None of them writes to it. */
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { ActionLog } from "@farmops/triage/ActionLog"
import { GitHubReads } from "@farmops/triage/GitHubReads"
import { Effect, FileSystem } from "effect"
import { type Finished, runFarmops } from "../../hosts/cli/test/runFarmops.ts"
import { modelStub } from "../../packages/core/test/llm/modelStub.ts"
import { ollama } from "../../packages/core/test/llm/wireFormats.ts"
import { installHint, isInstalled } from "../parts/github/emulator.ts"
import { botLogin, botToken, type GitHubPart, githubPart, repository } from "../parts/github/GitHubPart.ts"
import { harnessLayers } from "../parts/github/harnessLayers.ts"

if (!isInstalled) console.warn(`skipped: the emulator of GitHub, which \`${installHint}\` installs`)

// Nothing answers there, so that no test asks a model unless it says so.
const nowhere = "http://127.0.0.1:9"

const configOf = (url: string, model = nowhere) => `
identity: { github_token: "\${GITHUB_TOKEN}", github_user: ${botLogin}, api_url: "${url}" }
llm: { provider: ollama, model: qwen3, base_url: "${model}" }
memory: { path: memory.db }
repos:
  - owner: octo
    name: farm
    agents:
      - type: issue-triage
        mind: keyword
        config:
          labels: { bug: ["crash"], question: ["how to"] }
`

interface Maintained {
  readonly github: GitHubPart
  readonly folder: string
  /** Runs `farmops harness`, and holds that the token is nowhere in what it says. */
  readonly harness: (command: string, ...args: ReadonlyArray<string>) => Effect.Effect<Finished>
}

/** A repository with an issue that both label alike, one that they do not, one closed for nothing, and one that nobody touched. */
const maintained = Effect.gen(function* () {
  const github = yield* githubPart
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "farmops-review-" })
  yield* fs.writeFileString(join(folder, "config.yaml"), configOf(github.url))
  yield* Effect.promise(async () => {
    const { owner, stranger } = github
    const titles = ["A crash at start", "How to save?", "A crash of my car", "How to crash it?"]
    const issues: Array<number> = []
    for (const title of titles) issues.push(await stranger.openIssue(title))
    await owner.send("POST", `/issues/${issues[0]}/labels`, { labels: ["bug"] })
    await owner.send("POST", `/issues/${issues[1]}/labels`, { labels: ["bug"] })
    await owner.send("PATCH", `/issues/${issues[2]}`, { state: "closed", state_reason: "not_planned" })
  })
  const harness: Maintained["harness"] = (command, ...args) =>
    Effect.promise(async () => {
      const words = ["harness", ...command.split(" "), "--config", "config.yaml", ...args]
      const done = await runFarmops(words, folder, { GITHUB_TOKEN: botToken })
      assert.notInclude(done.stdout + done.stderr, botToken)
      return done
    })
  const found: Maintained = { github, folder, harness }
  return found
})

const onMaintained = (test: (maintained: Maintained) => Effect.Effect<void, unknown, never>) =>
  Effect.flatMap(maintained, test).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

/** A decision of another time on each issue, that it is a question; thought of and not done. */
const recordShadow = (github: GitHubPart, folder: string, issues: ReadonlyArray<number>) =>
  Effect.gen(function* () {
    const log = yield* ActionLog
    const reads = yield* GitHubReads
    const action = { type: "add_label", label: "question" } as const
    for (const number of issues) {
      const task_id = `0b0b8a86-4f0a-4f4e-8a53-1d2a4c1c800${number}`
      yield* log.record({
        taskId: task_id,
        taskType: "issue.triage",
        repo: repository,
        seen: yield* reads.getIssue(repository, number),
        decision: { task_id, decision: "label_and_respond", rationale: "", actions: [action] },
        batch: "today",
        agent: "llm",
        actions: [{ action, mode: "shadow", verdict: "allowed", state: "shadow" }]
      })
    }
  }).pipe(Effect.provide(harnessLayers(github.url, join(folder, "memory.db"))))

const testMs = 180_000

describe.skipIf(!isInstalled)("the commands that look back", () => {
  it.live(
    "hold a mind against what the maintainer did, and write nothing",
    () =>
      onMaintained(({ github, harness }) =>
        Effect.gen(function* () {
          const told = yield* harness("backtest", repository)
          assert.deepStrictEqual([told.code, told.stderr], [0, ""])
          assert.match(told.stdout, /^keyword on the newest 3 issues of octo\/farm/)
          assert.match(told.stdout, /^add_label +3 +1 +1 +50 %$/m)
          assert.match(told.stdout, /^ {2}#2 {2}question {2}\(maintainer: bug\)$/m)
          const json = yield* harness("backtest", "Octo/Farm", "--json", "--last", "2")
          const { issues, mind, repo } = JSON.parse(json.stdout)
          assert.deepStrictEqual([issues, mind, repo], [2, "keyword", repository])
          assert.deepStrictEqual(yield* Effect.promise(() => github.comments(1)), [])
          assert.deepStrictEqual(yield* Effect.promise(() => github.issue(4)), { state: "open", labels: [] })
        })
      ),
    testMs
  )

  it.live(
    "say in one line what they cannot do, and how to go on",
    () =>
      onMaintained(({ harness }) =>
        Effect.gen(function* () {
          const unknown = yield* harness("backtest", "octo/barn")
          assert.deepStrictEqual([unknown.code, unknown.stdout], [64, ""])
          assert.strictEqual(unknown.stderr, 'farmops: "octo/barn" is not in the file. It has octo/farm.\n')
          const few = yield* harness("train", repository)
          assert.strictEqual(few.code, 65)
          assert.match(few.stderr, /^farmops: a classifier needs issues of two labels or more\. .*mind: keyword\n$/)
          const none = yield* harness("report")
          assert.strictEqual(none.code, 69)
          assert.match(none.stderr, /^farmops: there is no memory at \S+memory\.db\. .*first time\.\n$/)
          const clash = yield* harness("replay", "--mind", "keyword", "--model", "other")
          assert.strictEqual(clash.code, 64)
          const prompt = yield* harness("replay", "--prompt", "none.txt")
          assert.strictEqual(prompt.code, 74)
          assert.match(prompt.stderr, /^farmops: \S+none\.txt cannot be read\.\n$/)
          const model = yield* harness("backtest", repository, "--mind", "llm")
          assert.strictEqual(model.code, 69)
          assert.match(model.stderr, /^farmops: the agent llm gave no answer \(.+\)\.\n$/)
        })
      ),
    testMs
  )

  it.live(
    "compare the log with GitHub, ask again about what it holds, and make its summaries anew",
    () =>
      onMaintained(({ folder, github, harness }) =>
        Effect.gen(function* () {
          const untouched = yield* Effect.promise(() => github.stranger.openIssue("Nothing to see"))
          yield* recordShadow(github, folder, [4, untouched])
          yield* Effect.promise(() => github.owner.send("POST", "/issues/4/labels", { labels: ["question"] }))
          const report = yield* harness("report")
          assert.deepStrictEqual([report.code, report.stderr], [0, ""])
          assert.match(report.stdout, /^add_label +shadow +2 +0 +0 +1 +0 +1 +100 % +1 of 20 decided/m)
          const replay = yield* harness("replay")
          assert.strictEqual(replay.code, 0)
          assert.match(replay.stdout, /^octo\/farm#5 {2}label_and_respond → skip {2}-add_label question$/m)
          assert.match(replay.stdout, /^octo\/farm#4 {2}label_and_respond {2}-add_label question {2}\+add_label bug/m)
          assert.match(replay.stdout, /^2 tasks: 0 decided the same, 2 differently$/m)
          assert.match(replay.stderr, /^comments and the memory of earlier decisions are not recorded/)
          const memory = yield* harness("memory rebuild")
          assert.strictEqual(memory.stdout, "2 summaries made anew from the log\n")
        })
      ),
    testMs
  )

  it.live(
    "let the classifier learn what people labelled, and hold it only against issues that it did not learn from",
    () =>
      onMaintained(({ folder, github, harness }) =>
        Effect.gen(function* () {
          const fs = yield* FileSystem.FileSystem
          yield* Effect.promise(async () => {
            for (let at = 0; at < 16; at++) {
              const label = at % 2 === 0 ? "bug" : "question"
              const title = label === "bug" ? `It breaks when I save ${at}` : `Where is the manual ${at}?`
              const issue = await github.stranger.openIssue(title)
              await github.owner.send("POST", `/issues/${issue}/labels`, { labels: [label] })
            }
          })
          const trained = yield* harness("train", repository)
          assert.strictEqual(trained.code, 0)
          assert.match(trained.stdout, /^learned bug, question from 18 issues of octo\/farm; right on \d+ %/)
          const file = join(folder, "classifier-octo-farm.json")
          assert.include(trained.stderr, file)
          assert.include(yield* fs.readFileString(file), '"farmops-issue-classifier"')
          assert.deepStrictEqual(
            (yield* fs.readDirectory(folder)).filter((name) => name.endsWith(".part")),
            []
          )
          const told = yield* harness("backtest", repository, "--mind", "classifier", "--last", "3", "--json")
          const { issues, trained_on_older } = JSON.parse(told.stdout)
          // One of the nineteen was closed without a label.
          assert.deepStrictEqual([issues, trained_on_older], [3, 16])
        }).pipe(Effect.provide(NodeServices.layer))
      ),
    testMs
  )

  it.live(
    "ask another model in other words, and keep strangers' words fenced for it too",
    () =>
      onMaintained(({ folder, github, harness }) =>
        Effect.gen(function* () {
          const fs = yield* FileSystem.FileSystem
          const answer = { verdict: "label_and_respond", labels: ["bug"], remove_labels: [], comment: null }
          const said = JSON.stringify({ ...answer, confidence: 0.9, rationale: "it says crash" })
          const stub = yield* modelStub([ollama.says(said)])
          yield* fs.writeFileString(join(folder, "config.yaml"), configOf(github.url, stub.url))
          yield* fs.writeFileString(join(folder, "prompt.txt"), "Label it in haste.\n")
          yield* recordShadow(github, folder, [4])
          const told = yield* harness("replay", "--model", "other-model", "--prompt", "prompt.txt", "--json")
          assert.strictEqual(told.code, 0)
          const { cost, differences } = JSON.parse(told.stdout)
          assert.deepStrictEqual(
            [differences[0].gone, differences[0].added],
            [["add_label question"], ["add_label bug"]]
          )
          assert.deepStrictEqual([cost.before.calls, cost.after.calls], [0, 1])
          const [asked] = stub.requests
          assert.strictEqual(asked?.body.model, "other-model")
          const words = JSON.stringify(asked?.body)
          assert.include(words, "Label it in haste.")
          assert.include(words, "was written by")
          assert.notInclude(words, "You look at one issue")
        }).pipe(Effect.provide(NodeServices.layer), Effect.scoped)
      ),
    testMs
  )
})
