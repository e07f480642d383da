/** What the stand-in answers to each call that the client may make, and to no other: the table has a key for each, by its type. */
import type { ReadRoute, WriteRoute } from "@farmops/triage/github/allowedCalls"
import type { DemoIssue, DemoRepository } from "./DemoRepository.ts"
import type { DemoShapes } from "./demoShapes.ts"

/** A call with the slots of its path filled. */
export interface DemoCall {
  readonly slots: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly body: unknown
}

/** An answer; `items` is a list of which the server gives one page. */
export interface DemoAnswer {
  readonly status: number
  readonly body?: unknown
  readonly items?: ReadonlyArray<unknown>
}

type Handler = (call: DemoCall) => DemoAnswer

const refusal = (status: number, message: string): DemoAnswer => ({
  status,
  body: { message, documentation_url: "https://docs.github.com/rest", status: String(status) }
})

/** GitHub's words for what is not there. */
export const notFound = refusal(404, "Not Found")

/** GitHub's words for a body that does not fit. */
export const invalid = refusal(422, "Validation Failed")

/** GitHub's words for a token that it does not know. */
export const badCredentials = refusal(401, "Bad credentials")

/** GitHub's words for a body that is no JSON. */
export const noJson = refusal(400, "Problems parsing JSON")

const field = (body: unknown, name: string): unknown =>
  typeof body === "object" && body !== null ? Object.entries(body).find(([key]) => key === name)?.[1] : undefined

const orderOf = (query: URLSearchParams) => {
  const sign = query.get("direction") === "asc" ? 1 : -1
  const key = query.get("sort") === "updated" ? "updatedAt" : "createdAt"
  return (a: DemoIssue, b: DemoIssue) => sign * (a[key].localeCompare(b[key]) || a.number - b.number)
}

const isListed =
  (query: URLSearchParams) =>
  ({ state, updatedAt }: DemoIssue): boolean => {
    const wanted = query.get("state") ?? "open"
    return (wanted === "all" || wanted === state) && updatedAt >= (query.get("since") ?? "")
  }

/** Makes the table for a repository. Whoever calls is the bot. */
export const makeDemoAnswers = (
  repository: DemoRepository,
  shapes: DemoShapes
): Readonly<Record<ReadRoute | WriteRoute, Handler>> => {
  const { bot, labels } = repository.seed

  const withIssue =
    (answer: (issue: DemoIssue, call: DemoCall) => DemoAnswer): Handler =>
    (call) => {
      const issue = repository.find(Number(call.slots.issue_number))
      return issue === null ? notFound : answer(issue, call)
    }

  const issueNow = (number: number): DemoAnswer => {
    const issue = repository.find(number)
    return issue === null ? notFound : { status: 200, body: shapes.issue(issue) }
  }

  const labelsNow = (number: number): DemoAnswer => ({
    status: 200,
    body: (repository.find(number)?.labels ?? []).map(shapes.label)
  })

  const createComment = withIssue(({ number }, { body }) => {
    const text = field(body, "body")
    if (typeof text !== "string" || text.trim() === "" || repository.isFull()) return invalid
    return { status: 201, body: shapes.comment(repository.comment(number, bot, text)) }
  })

  const addLabels = withIssue(({ number }, { body }) => {
    const names = field(body, "labels")
    if (!Array.isArray(names) || names.length === 0 || repository.isFull()) return invalid
    // GitHub would make a label that it has not; the client never asks for one.
    if (!names.every((name) => labels.includes(name))) return invalid
    for (const name of names) repository.addLabel(number, bot, name)
    return labelsNow(number)
  })

  const setState = withIssue(({ number }, { body }) => {
    const [state, reason] = [field(body, "state"), field(body, "state_reason")]
    if ((state !== "open" && state !== "closed") || repository.isFull()) return invalid
    repository.setState(number, bot, state, typeof reason === "string" ? reason : null)
    return issueNow(number)
  })

  return {
    "GET /user": () => ({ status: 200, body: shapes.viewer() }),
    "GET /repos/{owner}/{repo}": () => ({
      status: 200,
      body: shapes.repository(repository.all().filter(({ state }) => state === "open").length)
    }),
    "GET /repos/{owner}/{repo}/issues": ({ query }) => ({
      status: 200,
      items: repository.all().filter(isListed(query)).toSorted(orderOf(query)).map(shapes.issue)
    }),
    "GET /repos/{owner}/{repo}/issues/{issue_number}": withIssue(({ number }) => issueNow(number)),
    "GET /repos/{owner}/{repo}/issues/{issue_number}/comments": withIssue(({ comments }, { query }) => ({
      status: 200,
      items: comments.filter(({ at }) => at >= (query.get("since") ?? "")).map(shapes.comment)
    })),
    "GET /repos/{owner}/{repo}/issues/{issue_number}/events": withIssue(({ events }) => ({
      status: 200,
      items: events.map(shapes.event)
    })),
    "GET /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions": ({ slots }) =>
      repository.findComment(Number(slots.comment_id)) === null ? notFound : { status: 200, items: [] },
    "GET /repos/{owner}/{repo}/labels": () => ({ status: 200, items: labels.map(shapes.label) }),
    "GET /repos/{owner}/{repo}/labels/{name}": ({ slots: { name = "" } }) =>
      labels.includes(name) ? { status: 200, body: shapes.label(name) } : notFound,
    "GET /repos/{owner}/{repo}/collaborators/{username}/permission": ({ slots: { username = "" } }) => ({
      status: 200,
      body: shapes.permission(username)
    }),
    "POST /repos/{owner}/{repo}/issues/{issue_number}/comments": createComment,
    "DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}": ({ slots }) =>
      repository.deleteComment(Number(slots.comment_id)) ? { status: 204 } : notFound,
    "POST /repos/{owner}/{repo}/issues/{issue_number}/labels": addLabels,
    "DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}": withIssue((issue, { slots: { name = "" } }) => {
      if (!issue.labels.includes(name)) return notFound
      repository.removeLabel(issue.number, bot, name)
      return labelsNow(issue.number)
    }),
    "PATCH /repos/{owner}/{repo}/issues/{issue_number}": setState
  }
}
