/** kill -9 of a harness at every step of a decision: GitHub has each change once in the end, whatever the harness was at. */
import { spawn } from "node:child_process"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { ActionLog } from "@farmops/triage/ActionLog"
import { Effect, FileSystem } from "effect"
import { installHint, isInstalled } from "../parts/github/emulator.ts"
import { botLogin, type GitHubPart, githubPart } from "../parts/github/GitHubPart.ts"
import { carryOut, decide, harnessLayers } from "../parts/github/harnessLayers.ts"
import { storyActions, storyComments } from "../parts/github/story.ts"

if (!isInstalled) console.warn(`skipped: the emulator of GitHub, which \`${installHint}\` installs`)

const script = fileURLToPath(new URL("../parts/github/triageAndDie.ts", import.meta.url))

/** A slow machine needs a second or two for each life. */
const testMs = 10 * 60_000

/** More steps than a decision of four actions has; a life that takes more is a fault of the test. */
const stepsMax = 60

interface Story {
  readonly task: string
  readonly issue: number
  readonly file: string
}

interface Life {
  readonly child: ReturnType<typeof spawn>
  readonly end: Promise<string>
}

/** One life of the harness. Its end is the signal that killed it, or what became of the decision. */
const startLife = ({ url }: GitHubPart, { file, issue, task }: Story, dieAt: number, settleMs = 50): Life => {
  const args = ["--conditions=@farmops/source", script, url, file, task, String(issue), String(dieAt), String(settleMs)]
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] })
  let said = ""
  child.stdout?.on("data", (chunk) => {
    said += String(chunk)
  })
  const end = new Promise<string>((resolve) =>
    child.on("close", (code, signal) => resolve(signal ?? (code === 0 ? said : `exit ${code}`)))
  )
  return { child, end }
}

const storyOn = Effect.fnUntraced(function* (github: GitHubPart, number: number) {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "farmops-crash-" })
  const issue = yield* Effect.promise(() => github.stranger.openIssue(`It crashes ${number}`))
  yield* Effect.promise(() => github.owner.send("POST", `/issues/${issue}/labels`, { labels: ["question"] }))
  const task = `0b0b8a86-4f0a-4f4e-8a53-1d2a4c1c8${String(number).padStart(3, "0")}`
  const story: Story = { task, issue, file: join(folder, "harness.db") }
  return story
})

/** Our comments on GitHub's side. */
const ourComments = async (github: GitHubPart, issue: number) =>
  (await github.comments(issue)).filter(({ login }) => login === botLogin).map(({ body }) => body)

/** Starts anew, in this process, carries the decision out, and holds GitHub's side against what must be. */
const endOf = Effect.fnUntraced(function* (github: GitHubPart, { file, issue, task }: Story, what: string) {
  const before = yield* Effect.promise(() => ourComments(github, issue))
  assert.isAtMost(before.length, 1, what)
  const again = Effect.gen(function* () {
    if ((yield* (yield* ActionLog).detail(task)) === null) yield* decide(task, issue, storyActions)
    return yield* carryOut(task)
  })
  const result = yield* Effect.provide(again, harnessLayers(github.url, file))
  assert.strictEqual(result._tag, "Settled", what)
  const now = yield* Effect.promise(() => github.issue(issue))
  assert.deepStrictEqual(now, { state: "closed", labels: ["bug"] }, what)
  assert.deepStrictEqual(yield* Effect.promise(() => ourComments(github, issue)), storyComments(task), what)
})

describe.skipIf(!isInstalled)("a harness that is killed", () => {
  it.live(
    "leaves each change once, killed before and after each thing that it writes",
    () =>
      Effect.gen(function* () {
        const github = yield* githubPart
        for (let step = 1; step <= stepsMax; step++) {
          const story = yield* storyOn(github, step)
          const end = yield* Effect.promise(() => startLife(github, story, step).end)
          yield* endOf(github, story, `killed before step ${step}`)
          if (end === "SIGKILL") continue
          assert.strictEqual(end, "Settled")
          // A decision, and for each of four actions its beginning, the write and its end: two steps each.
          assert.strictEqual(step - 1, 2 * (1 + 4 * 3))
          return
        }
        assert.fail("a life had no end")
      }).pipe(Effect.provide(NodeServices.layer)),
    testMs
  )

  it.live(
    "leaves each change once, killed again and again on one issue, each life one step later",
    () =>
      Effect.gen(function* () {
        const github = yield* githubPart
        const story = yield* storyOn(github, 100)
        let lives = 0
        for (let step = 1; step <= stepsMax; step++) {
          const end = yield* Effect.promise(() => startLife(github, story, step).end)
          assert.isAtMost((yield* Effect.promise(() => ourComments(github, story.issue))).length, 1)
          if (end !== "SIGKILL") break
          lives++
        }
        assert.isAtLeast(lives, 4)
        yield* endOf(github, story, `after ${lives} lives`)
      }).pipe(Effect.provide(NodeServices.layer)),
    testMs
  )

  it.live(
    "makes no change twice where two harnesses have one database, which no host allows",
    () =>
      Effect.gen(function* () {
        const github = yield* githubPart
        const story = yield* storyOn(github, 300)
        // Both find it decided, and begin at once.
        yield* Effect.provide(decide(story.task, story.issue, storyActions), harnessLayers(github.url, story.file))
        // Longer than a request may take: what the other began is left alone for so long.
        const lives = [0, 1].map(() => startLife(github, story, 0, 10_000))
        const ends = yield* Effect.promise(() => Promise.all(lives.map(({ end }) => end)))
        // What one does may look to the other like a change by somebody else: then that one stops.
        for (const end of ends) assert.oneOf(end, ["Settled", "Stale"])
        const writes = github.proxy.exchanges.filter(({ method }) => method !== "GET").map(({ path }) => path)
        assert.isAtLeast(writes.length, 1)
        assert.strictEqual(new Set(writes).size, writes.length, writes.join())
      }).pipe(Effect.provide(NodeServices.layer)),
    testMs
  )

  const writes = [
    { what: "the label", method: "POST", path: /\/labels/ },
    { what: "the comment", method: "POST", path: /\/comments/ },
    { what: "the removal", method: "DELETE", path: /\/labels\// },
    { what: "the close", method: "PATCH", path: /\/issues\// }
  ] as const
  for (const moment of ["before", "after"] as const)
    it.live(
      `leaves each change once, killed while a request is under way, ${moment} GitHub has seen it`,
      () =>
        Effect.gen(function* () {
          const github = yield* githubPart
          for (const [index, { method, path, what }] of writes.entries()) {
            const story = yield* storyOn(github, 200 + index)
            const life = startLife(github, story, 0)
            if (moment === "before") github.proxy.inject({ kind: "reset_before" }, method, path)
            github.proxy.onMoment = async (now, sent, where) => {
              if (now !== moment || sent !== method || !path.test(where)) return
              github.proxy.onMoment = () => undefined
              life.child.kill("SIGKILL")
              await life.end
            }
            assert.strictEqual(yield* Effect.promise(() => life.end), "SIGKILL", what)
            yield* endOf(github, story, `${what}, ${moment}`)
          }
        }).pipe(Effect.provide(NodeServices.layer)),
      testMs
    )
})
