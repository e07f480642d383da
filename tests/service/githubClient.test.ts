/** The harness's line to GitHub against a stateful emulator behind a proxy that breaks what a test asks it to break. */
import { assert, describe, it } from "@effect/vitest"
import { GitHubReads } from "@farmops/triage/GitHubReads"
import { GitHubConnection, type GitHubSettings } from "@farmops/triage/github/GitHubConnection"
import { GitHubWrites } from "@farmops/triage/github/GitHubWrites"
import { layerGitHubReads } from "@farmops/triage/github/readGitHub"
import { WriteQueue } from "@farmops/triage/github/WriteQueue"
import { layerGitHubWrites } from "@farmops/triage/github/writeGitHub"
import { Effect, Layer, Redacted, type Scope } from "effect"
import { installHint, isInstalled } from "../parts/github/emulator.ts"
import { botLogin, botToken, type GitHubPart, githubPart, repository } from "../parts/github/GitHubPart.ts"

if (!isInstalled) console.warn(`skipped: the emulator of GitHub, which \`${installHint}\` installs`)

const lineTo = (url: string, change: Partial<GitHubSettings> = {}) =>
  Layer.mergeAll(layerGitHubReads, layerGitHubWrites).pipe(
    Layer.provideMerge(
      GitHubConnection.layer({
        token: Redacted.make(botToken),
        repositories: [repository],
        baseUrl: url,
        timeoutMs: 5000,
        ...change
      })
    ),
    Layer.provideMerge(WriteQueue.layer({ pauseMs: 0, waitingMax: 10 }))
  )

type Line = GitHubConnection | GitHubReads | GitHubWrites | WriteQueue

const onGitHub = <A, E>(
  test: (github: GitHubPart) => Effect.Effect<A, E, Line | Scope.Scope>,
  change: Partial<GitHubSettings> = {}
) =>
  Effect.gen(function* () {
    const github = yield* githubPart()
    return yield* Effect.provide(test(github), lineTo(github.url, change))
  })

const write = <A, E, R>(step: Effect.Effect<A, E, R>) => Effect.flatMap(WriteQueue, (queue) => queue.inTurn(step))

const commentsPath = /\/comments/
const issuesPath = /\/issues\?/

describe.skipIf(!isInstalled)("the line to GitHub", () => {
  it.live("knows whose token it has, and what it may do", () =>
    onGitHub(() =>
      Effect.gen(function* () {
        const reads = yield* GitHubReads
        assert.deepStrictEqual(yield* reads.viewer, { login: botLogin, type: "User", scopes: ["repo", "read:org"] })
        assert.deepInclude(yield* reads.repository(repository), { fullName: repository, hasIssues: true })
        assert.deepStrictEqual((yield* reads.listLabels(repository)).toSorted(), ["bug", "question"])
        assert.isTrue(yield* reads.hasLabel(repository, "bug"))
        assert.isFalse(yield* reads.hasLabel(repository, "wontfix"))
        assert.strictEqual(yield* reads.permission(repository, "stranger"), "none")
        assert.strictEqual((yield* reads.budget)?.limit, 5000)
      })
    )
  )

  it.live("learns with the ETag of a page that nothing has changed, and what has", () =>
    onGitHub((github) =>
      Effect.gen(function* () {
        const reads = yield* GitHubReads
        yield* Effect.promise(() => github.stranger.openIssue("It crashes", "boom"))
        const first = yield* reads.listIssues({ repo: repository })
        if (first._tag !== "Page") return assert.fail("the first look has no ETag")
        assert.deepStrictEqual(
          first.issues.map(({ number, title, user }) => ({ number, title, login: user?.login })),
          [{ number: 1, title: "It crashes", login: "stranger" }]
        )
        const etag = first.etag ?? ""
        const again = yield* reads.listIssues({ repo: repository, etag })
        assert.deepStrictEqual(again, { _tag: "NotModified", pollIntervalSeconds: 60 })
        yield* Effect.promise(() => github.stranger.comment(1, "also on Monday"))
        const changed = yield* reads.listIssues({ repo: repository, etag })
        assert.strictEqual(changed._tag, "Page")
      })
    )
  )

  it.live("reads a list page by page, and the newest comments from its end", () =>
    onGitHub((github) =>
      Effect.gen(function* () {
        const reads = yield* GitHubReads
        yield* Effect.promise(() => github.stranger.openIssue("It crashes"))
        yield* Effect.forEach(
          Array.from({ length: 203 }, (_, index) => index),
          (index) => Effect.promise(() => github.stranger.comment(1, `comment ${index}`)),
          { concurrency: 1 }
        )
        assert.lengthOf(yield* reads.listComments(repository, 1), 203)
        const before = github.proxy.exchanges.length
        const newest = yield* reads.listComments(repository, 1, { newest: 100, count: 203 })
        assert.strictEqual(newest[0]?.body, "comment 103")
        assert.strictEqual(newest.at(-1)?.body, "comment 202")
        assert.strictEqual(github.proxy.exchanges.length - before, 2)
      })
    )
  )

  it.live("asks again after a dead line and a bad gateway, and gives up after three tries", () =>
    onGitHub((github) =>
      Effect.gen(function* () {
        const reads = yield* GitHubReads
        github.proxy.inject({ kind: "reset_before" }, "GET", /\/user/)
        github.proxy.inject({ kind: "bad_gateway_before" }, "GET", /\/user/)
        assert.strictEqual((yield* reads.viewer).login, botLogin)
        github.proxy.inject({ kind: "bad_gateway_before" }, "GET", /\/user/, 10)
        const before = github.proxy.exchanges.length
        const error = yield* Effect.flip(reads.viewer)
        assert.deepInclude({ ...error }, { _tag: "GitHubUnreachable", reason: "server_error" })
        assert.strictEqual(github.proxy.exchanges.length - before, 3)
      })
    )
  )

  it.live("keeps the pause that GitHub asks for, and sends nothing meanwhile", () =>
    onGitHub((github) =>
      Effect.gen(function* () {
        const reads = yield* GitHubReads
        github.proxy.inject({ kind: "retry_after", status: 429, seconds: 1 }, "GET", /\/user/)
        assert.strictEqual((yield* reads.viewer).login, botLogin)
        github.proxy.inject({ kind: "primary_limit", resetInSeconds: 600 }, "GET", issuesPath)
        const limited = yield* Effect.flip(reads.listIssues({ repo: repository }))
        if (limited._tag !== "GitHubRateLimited") return assert.fail(limited._tag)
        assert.strictEqual(limited.kind, "primary")
        assert.isAbove(limited.retryAfterMs, 590_000)
        const before = github.proxy.exchanges.length
        assert.strictEqual((yield* Effect.flip(reads.viewer))._tag, "GitHubRateLimited")
        assert.strictEqual(github.proxy.exchanges.length, before)
      })
    )
  )

  it.live("takes a secondary limit without a time for a minute at least", () =>
    onGitHub((github) =>
      Effect.gen(function* () {
        const reads = yield* GitHubReads
        github.proxy.inject({ kind: "secondary_limit" }, "GET", /\/user/)
        const limited = yield* Effect.flip(reads.viewer)
        assert.deepInclude({ ...limited }, { _tag: "GitHubRateLimited", kind: "secondary", retryAfterMs: 60_000 })
      })
    )
  )

  it.live("says that a token is not taken, without a word of it", () =>
    onGitHub(
      () =>
        Effect.gen(function* () {
          const error = yield* Effect.flip((yield* GitHubReads).viewer)
          assert.strictEqual(error._tag, "GitHubTokenRefused")
          assert.notInclude(`${error.message} ${JSON.stringify(error)} ${String(error.stack)}`, "ghp_wrong")
        }),
      { token: Redacted.make("ghp_wrong") }
    )
  )

  it.live("asks nothing of a repository that is not configured, and sends nothing that is not on the list", () =>
    onGitHub((github) =>
      Effect.gen(function* () {
        const reads = yield* GitHubReads
        const connection = yield* GitHubConnection
        assert.strictEqual((yield* Effect.flip(reads.listLabels("octo/barn")))._tag, "CallNotAllowed")
        const at = { owner: "octo", repo: "farm" }
        // Calls that no code of ours makes: what a fault or a bent parameter could bring about.
        const others: ReadonlyArray<[string, Record<string, unknown>]> = [
          ["DELETE /repos/{owner}/{repo}", at],
          ["POST /repos/{owner}/{repo}/labels", { ...at, name: "spam", color: "d73a4a" }],
          ["PATCH /repos/{owner}/{repo}/issues/{issue_number}", { ...at, issue_number: 1, title: "mine now" }],
          ["GET /repos/{owner}/{repo}/issues", { owner: "octo", repo: "farm/../barn" }]
        ]
        for (const [route, parameters] of others) {
          // The list of routes is also a type; here it is the check at the wire that is tried.
          const error = yield* Effect.flip(connection.call(route as "GET /user", parameters))
          assert.strictEqual(error._tag, "CallNotAllowed", route)
        }
        assert.lengthOf(github.proxy.exchanges, 0)
      })
    )
  )

  it.live("follows no redirect, so that neither a token nor a write goes elsewhere", () =>
    onGitHub((github) =>
      Effect.gen(function* () {
        const reads = yield* GitHubReads
        github.proxy.inject({ kind: "moved" }, "GET", issuesPath)
        const error = yield* Effect.flip(reads.listIssues({ repo: repository }))
        assert.deepInclude({ ...error }, { _tag: "GitHubRefused", status: 301 })
      })
    )
  )

  it.live("takes no answer of another shape, nor a larger one than it asked for", () =>
    onGitHub((github) =>
      Effect.gen(function* () {
        const reads = yield* GitHubReads
        github.proxy.inject({ kind: "answer", status: 200, body: [{ number: "one" }] }, "GET", issuesPath)
        const odd = yield* Effect.flip(reads.listIssues({ repo: repository }))
        assert.deepInclude({ ...odd }, { _tag: "GitHubUnreachable", reason: "unreadable" })
        github.proxy.inject({ kind: "answer", status: 200, body: ["x".repeat(9_000_000)] }, "GET", issuesPath, 3)
        const large = yield* Effect.flip(reads.listIssues({ repo: repository }))
        assert.deepInclude({ ...large }, { _tag: "GitHubUnreachable", reason: "unreadable" })
      })
    )
  )

  for (const kind of [
    "bad_gateway_before",
    "bad_gateway_after",
    "reset_before",
    "reset_after",
    "cut_after",
    "silent_after"
  ] as const)
    it.live(`sends a comment once, and does not know whether it is there, after ${kind}`, () =>
      onGitHub(
        (github) =>
          Effect.gen(function* () {
            const writes = yield* GitHubWrites
            yield* Effect.promise(() => github.stranger.openIssue("It crashes"))
            let sent = 0
            github.proxy.onMoment = (moment, method) => {
              if (moment === "before" && method === "POST") sent++
            }
            github.proxy.inject({ kind }, "POST", commentsPath)
            const error = yield* Effect.flip(write(writes.createComment(repository, 1, "Thank you.")))
            assert.strictEqual(error._tag, "OutcomeUnknown")
            assert.strictEqual(sent, 1)
            const there = yield* Effect.promise(() => github.comments(1))
            assert.lengthOf(there, kind.endsWith("_after") ? 1 : 0)
          }),
        { timeoutMs: 500 }
      )
    )

  it.live("says that a limited or refused write has not happened", () =>
    onGitHub((github) =>
      Effect.gen(function* () {
        const writes = yield* GitHubWrites
        yield* Effect.promise(() => github.stranger.openIssue("It crashes"))
        const long = yield* Effect.flip(write(writes.createComment(repository, 1, "x".repeat(65_537))))
        assert.deepInclude({ ...long }, { _tag: "GitHubRefused", status: 422 })
        github.proxy.inject({ kind: "retry_after", status: 403, seconds: 30 }, "POST", commentsPath)
        const limited = yield* Effect.flip(write(writes.createComment(repository, 1, "Thank you.")))
        assert.deepInclude({ ...limited }, { _tag: "GitHubRateLimited", retryAfterMs: 30_000 })
        assert.lengthOf(yield* Effect.promise(() => github.comments(1)), 0)
      })
    )
  )
})
