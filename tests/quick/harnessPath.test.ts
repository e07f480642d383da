/** The way of docs/harness.md, from nothing to a triaged issue and back, with the commands as they stand there. */
import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { installHint, isInstalled } from "../parts/github/emulator.ts"
import { botLogin, botToken, githubPart } from "../parts/github/GitHubPart.ts"
import { eventually } from "./FarmProcess.ts"

if (!isInstalled) console.warn(`skipped: the emulator of GitHub, which \`${installHint}\` installs`)

const program = fileURLToPath(new URL("../../hosts/cli/bin/farmops.js", import.meta.url))
const guide = readFileSync(new URL("../../docs/harness.md", import.meta.url), "utf8")

/** A maintainer's shell: a folder, a home and the bot's token. */
const openShell = Effect.acquireRelease(
  Effect.sync(() => {
    const folder = mkdtempSync(join(tmpdir(), "farmops-path-"))
    const env = { PATH: process.env.PATH, HOME: folder, NO_COLOR: "1", GITHUB_TOKEN: botToken }
    const start = (line: string) => {
      // A command that the guide does not have is not of its way.
      assert.include(guide, line.replace(/ (?:--api-url|--port|--batch) \S+/g, ""))
      const args = line.split(" ").slice(2)
      const child = spawn(process.execPath, ["--conditions=@farmops/source", program, ...args], { cwd: folder, env })
      const said = { text: "" }
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding("utf8").on("data", (text: string) => {
          said.text += text
        })
      }
      const ended = new Promise<{ code: number | null; text: string }>((done) =>
        child.on("close", (code) => done({ code, text: said.text }))
      )
      return { child, said, ended }
    }
    return { folder, start }
  }),
  ({ folder }) => Effect.sync(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
)

const patienceSeconds = 60

describe.skipIf(!isInstalled)("a maintainer who follows the guide", () => {
  it.live(
    "sees what would be done, lets it be done, and takes it back",
    () =>
      Effect.gen(function* () {
        const github = yield* githubPart
        github.proxy.pollInterval = null
        const { folder, start } = yield* openShell
        const file = join(folder, "harness.yaml")
        const edit = (from: string, to: string) => {
          const text = readFileSync(file, "utf8")
          assert.include(text, from)
          writeFileSync(file, text.replace(from, to))
        }
        const done = async (line: string) => {
          const { code, text } = await start(line).ended
          assert.strictEqual(code, 0, text)
          return text
        }
        /** Runs the harness while `during` happens, which ends when GitHub or the log says so. */
        const running = async (during: (said: () => string) => Promise<void>) => {
          const { child, ended, said } = start("npx farmops harness run --config harness.yaml --port 0")
          try {
            const ready = async () => {
              const port = /http:\/\/127\.0\.0\.1:(\d+)\/healthcheck/.exec(said.text)?.[1]
              if (port === undefined) return null
              return (await fetch(`http://127.0.0.1:${port}/healthcheck/ready`)).ok ? true : null
            }
            await eventually("ready", ready, patienceSeconds)
            await during(() => said.text)
          } finally {
            child.kill("SIGTERM")
          }
          const { code, text } = await ended
          assert.strictEqual(code, 0, text)
          assert.notInclude(text, botToken)
        }
        const triagedBy = (said: () => string) => async () => (said().includes("an issue was triaged") ? true : null)
        const openIssue = async (title: string) => {
          // Whole seconds are what GitHub counts: an issue of the first look's second is backlog.
          const second = Math.floor(Date.now() / 1000)
          await eventually("a second", async () => (Math.floor(Date.now() / 1000) > second ? true : null))
          return github.stranger.openIssue(title)
        }

        yield* Effect.promise(async () => {
          const past = await github.stranger.openIssue("A crash of last week")
          await github.owner.send("POST", `/issues/${past}/labels`, { labels: ["bug"] })

          const written = await done(`npx farmops harness init octo/farm --api-url ${github.url}`)
          assert.include(written, `as ${botLogin}`)
          edit("interval_seconds: 60", "interval_seconds: 1")
          await done("npx farmops harness doctor --config harness.yaml")
          await done("npx farmops harness backtest --config harness.yaml octo/farm")

          let issue = 0
          await running(async (said) => {
            issue = await openIssue("It ends with a crash")
            await eventually("shadow", triagedBy(said), patienceSeconds)
          })
          assert.deepStrictEqual(await github.issue(issue), { state: "open", labels: [] })
          await done("npx farmops harness report --config harness.yaml")

          edit("add_label: shadow", "add_label: live")
          edit("comment: shadow", "comment: live")
          await running(async (said) => {
            issue = await openIssue("Another crash")
            await eventually("live", triagedBy(said), patienceSeconds)
          })
          assert.strictEqual((await github.comments(issue)).length, 1)
          assert.deepStrictEqual(await github.issue(issue), { state: "open", labels: ["bug"] })
          const status = await done("npx farmops harness status --config harness.yaml")
          assert.match(status, /\d{4}-\d\d-\d\d/)
          const batch = new Date().toISOString().slice(0, 10)
          await done(`npx farmops harness undo --config harness.yaml --batch ${batch}`)
          assert.deepStrictEqual(await github.issue(issue), { state: "open", labels: [] })
          assert.deepStrictEqual(await github.comments(issue), [])
          const verified = await done("npx farmops harness verify --config harness.yaml")
          assert.include(verified, "the log is what was proved")
        })
      }),
    170_000
  )
})
