/** {@link GitHubReads} over the one connection. A read is repeated within bounds; what it answers is checked against our schemas. */
import { backOffMs } from "@farmops/core/http/backOff"
import { Effect, Layer, Random, type Schema } from "effect"
import { GitHubUnreachable, type ReadFault } from "../GitHubErrors.ts"
import { GitHubReads, type IssuesAnswer, type IssuesQuery } from "../GitHubReads.ts"
import type { ReadRoute } from "./allowedCalls.ts"
import type { Answer } from "./classifyAnswer.ts"
import { type CallFault, GitHubConnection } from "./GitHubConnection.ts"
import {
  readComments,
  readEvents,
  readIssue,
  readIssues,
  readLabel,
  readLabels,
  readPermission,
  readReactions,
  readRepository,
  readViewer
} from "./githubAnswers.ts"

/** How often one read is made. What is down for longer is the caller's to wait for. */
const triesMax = 3

const backOff = { firstMs: 1000, maxMs: 10_000 } as const

/** A limit that is over so soon is waited for here; a longer one is the caller's to plan with. */
const limitWaitMsMax = 5000

const perPageMax = 100

/** Pages of one list, a thousand entries. A longer list fails: a part of it must not pass for the whole. */
const pagesMax = 10

const pauseAfter = (fault: CallFault, tries: number): Effect.Effect<number | null> => {
  if (tries >= triesMax) return Effect.succeed(null)
  if (fault._tag === "NoClearAnswer") return Effect.map(Random.next, (random) => backOffMs(backOff, tries, random))
  const isShort = fault._tag === "GitHubRateLimited" && fault.retryAfterMs <= limitWaitMsMax
  return Effect.succeed(isShort ? fault.retryAfterMs : null)
}

const asReadFault = (fault: CallFault): ReadFault =>
  fault._tag === "NoClearAnswer" ? new GitHubUnreachable({ route: fault.route, reason: fault.reason }) : fault

const isNotFound = (fault: ReadFault): boolean => fault._tag === "GitHubRefused" && fault.status === 404

const hasNext = ({ headers }: Answer): boolean => /;\s*rel="next"/.test(headers.link ?? "")

const pollIntervalOf = ({ headers }: Answer): number | null => {
  const text = headers["x-poll-interval"] ?? ""
  return /^\d{1,5}$/.test(text) ? Number(text) : null
}

const scopesOf = ({ headers }: Answer): ReadonlyArray<string> | null =>
  headers["x-oauth-scopes"]
    ?.split(",")
    .map((scope) => scope.trim())
    .filter((scope) => scope !== "") ?? null

/** `owner/repo` as the two slots of a path. */
const slotsOf = (name: string) => {
  const [owner = "", repo = ""] = name.split("/")
  return { owner, repo }
}

type Parameters = Readonly<Record<string, unknown>>
type Read<A> = (data: unknown) => Effect.Effect<A, Schema.SchemaError>

const make = Effect.gen(function* () {
  const connection = yield* GitHubConnection

  const ask = Effect.fnUntraced(function* (
    route: ReadRoute,
    parameters: Parameters
  ): Effect.fn.Return<Answer, ReadFault> {
    for (let tries = 1; ; tries++) {
      const result = yield* Effect.result(connection.call(route, parameters))
      if (result._tag === "Success") return result.success
      const pauseMs = yield* pauseAfter(result.failure, tries)
      if (pauseMs === null) return yield* Effect.fail(asReadFault(result.failure))
      yield* Effect.sleep(pauseMs)
    }
  })

  // What does not decode is not retried: the same question has the same answer.
  const understand = <A>(route: ReadRoute, read: Read<A>, { data }: Answer) =>
    Effect.mapError(read(data), () => new GitHubUnreachable({ route, reason: "unreadable" }))

  const get = Effect.fnUntraced(function* <A>(route: ReadRoute, read: Read<A>, parameters: Parameters) {
    return yield* understand(route, read, yield* ask(route, parameters))
  })

  const pages = Effect.fnUntraced(function* <A>(
    route: ReadRoute,
    read: Read<ReadonlyArray<A>>,
    parameters: Parameters,
    first = 1
  ) {
    const found: Array<A> = []
    for (let page = first; page < first + pagesMax; page++) {
      const answer = yield* ask(route, { ...parameters, per_page: perPageMax, page })
      found.push(...(yield* understand(route, read, answer)))
      if (!hasNext(answer)) return found
    }
    return yield* new GitHubUnreachable({ route, reason: "unreadable" })
  })

  const listIssues = Effect.fn("GitHubReads.listIssues")(function* (query: IssuesQuery) {
    const route = "GET /repos/{owner}/{repo}/issues"
    const answer = yield* ask(route, {
      ...slotsOf(query.repo),
      state: query.state ?? "all",
      sort: query.sort ?? "updated",
      direction: query.direction ?? "desc",
      per_page: query.perPage ?? perPageMax,
      page: query.page ?? 1,
      ...(query.since === undefined ? {} : { since: query.since }),
      ...(query.etag === undefined ? {} : { headers: { "if-none-match": query.etag } })
    })
    const pollIntervalSeconds = pollIntervalOf(answer)
    const unchanged: IssuesAnswer = { _tag: "NotModified", pollIntervalSeconds }
    if (answer.status === 304) return unchanged
    const page: IssuesAnswer = {
      _tag: "Page",
      issues: yield* understand(route, readIssues, answer),
      etag: answer.headers.etag ?? null,
      hasNext: hasNext(answer),
      pollIntervalSeconds
    }
    return page
  })

  const commentsRoute = "GET /repos/{owner}/{repo}/issues/{issue_number}/comments"
  const listComments: GitHubReads["Service"]["listComments"] = Effect.fn("GitHubReads.listComments")(function* (
    repo,
    issue,
    which = {}
  ) {
    const { count = 0, newest, since } = which
    // The list begins with the oldest: the newest are on the last two pages.
    const first = newest === undefined ? 1 : Math.max(Math.ceil(count / perPageMax) - 1, 1)
    const at = { ...slotsOf(repo), issue_number: issue, ...(since === undefined ? {} : { since }) }
    const comments = yield* pages(commentsRoute, readComments, at, first)
    return newest === undefined ? comments : comments.slice(-newest)
  })

  return GitHubReads.of({
    viewer: Effect.gen(function* () {
      const answer = yield* ask("GET /user", {})
      const { login, type } = yield* understand("GET /user", readViewer, answer)
      return { login, type, scopes: scopesOf(answer) }
    }),
    repository: Effect.fn("GitHubReads.repository")(function* (repo) {
      const found = yield* get("GET /repos/{owner}/{repo}", readRepository, slotsOf(repo))
      const mayPush = found.permissions?.push ?? false
      const mayTriage = mayPush || (found.permissions?.triage ?? false)
      return { fullName: found.full_name, archived: found.archived, hasIssues: found.has_issues, mayPush, mayTriage }
    }),
    listIssues,
    getIssue: Effect.fn("GitHubReads.getIssue")((repo, issue) =>
      get("GET /repos/{owner}/{repo}/issues/{issue_number}", readIssue, { ...slotsOf(repo), issue_number: issue })
    ),
    listComments,
    listEvents: Effect.fn("GitHubReads.listEvents")(function* (repo, issue) {
      const at = { ...slotsOf(repo), issue_number: issue }
      const events = yield* pages("GET /repos/{owner}/{repo}/issues/{issue_number}/events", readEvents, at)
      return events.map(({ label, ...event }) => ({ ...event, label: label?.name ?? null }))
    }),
    listReactions: Effect.fn("GitHubReads.listReactions")(function* (repo, comment) {
      const at = { ...slotsOf(repo), comment_id: comment }
      const route = "GET /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions"
      const reactions = yield* pages(route, readReactions, at)
      return reactions.map(({ content, user }) => ({ content, login: user?.login ?? null }))
    }),
    hasLabel: Effect.fn("GitHubReads.hasLabel")((repo, label) =>
      get("GET /repos/{owner}/{repo}/labels/{name}", readLabel, { ...slotsOf(repo), name: label }).pipe(
        Effect.as(true),
        Effect.catchIf(isNotFound, () => Effect.succeed(false))
      )
    ),
    listLabels: Effect.fn("GitHubReads.listLabels")((repo) =>
      pages("GET /repos/{owner}/{repo}/labels", readLabels, slotsOf(repo))
    ),
    permission: Effect.fn("GitHubReads.permission")((repo, login) =>
      get("GET /repos/{owner}/{repo}/collaborators/{username}/permission", readPermission, {
        ...slotsOf(repo),
        username: login
      }).pipe(
        Effect.map(({ permission, role_name }) => role_name ?? permission),
        // GitHub's answer for an account that is nobody here.
        Effect.catchIf(isNotFound, () => Effect.succeed("none"))
      )
    ),
    budget: connection.budget
  })
})

/** The reads of one connection. */
export const layerGitHubReads: Layer.Layer<GitHubReads, never, GitHubConnection> = Layer.effect(GitHubReads, make)
