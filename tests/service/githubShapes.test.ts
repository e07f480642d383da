/** Every request of the harness and every answer of the emulator against GitHub's own OpenAPI description. */
import { assert, describe, it } from "@effect/vitest"
import { ActionExecutor } from "@farmops/triage/ActionExecutor"
import { GitHubReads } from "@farmops/triage/GitHubReads"
import { readRoutes, writeRoutes } from "@farmops/triage/github/allowedCalls"
import type { Action } from "@farmops/triage/protocol/Decision"
import { Effect } from "effect"
import { isInstalled as isEmulatorInstalled } from "../parts/github/emulator.ts"
import type { Exchange } from "../parts/github/faultProxy.ts"
import { githubPart, repository } from "../parts/github/GitHubPart.ts"
import { decide, harnessLayers } from "../parts/github/harnessLayers.ts"
import { installHint, isInstalled, makeExchangeCheck } from "../parts/github-openapi/checkExchange.ts"

if (!isInstalled) console.warn(`skipped: GitHub's OpenAPI description, which \`${installHint}\` installs`)

const task = "0b0b8a86-4f0a-4f4e-8a53-1d2a4c1c8a11"
const actions: ReadonlyArray<Action> = [
  { type: "add_label", label: "bug" },
  { type: "comment", body: "Thank you." },
  { type: "remove_label", label: "bug" },
  { type: "close", reason: "not_planned" }
]

/** All that the harness ever asks and does. */
const everyCall = Effect.gen(function* () {
  const reads = yield* GitHubReads
  const executor = yield* ActionExecutor
  yield* reads.viewer
  yield* reads.repository(repository)
  const page = yield* reads.listIssues({ repo: repository, since: "2020-01-01T00:00:00Z" })
  yield* reads.listIssues({ repo: repository, etag: (page._tag === "Page" ? page.etag : null) ?? "" })
  yield* reads.listIssues({
    repo: repository,
    state: "closed",
    sort: "created",
    direction: "asc",
    perPage: 30,
    page: 2
  })
  yield* reads.listLabels(repository)
  yield* reads.hasLabel(repository, "nobody-has-it")
  yield* reads.permission(repository, "stranger")
  yield* reads.permission(repository, "octo")
  yield* reads.listEvents(repository, 1)
  yield* decide(task, 1, actions)
  yield* executor.execute(task)
  const comments = yield* reads.listComments(repository, 1, { since: "2020-01-01T00:00:00Z" })
  yield* reads.listReactions(repository, comments[0]?.id ?? 0)
  return yield* executor.undo("batch-1")
})

describe.skipIf(!isInstalled || !isEmulatorInstalled)("the shapes of GitHub's API", () => {
  it.live("has every request and every answer as GitHub describes them", () =>
    Effect.gen(function* () {
      // It fails by itself at its end where an exchange was not as described.
      const github = yield* githubPart
      yield* Effect.promise(() => github.stranger.openIssue("It crashes", "boom"))
      const undoing = yield* Effect.provide(everyCall, harnessLayers(github.url, ":memory:"))
      assert.deepStrictEqual(undoing, { undone: 4, left: [] })
      const asked = github.proxy.exchanges.map(({ method, path }) => `${method} ${path}`)
      const routes = [...readRoutes, ...writeRoutes].map((route) => {
        const pattern = route.replaceAll(".", "\\.").replace(/\{[^}]+\}/g, "[^/?]+")
        return { route, pattern: new RegExp(`^${pattern}(\\?|$)`) }
      })
      // A call that this test does not make is checked against nothing.
      assert.deepStrictEqual(
        routes.filter(({ pattern }) => !asked.some((one) => pattern.test(one))).map(({ route }) => route),
        []
      )
    })
  )

  it("finds a query, a body, an answer, a status and a call that GitHub does not know", () => {
    const check = makeExchangeCheck()
    const sound: Exchange = {
      method: "POST",
      path: `/repos/${repository}/issues/1/comments`,
      requestHeaders: {},
      requestBody: { body: "Thank you." },
      status: 404,
      answerHeaders: {},
      answer: { message: "Not Found" },
      fault: null
    }
    assert.deepStrictEqual(check(sound), [])
    const bent: ReadonlyArray<[Partial<Exchange>, RegExp]> = [
      [{ path: `${sound.path}?sorted=yes` }, /the query has no sorted/],
      [{ requestBody: { text: "Thank you." } }, /request.*body/],
      [{ status: 201, answer: { id: 1 } }, /answer: must have required property/],
      [{ status: 418 }, /no status 418/],
      [{ path: "/repos/octo/farm/wishes" }, /no such call/]
    ]
    for (const [change, words] of bent) assert.match(check({ ...sound, ...change }).join("\n"), words)
  })
})
