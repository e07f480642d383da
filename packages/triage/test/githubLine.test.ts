/** The reads and writes over a real connection, with answers as GitHub gives them. What a whole GitHub does is in tests/service. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, type Scope } from "effect"
import { GitHubReads } from "../src/GitHubReads.ts"
import { GitHubConnection } from "../src/github/GitHubConnection.ts"
import { GitHubWrites } from "../src/github/GitHubWrites.ts"
import { layerGitHubReads } from "../src/github/readGitHub.ts"
import { WriteQueue } from "../src/github/WriteQueue.ts"
import { layerGitHubWrites } from "../src/github/writeGitHub.ts"
import { issueOf } from "./issues.ts"
import { type Asked, type ScriptedAnswer, scriptedServer } from "./scriptedServer.ts"

const repo = "octo/farm"

const line = (url: string) =>
  Layer.mergeAll(layerGitHubReads, layerGitHubWrites).pipe(
    Layer.provideMerge(
      GitHubConnection.layer({ token: Redacted.make("a-token"), repositories: [repo], baseUrl: url, timeoutMs: 5000 })
    ),
    Layer.provideMerge(WriteQueue.layer({ pauseMs: 0, waitingMax: 5 }))
  )

type Line = GitHubConnection | GitHubReads | GitHubWrites | WriteQueue

const withAnswers = <A, E>(
  script: ReadonlyArray<ScriptedAnswer>,
  test: (asked: ReadonlyArray<Asked>) => Effect.Effect<A, E, Line | Scope.Scope>
) =>
  Effect.gen(function* () {
    const server = yield* scriptedServer(script)
    return yield* Effect.provide(test(server.asked), line(server.url))
  })

const write = <A, E, R>(step: Effect.Effect<A, E, R>) => Effect.flatMap(WriteQueue, (queue) => queue.inTurn(step))

const ok = (body: unknown, headers: Readonly<Record<string, string>> = {}): ScriptedAnswer => ({
  status: 200,
  body,
  headers
})
const person = { login: "octo", type: "User" }
const comment = {
  ...{ id: 5, body: "hello", user: person, author_association: "NONE" },
  created_at: "2026-01-31T09:00:00Z",
  updated_at: "2026-01-31T09:00:00Z"
}

describe("GitHubReads", () => {
  it.live("shows its token and the version of the API with every request", () =>
    withAnswers(
      [
        ok(person, {
          "x-oauth-scopes": "repo, read:org",
          "x-ratelimit-limit": "5000",
          "x-ratelimit-remaining": "4999",
          "x-ratelimit-reset": "1769860000"
        })
      ],
      (asked) =>
        Effect.gen(function* () {
          const reads = yield* GitHubReads
          assert.deepStrictEqual(yield* reads.viewer, { ...person, scopes: ["repo", "read:org"] })
          assert.strictEqual(asked[0]?.headers.authorization, "token a-token")
          assert.strictEqual(asked[0]?.headers["x-github-api-version"], "2022-11-28")
          const resetAt = "2026-01-31T11:46:40.000Z"
          assert.deepStrictEqual(yield* reads.budget, { limit: 5000, remaining: 4999, resetAt })
        })
    )
  )

  it.live("says of a fine-grained token that it names no scopes, and of a repository what the account may do", () =>
    withAnswers(
      [
        ok(person),
        ok({ full_name: repo, archived: false, has_issues: true, permissions: { push: false, triage: true } }),
        ok({ full_name: repo, archived: true, has_issues: false })
      ],
      () =>
        Effect.gen(function* () {
          const reads = yield* GitHubReads
          assert.isNull((yield* reads.viewer).scopes)
          assert.deepStrictEqual(yield* reads.repository(repo), {
            fullName: repo,
            archived: false,
            hasIssues: true,
            mayPush: false,
            mayTriage: true
          })
          assert.deepInclude(yield* reads.repository(repo), { archived: true, mayPush: false, mayTriage: false })
        })
    )
  )

  it.live(
    "asks for what changed, newest first, with the ETag that it is given, and reads what GitHub may leave out",
    () => {
      const { assignees, body, ...sparse } = issueOf({ number: 3 })
      const page = [issueOf(), { ...sparse, labels: ["bug", { name: "question" }] }]
      return withAnswers(
        [
          ok(page, { etag: 'W/"abc"', link: '<https://x/?page=2>; rel="next"', "x-poll-interval": "90" }),
          { status: 304, headers: { etag: '"abc"', "x-poll-interval": "90" } }
        ],
        (asked) =>
          Effect.gen(function* () {
            const reads = yield* GitHubReads
            const first = yield* reads.listIssues({ repo, since: "2026-01-31T09:00:00Z" })
            assert.deepStrictEqual(first, {
              _tag: "Page",
              issues: [
                issueOf(),
                { ...sparse, assignees: [], body: null, labels: [{ name: "bug" }, { name: "question" }] }
              ],
              etag: 'W/"abc"',
              hasNext: true,
              pollIntervalSeconds: 90
            })
            const query = new URLSearchParams(asked[0]?.path.split("?")[1])
            assert.deepStrictEqual(Object.fromEntries(query), {
              state: "all",
              sort: "updated",
              direction: "desc",
              per_page: "100",
              page: "1",
              since: "2026-01-31T09:00:00Z"
            })
            const again = yield* reads.listIssues({ repo, etag: 'W/"abc"' })
            assert.deepStrictEqual(again, { _tag: "NotModified", pollIntervalSeconds: 90 })
            assert.strictEqual(asked[1]?.headers["if-none-match"], 'W/"abc"')
          })
      )
    }
  )

  it.live("reads a list to its end, and fails rather than give a part of a longer one", () => {
    const next = { link: '<https://x/?page=2>; rel="next"' }
    const endless = Array.from({ length: 10 }, () => ok([{ name: "bug" }], next))
    return withAnswers([ok([{ name: "bug" }], next), ok([{ name: "question" }]), ...endless], (asked) =>
      Effect.gen(function* () {
        const reads = yield* GitHubReads
        assert.deepStrictEqual(yield* reads.listLabels(repo), ["bug", "question"])
        assert.match(asked[1]?.path ?? "", /page=2/)
        assert.deepInclude(
          { ...(yield* Effect.flip(reads.listLabels(repo))) },
          { _tag: "GitHubUnreachable", reason: "unreadable" }
        )
      })
    )
  })

  it.live("reads events, reactions, comments and permissions", () =>
    withAnswers(
      [
        ok([
          { id: 1, event: "labeled", actor: person, created_at: "2026-01-31T09:00:00Z", label: { name: "bug" } },
          { id: 2, event: "closed", actor: null, created_at: "2026-01-31T09:00:00Z" }
        ]),
        ok([
          { content: "-1", user: person },
          { content: "+1", user: null }
        ]),
        ok([comment, { ...comment, body: undefined }]),
        ok({ permission: "write", role_name: "maintain" }),
        ok({ permission: "read" }),
        { status: 404, body: { message: "Not Found" } },
        { status: 404, body: { message: "Not Found" } },
        ok({ name: "bug" })
      ],
      () =>
        Effect.gen(function* () {
          const reads = yield* GitHubReads
          assert.deepStrictEqual(
            (yield* reads.listEvents(repo, 7)).map(({ actor, event, label }) => [event, actor?.login ?? null, label]),
            [
              ["labeled", "octo", "bug"],
              ["closed", null, null]
            ]
          )
          assert.deepStrictEqual(yield* reads.listReactions(repo, 5), [
            { content: "-1", login: "octo" },
            { content: "+1", login: null }
          ])
          assert.deepStrictEqual(
            (yield* reads.listComments(repo, 7)).map(({ body }) => body),
            ["hello", ""]
          )
          assert.strictEqual(yield* reads.permission(repo, "octo"), "maintain")
          assert.strictEqual(yield* reads.permission(repo, "cat"), "read")
          assert.strictEqual(yield* reads.permission(repo, "nobody"), "none")
          assert.isFalse(yield* reads.hasLabel(repo, "wontfix"))
          assert.isTrue(yield* reads.hasLabel(repo, "bug"))
        })
    )
  )

  it.live("asks again after a dead line, and not after a refusal", () =>
    withAnswers([{}, ok(issueOf()), { status: 410, body: { message: "This issue was deleted" } }], (asked) =>
      Effect.gen(function* () {
        const reads = yield* GitHubReads
        assert.deepStrictEqual(yield* reads.getIssue(repo, 7), issueOf())
        const gone = yield* Effect.flip(reads.getIssue(repo, 7))
        assert.deepInclude({ ...gone }, { _tag: "GitHubRefused", status: 410, detail: "This issue was deleted" })
        assert.include(gone.message, "410")
        assert.lengthOf(asked, 3)
      })
    )
  )
})

describe("GitHubWrites", () => {
  it.live("sends each change in GitHub's own form, once", () =>
    withAnswers(
      [
        { status: 201, body: comment },
        { status: 204 },
        ok([{ name: "bug" }]),
        ok([]),
        ok(issueOf({ state: "closed" })),
        ok(issueOf())
      ],
      (asked) =>
        Effect.gen(function* () {
          const writes = yield* GitHubWrites
          assert.strictEqual((yield* write(writes.createComment(repo, 7, "hello"))).id, 5)
          yield* write(writes.deleteComment(repo, 5))
          assert.deepStrictEqual(yield* write(writes.addLabel(repo, 7, "bug")), ["bug"])
          assert.deepStrictEqual(yield* write(writes.removeLabel(repo, 7, "good first issue/now")), [])
          assert.strictEqual((yield* write(writes.close(repo, 7, "not_planned"))).state, "closed")
          assert.strictEqual((yield* write(writes.reopen(repo, 7))).state, "open")
          assert.deepStrictEqual(
            asked.map(({ body, method, path }) => [method, path, body]),
            [
              ["POST", "/repos/octo/farm/issues/7/comments", { body: "hello" }],
              ["DELETE", "/repos/octo/farm/issues/comments/5", null],
              ["POST", "/repos/octo/farm/issues/7/labels", { labels: ["bug"] }],
              ["DELETE", "/repos/octo/farm/issues/7/labels/good%20first%20issue%2Fnow", null],
              ["PATCH", "/repos/octo/farm/issues/7", { state: "closed", state_reason: "not_planned" }],
              ["PATCH", "/repos/octo/farm/issues/7", { state: "open", state_reason: "reopened" }]
            ]
          )
        })
    )
  )

  it.live("repeats nothing, whatever GitHub answers or does not answer", () => {
    const script: ReadonlyArray<[ScriptedAnswer, string]> = [
      [{}, "OutcomeUnknown"],
      [{ status: 502, body: { message: "Server Error" } }, "OutcomeUnknown"],
      [{ status: 201, body: { id: "no number" } }, "OutcomeUnknown"],
      [{ status: 201 }, "OutcomeUnknown"],
      [{ status: 404, body: { message: "Not Found" } }, "GitHubRefused"],
      [{ status: 307, headers: { location: "http://127.0.0.1:9/" } }, "GitHubRefused"],
      [{ status: 401, body: { message: "Bad credentials" } }, "GitHubTokenRefused"],
      [{ status: 403, headers: { "retry-after": "60" }, body: { message: "slow down" } }, "GitHubRateLimited"]
    ]
    return withAnswers(
      script.map(([answer]) => answer),
      (asked) =>
        Effect.gen(function* () {
          const writes = yield* GitHubWrites
          for (const [index, [, tag]] of script.entries()) {
            const fault = yield* Effect.flip(write(writes.createComment(repo, 7, "hello")))
            assert.strictEqual(fault._tag, tag)
            assert.isAbove(fault.message.length, 10)
            assert.lengthOf(asked, index + 1)
          }
          // GitHub asked for a minute: nothing is sent before.
          const early = yield* Effect.flip(write(writes.addLabel(repo, 7, "bug")))
          assert.strictEqual(early._tag, "GitHubRateLimited")
          assert.lengthOf(asked, script.length)
        })
    )
  })
})
