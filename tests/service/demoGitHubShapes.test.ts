/** Every answer of the demonstration's stand-in against GitHub's own OpenAPI description. */
import { assert, describe, it } from "@effect/vitest"
import { type DemoGitHub, startDemoGitHub } from "@farmops/harness/layer"
import { readRoutes, writeRoutes } from "@farmops/triage/github/allowedCalls"
import { Effect, Redacted } from "effect"
import { installHint, isInstalled, makeExchangeCheck } from "../parts/github-openapi/checkExchange.ts"

if (!isInstalled) console.warn(`skipped: GitHub's OpenAPI description, which \`${installHint}\` installs`)

const seed = { owner: "octo", name: "orchard", bot: "farm-bot", labels: ["bug", "question"] }
const at = "/repos/octo/orchard"

interface Asked {
  readonly method: string
  readonly path: string
  readonly status: number
  readonly faults: ReadonlyArray<string>
  readonly answer: unknown
  readonly headers: Headers
}

const ask = async (
  { token, url }: DemoGitHub,
  method: string,
  path: string,
  requestBody: unknown = null,
  etag = ""
) => {
  const headers = { authorization: `token ${Redacted.value(token)}`, "if-none-match": etag }
  const response = await fetch(url + path, {
    method,
    headers,
    ...(requestBody === null ? {} : { body: JSON.stringify(requestBody) })
  })
  const text = await response.text()
  const answer: unknown = text === "" ? null : JSON.parse(text)
  const exchange = { method, path, requestHeaders: {}, requestBody, status: response.status, answerHeaders: {}, answer }
  const faults = check({ ...exchange, fault: null })
  const asked: Asked = { method, path, status: response.status, faults, answer, headers: response.headers }
  return asked
}

const check = isInstalled ? makeExchangeCheck() : () => []

/** Each call once, those that change something before those that show it. */
const callsOf = (comment: number): ReadonlyArray<readonly [string, string, number, unknown?]> => [
  ["POST", `${at}/issues/1/labels`, 200, { labels: ["bug", "question"] }],
  ["POST", `${at}/issues/1/labels`, 422, { labels: ["invented"] }],
  ["DELETE", `${at}/issues/1/labels/question`, 200],
  ["DELETE", `${at}/issues/1/labels/question`, 404],
  ["PATCH", `${at}/issues/1`, 200, { state: "closed", state_reason: "not_planned" }],
  ["PATCH", `${at}/issues/1`, 200, { state: "open", state_reason: "reopened" }],
  ["GET", "/user", 200],
  ["GET", at, 200],
  ["GET", `${at}/issues?state=all&sort=updated&direction=desc&per_page=100&page=1&since=2020-01-01T00:00:00Z`, 200],
  ["GET", `${at}/issues/1`, 200],
  ["GET", `${at}/issues/9`, 404],
  ["GET", `${at}/issues/1/comments?since=2020-01-01T00:00:00Z&per_page=100&page=1`, 200],
  ["GET", `${at}/issues/1/events?per_page=100&page=1`, 200],
  ["GET", `${at}/issues/comments/${comment}/reactions?per_page=100&page=1`, 200],
  ["GET", `${at}/labels?per_page=100&page=1`, 200],
  ["GET", `${at}/labels/bug`, 200],
  ["GET", `${at}/labels/invented`, 404],
  ["GET", `${at}/collaborators/ada/permission`, 200],
  ["DELETE", `${at}/issues/comments/${comment}`, 204],
  ["DELETE", `${at}/issues/comments/${comment}`, 404]
]

const started = Effect.tap(startDemoGitHub(seed), ({ repository }) =>
  Effect.sync(() => {
    repository.open({ title: "It crashes", body: "boom", author: "ada" })
    repository.open({ title: "How do I graft?", body: "", author: "ben" })
  })
)

describe.skipIf(!isInstalled)("the demonstration's stand-in", () => {
  it.live("answers each call of the client, and as GitHub describes it", () =>
    Effect.gen(function* () {
      const github = yield* started
      const created = yield* Effect.promise(() =>
        ask(github, "POST", `${at}/issues/1/comments`, { body: "Thank you." })
      )
      const comment = github.repository.find(1)?.comments[0]?.id ?? 0
      const asked = [created]
      for (const [method, path, status, body] of callsOf(comment)) {
        const one = yield* Effect.promise(() => ask(github, method, path, body ?? null))
        assert.strictEqual(one.status, status, `${method} ${path}`)
        asked.push(one)
      }
      assert.deepStrictEqual(
        asked.flatMap(({ faults }) => faults),
        []
      )
      const routes = [...readRoutes, ...writeRoutes].map((route) => {
        const pattern = route.replaceAll(".", "\\.").replace(/\{[^}]+\}/g, "[^/?]+")
        return { route, pattern: new RegExp(`^${pattern}(\\?|$)`) }
      })
      // A call that this test does not make is checked against nothing.
      const unasked = routes.filter(
        ({ pattern }) => !asked.some(({ method, path }) => pattern.test(`${method} ${path}`))
      )
      assert.deepStrictEqual(unasked, [])
    })
  )
})

describe("the demonstration's stand-in by itself", () => {
  it.live("gives a list in pages, and a 304 to who knows the page", () =>
    Effect.gen(function* () {
      const github = yield* started
      const path = `${at}/issues?per_page=1`
      const first = yield* Effect.promise(() => ask(github, "GET", path))
      assert.deepInclude((first.answer as ReadonlyArray<unknown>)[0], { number: 2 })
      assert.match(first.headers.get("link") ?? "", /&page=2>; rel="next"$/)
      const etag = first.headers.get("etag") ?? ""
      assert.strictEqual((yield* Effect.promise(() => ask(github, "GET", path, null, etag))).status, 304)
      const second = yield* Effect.promise(() => ask(github, "GET", `${path}&page=2`))
      assert.deepInclude((second.answer as ReadonlyArray<unknown>)[0], { number: 1 })
      assert.isNull(second.headers.get("link"))
    })
  )

  it.live("refuses another token, another repository, another call, a body without end and one that is no JSON", () =>
    Effect.gen(function* () {
      const github = yield* started
      const send = (path: string, init: RequestInit = {}, token = Redacted.value(github.token)) =>
        Effect.promise(async () => {
          const headers = { authorization: `token ${token}` }
          return (await fetch(github.url + path, { ...init, headers })).status
        })
      assert.strictEqual(yield* send("/user", {}, "another"), 401)
      assert.strictEqual(yield* send("/repos/octo/other/issues"), 404)
      assert.strictEqual(yield* send(at, { method: "DELETE" }), 404)
      const comments = `${at}/issues/1/comments`
      assert.strictEqual(yield* send(comments, { method: "POST", body: "{" }), 400)
      assert.strictEqual(yield* send(comments, { method: "POST", body: "x".repeat(600_000) }), 413)
      assert.deepStrictEqual(github.repository.find(1)?.comments, [])
    })
  )
})
