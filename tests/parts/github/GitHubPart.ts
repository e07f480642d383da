/** A GitHub for tests: the emulator behind the proxy, and people who use it without the proxy. */
import { Effect } from "effect"
import { startEmulator } from "./emulator.ts"
import { type Exchange, type FaultProxy, startFaultProxy } from "./faultProxy.ts"

/** The token of the harness's account. Nothing but GitHub may ever see it. */
export const botToken = "ghp_plantedTokenOfTheBot0123456789abcdef"

const ownerToken = "owner-token"
const strangerToken = "stranger-token"

/** The repository of every test. */
export const repository = "octo/farm"

/** The harness's account. */
export const botLogin = "farm-bot"

interface Shape {
  readonly [key: string]: unknown
}

/** Someone with an account, as a browser would act for them. */
export interface Person {
  readonly send: (method: string, path: string, body?: unknown) => Promise<Shape>
  /** The number of a new issue. */
  readonly openIssue: (title: string, body?: string) => Promise<number>
  readonly comment: (issue: number, body: string) => Promise<number>
}

/** A running GitHub. */
export interface GitHubPart {
  readonly proxy: FaultProxy
  readonly url: string
  readonly owner: Person
  readonly stranger: Person
  /** The comments that GitHub has, with their authors, whatever the harness believes. */
  readonly comments: (
    issue: number
  ) => Promise<ReadonlyArray<{ readonly id: number; readonly body: string; readonly login: string }>>
  readonly issue: (issue: number) => Promise<{ readonly state: string; readonly labels: ReadonlyArray<string> }>
}

const personOf = (url: string, token: string): Person => {
  const send = async (method: string, path: string, body?: unknown): Promise<Shape> => {
    const response = await fetch(`${url}/repos/${repository}${path}`, {
      method,
      headers: { authorization: `token ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    const answer: unknown = response.status === 204 ? {} : await response.json()
    // What the emulator answers is the test's own matter: a wrong shape fails the test that reads it.
    return answer as Shape
  }
  return {
    send,
    openIssue: async (title, body = "") => Number((await send("POST", "/issues", { title, body })).number),
    comment: async (issue, body) => Number((await send("POST", `/issues/${issue}/comments`, { body })).id)
  }
}

const namesOf = (labels: unknown): ReadonlyArray<string> =>
  Array.isArray(labels) ? labels.map((label: Shape) => String(label.name)).toSorted() : []

const start = async (onExchange: (exchange: Exchange) => void) => {
  const tokens = { [botToken]: botLogin, [ownerToken]: "octo", [strangerToken]: "stranger" }
  const emulator = await startEmulator({ tokens, repositories: [repository] })
  const proxy = await startFaultProxy(emulator.url, new Set(Object.keys(tokens)), onExchange)
  const [owner, stranger] = [personOf(emulator.url, ownerToken), personOf(emulator.url, strangerToken)]
  for (const name of ["bug", "question"]) await owner.send("POST", "/labels", { name, color: "d73a4a" })
  const part: GitHubPart = {
    proxy,
    url: proxy.url,
    owner,
    stranger,
    comments: async (issue) => {
      const found: unknown = await owner.send("GET", `/issues/${issue}/comments?per_page=100`)
      if (!Array.isArray(found)) return []
      return found.map((one) => ({ id: Number(one.id), body: String(one.body), login: String(one.user.login) }))
    },
    issue: async (issue) => {
      const { labels, state } = await owner.send("GET", `/issues/${issue}`)
      return { state: String(state), labels: namesOf(labels) }
    }
  }
  return { part, stop: () => Promise.all([proxy.close(), emulator.close()]) }
}

/** One GitHub for the scope, with a repository that has the labels `bug` and `question`. */
export const githubPart = (onExchange: (exchange: Exchange) => void = () => undefined) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(() => start(onExchange)),
      ({ stop }) => Effect.promise(stop)
    ),
    ({ part }) => part
  )
