/** The harness end to end, as its owner and the people who open issues meet it: the real program, and a GitHub that can fail. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "@effect/vitest"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { commentFooter } from "@farmops/triage/neutralize/postedComment"
import { Effect } from "effect"
import { installHint, isInstalled } from "../parts/github/emulator.ts"
import { botLogin, botToken, type GitHubPart, githubPart, repository } from "../parts/github/GitHubPart.ts"
import { eventually } from "./FarmProcess.ts"
import { type HarnessFileOptions, HarnessProcess, type HarnessStart, writeHarnessFile } from "./harnessProcess.ts"

if (!isInstalled) console.warn(`skipped: the emulator of GitHub, which \`${installHint}\` installs`)

/** A slow machine needs seconds for each start, and an unclear end of a write takes a quarter of a minute to settle. */
const testMs = 170_000
const patienceSeconds = 90

const modelKey = "sk-ant-plantedKeyOfTheModel0123456789" // not-a-secret: made up
const secrets = { GITHUB_TOKEN: botToken, ANTHROPIC_API_KEY: modelKey }
const live = "modes: { add_label: live, comment: live }"

const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "farmops-story-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
)

const startHarness = (start: HarnessStart) =>
  Effect.acquireRelease(
    Effect.sync(() => new HarnessProcess(start)),
    (harness) => Effect.promise(() => harness.stop("SIGKILL"))
  )

const ready = (harness: HarnessProcess) =>
  eventually("ready", async () => ((await harness.ask("/healthcheck/ready")).status === 200 ? true : null), 60)

/** Waits for the next second of GitHub's clock: what happens in that of the first look counts as backlog. */
const nextSecond = () => {
  const second = Math.floor(Date.now() / 1000)
  return eventually("the next second", async () => (Math.floor(Date.now() / 1000) > second ? true : null))
}

/** A GitHub without a minute between polls, a folder, and the example's configuration in it. */
const openPlace = Effect.fnUntraced(function* (
  options: Omit<HarnessFileOptions, "folder" | "apiUrl" | "botUser" | "repository">
) {
  const github = yield* githubPart
  github.proxy.pollInterval = null
  const folder = yield* temporaryFolder
  const configFile = writeHarnessFile({ ...options, folder, apiUrl: github.url, botUser: botLogin, repository })
  return { github, folder, configFile }
})

const writesOf = ({ proxy }: GitHubPart) => proxy.exchanges.filter(({ method }) => method !== "GET")

const ours = async (github: GitHubPart, issue: number) =>
  (await github.comments(issue)).filter(({ login }) => login === botLogin).map(({ body }) => body)

/** Every byte of every file of a folder. */
const contentsOf = (folder: string): string =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && file.name !== "config.yaml")
    .map((file) => readFileSync(join(file.parentPath, file.name), "latin1"))
    .join("\n")

const assertNoSecret = (what: string, text: string) => {
  assert.isAbove(text.length, 0, what)
  for (const secret of Object.values(secrets)) assert.notInclude(text, secret, what)
}

/** A collector of traces. */
const collector = Effect.acquireRelease(
  Effect.promise(async () => {
    const bodies: Array<string> = []
    const server = createServer((request, response) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.on("end", () => {
        if (request.url === "/v1/traces") bodies.push(Buffer.concat(chunks).toString())
        response.writeHead(200, { "content-type": "application/json" }).end("{}")
      })
    })
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    return { url: `http://127.0.0.1:${port}`, bodies, server }
  }),
  ({ server }) =>
    Effect.sync(() => {
      server.close()
      server.closeAllConnections()
    })
)

/** The names of the spans that are in the trace of the named one. */
const spansWith = (bodies: ReadonlyArray<string>, name: string): ReadonlyArray<string> => {
  const spans = bodies.flatMap((body) =>
    [...body.matchAll(/"traceId":"([0-9a-f]+)"[^{}]*?"name":"([^"]+)"/g)].map(([, trace, span]) => ({ trace, span }))
  )
  const trace = spans.find(({ span }) => span === name)?.trace
  return spans.filter((one) => one.trace === trace).map(({ span }) => span ?? "")
}

/** What the memory holds of an issue's actions: its type, and how far it came or why not. */
const rememberedOf = (folder: string, issue: number): ReadonlyArray<string> => {
  const database = new DatabaseSync(join(folder, "memory.db"), { readOnly: true })
  try {
    const rows = database.prepare(`SELECT type, state, verdict FROM "action" WHERE issue = ? ORDER BY rowid`).all(issue)
    return rows.map(({ state, type, verdict }) => `${type} ${state} ${verdict}`)
  } finally {
    database.close()
  }
}

describe.skipIf(!isInstalled)("a harness that runs", () => {
  it.live(
    "labels and answers strangers' issues once each, whatever happens on the way, and keeps its secrets to itself",
    () =>
      Effect.gen(function* () {
        const { configFile, folder, github } = yield* openPlace({ modes: live })
        const traces = yield* collector
        const start = { configFile, env: { ...secrets, OTEL_EXPORTER_OTLP_ENDPOINT: traces.url } }
        yield* Effect.promise(async () => {
          await github.stranger.openIssue("An exception of long ago")
          github.proxy.inject({ kind: "bad_gateway_after" }, "POST", /\/issues\/3\/comments/)
          github.proxy.inject({ kind: "reset_after" }, "POST", /\/issues\/4\/comments/)
          github.proxy.inject({ kind: "retry_after", status: 429, seconds: 1 }, "POST", /\/issues\/5\/comments/)
        })
        const harness = yield* startHarness(start)
        yield* Effect.promise(() => ready(harness))
        const second = yield* startHarness(start)
        const refused = yield* Effect.promise(() => second.ended)
        assert.strictEqual(refused.code, exitCodes.alreadyRunning)
        assert.match(refused.said, /is in use by another farmops/)

        yield* Effect.promise(nextSecond)
        for (const number of [2, 3, 4, 5]) {
          const opened = yield* Effect.promise(() => github.stranger.openIssue(`It ends with a crash (${number})`))
          assert.strictEqual(opened, number)
        }
        yield* Effect.promise(() =>
          eventually(
            "four issues",
            async () =>
              /farmops_harness_tasks\{state="done"\} 4\n/.test((await harness.ask("/metrics")).text) ? true : null,
            patienceSeconds
          )
        )
        assert.deepStrictEqual(
          github.proxy.exchanges.flatMap(({ fault }) => (fault === null ? [] : [fault])).toSorted(),
          ["bad_gateway_after", "reset_after", "retry_after"]
        )
        for (const number of [2, 3, 4, 5]) {
          assert.deepStrictEqual(yield* Effect.promise(() => github.issue(number)), { state: "open", labels: ["bug"] })
          const comments = yield* Effect.promise(() => ours(github, number))
          assert.strictEqual(comments.length, 1, `issue ${number}`)
          assert.include(comments[0], commentFooter)
          assert.match(comments[0] ?? "", /<!-- farmops:v0 key=[0-9a-f]{32} -->$/)
        }
        assert.deepStrictEqual(yield* Effect.promise(() => github.issue(1)), { state: "open", labels: [] })
        assert.deepStrictEqual(yield* Effect.promise(() => ours(github, 1)), [])

        assert.deepInclude(yield* Effect.promise(() => harness.ask("/healthcheck")), { status: 200, text: "ok\n" })
        const environments = harness.childEnvironments
        assert.isTrue(environments.some((environment) => environment.includes("FARMOPS_AGENT_MIND=keyword")))
        assertNoSecret("the agent's environment", environments.join())
        assertNoSecret("metrics", (yield* Effect.promise(() => harness.ask("/metrics"))).text)
        assertNoSecret("files", contentsOf(folder))
        const { code, said } = yield* Effect.promise(() => harness.stop())
        assert.strictEqual(code, 0, said)
        assertNoSecret("the log", said + refused.said)
        assertNoSecret("files after the end", contentsOf(folder))
        assertNoSecret("traces", traces.bodies.join("\n"))
        assert.includeMembers(
          [...spansWith(traces.bodies, "triage")],
          ["TriageDispatch.ask", "TriageAgent.ask", "ActionLog.record", "ActionExecutor.execute", "GitHub.call"]
        )
        assert.include(spansWith(traces.bodies, "RepositoryPoller.pollOnce"), "GitHubReads.listIssues")
      }),
    testMs
  )

  it.live(
    "thinks and does nothing until a line of modes says so, and then leaves what it found at its start alone",
    () =>
      Effect.gen(function* () {
        const { configFile, folder, github } = yield* openPlace({})
        yield* Effect.promise(() => github.stranger.openIssue("An exception of long ago"))
        const harness = yield* startHarness({ configFile, env: secrets })
        yield* Effect.promise(() => ready(harness))
        yield* Effect.promise(nextSecond)
        const issue = yield* Effect.promise(() => github.stranger.openIssue("how to find the crash"))
        yield* Effect.promise(() => harness.says(/an issue was triaged/))
        assert.strictEqual((yield* Effect.promise(() => harness.stop())).code, 0)
        assert.deepStrictEqual(rememberedOf(folder, issue), ["add_label shadow allowed", "comment shadow allowed"])
        assert.deepStrictEqual(writesOf(github), [])
      }),
    testMs
  )

  it.live(
    "closes an issue where its owner allows it, days after a notice, and not where a person answered",
    () =>
      Effect.gen(function* () {
        const modes = "modes: { add_label: live, comment: live, close: live }"
        const config = ["allow_close: true", "close_delay_days: 1"]
        const { configFile, folder, github } = yield* openPlace({ modes, config, staleDays: 1 })
        const start = (daysAhead: number) => startHarness({ configFile, env: secrets, daysAhead })
        const commented = (issue: number, count: number) =>
          eventually(
            `${count} comments on ${issue}`,
            async () => ((await ours(github, issue)).length === count ? true : null),
            patienceSeconds
          )
        const today = yield* start(0)
        yield* Effect.promise(async () => {
          await ready(today)
          await nextSecond()
          for (const number of [1, 2]) await github.stranger.openIssue(`A crash of the kind ${number}`)
          for (const number of [1, 2]) await commented(number, 1)
          await today.says(/(?:an issue was triaged[\s\S]*){2}/)
        })
        assert.strictEqual((yield* Effect.promise(() => today.stop())).code, 0)

        const later = yield* start(2)
        yield* Effect.promise(async () => {
          for (const number of [1, 2]) await commented(number, 2)
          await later.says(/(?:an issue was triaged[\s\S]*){2}/)
          await later.stop()
        })
        const notice = yield* Effect.promise(() => ours(github, 1))
        assert.match(notice[1] ?? "", /will be closed in a day/)
        assert.strictEqual((yield* Effect.promise(() => github.issue(1))).state, "open")
        yield* Effect.promise(() => github.stranger.comment(2, "It still happens to me."))

        const atLast = yield* start(4)
        yield* Effect.promise(async () => {
          const closed = async () => ((await github.issue(1)).state === "closed" ? true : null)
          await eventually("the closing", closed, patienceSeconds)
          const vetoed = async () =>
            rememberedOf(folder, 2).includes("close denied close_vetoed_by_reply") ? true : null
          await eventually("the veto", vetoed, patienceSeconds)
        })
        assert.strictEqual((yield* Effect.promise(() => atLast.stop())).code, 0)
        assert.deepStrictEqual(yield* Effect.promise(() => github.issue(2)), { state: "open", labels: ["bug"] })
        assert.strictEqual((yield* Effect.promise(() => ours(github, 1))).length, 2)
        const closings = writesOf(github).filter(({ method }) => method === "PATCH")
        assert.deepStrictEqual(
          closings.map(({ path, requestBody }) => [path, requestBody]),
          [[`/repos/${repository}/issues/1`, { state: "closed", state_reason: "not_planned" }]]
        )
      }),
    testMs
  )

  it.live(
    "says in a line what is wrong with its token, and is not ready",
    () =>
      Effect.gen(function* () {
        const { configFile } = yield* openPlace({ modes: live })
        const wrong = "ghp_anotherPlantedToken0123456789abcdefgh" // not-a-secret: made up
        const harness = yield* startHarness({ configFile, env: { ...secrets, GITHUB_TOKEN: wrong } })
        yield* Effect.promise(() => harness.says(/GitHub does not take the token/))
        const answer = yield* Effect.promise(() => harness.ask("/healthcheck/ready"))
        assert.deepInclude(answer, { status: 503, text: "waiting for GitHub\n" })
        const { code, said } = yield* Effect.promise(() => harness.stop())
        assert.strictEqual(code, 0)
        assert.notInclude(said, wrong)
      }),
    testMs
  )

  it.live(
    "does nothing with a token of another account than the file names, and says whose it is",
    () =>
      Effect.gen(function* () {
        const { configFile, github } = yield* openPlace({ modes: live })
        const harness = yield* startHarness({ configFile, env: { ...secrets, GITHUB_TOKEN: "stranger-token" } })
        yield* Effect.promise(() => harness.says(/the token is another account's/))
        yield* Effect.promise(() => harness.says(/"token_of":"stranger"/))
        yield* Effect.promise(nextSecond)
        yield* Effect.promise(() => github.stranger.openIssue("A crash"))
        // Several polls: were it done, it would be done by then.
        const before = github.proxy.exchanges.length
        yield* Effect.promise(() =>
          eventually("more polls", async () => (github.proxy.exchanges.length > before + 4 ? true : null))
        )
        assert.deepStrictEqual(writesOf(github), [])
        const answer = yield* Effect.promise(() => harness.ask("/healthcheck/ready"))
        assert.strictEqual(answer.status, 503)
        assert.include(answer.text, "the bot's account")
        assert.strictEqual((yield* Effect.promise(() => harness.stop())).code, 0)
      }),
    testMs
  )
})
