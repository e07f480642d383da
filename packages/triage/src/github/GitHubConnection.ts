/**
 * One request and its answer. This module alone holds the token and Octokit; it sends only what is on the list of allowed
 * calls, repeats nothing, follows no redirect, takes no answer beyond its bound, and is silent while GitHub asks for a pause.
 */
import { Octokit } from "@octokit/core"
import { RequestError } from "@octokit/request-error"
import { Clock, Context, Effect, Layer, Redacted, Schema, Semaphore } from "effect"
import { CallNotAllowed, GitHubRateLimited, GitHubRefused, GitHubTokenRefused } from "../GitHubErrors.ts"
import type { RateBudget } from "../GitHubReads.ts"
import { isAllowed, type ReadRoute, type WriteRoute } from "./allowedCalls.ts"
import { type Answer, classifyAnswer } from "./classifyAnswer.ts"

/** Where GitHub is, who we are there, and what we may look at. */
export interface GitHubSettings {
  readonly token: Redacted.Redacted<string>
  /** `owner/repo` each; nothing else is ever asked for or changed. */
  readonly repositories: ReadonlyArray<string>
  /** Another server than github.com's. */
  readonly baseUrl?: string
  /** One exchange, from the first byte sent to the last received. */
  readonly timeoutMs?: number
}

/** A page of a hundred issues with bodies of 64 KiB each is 7 MB; nothing that we ask for is larger. */
const answerBytesMax = 8 * 1024 * 1024

/** GitHub allows a hundred at once, shared with everything else that the token is used for. */
const requestsAtOnce = 8

const timeoutMsDefault = 30_000

/** GitHub's version of its API to which our schemas and the list of calls belong. */
const apiVersion = "2022-11-28"

/** No answer, or none that says whether the request had its effect. */
export class NoClearAnswer extends Schema.TaggedError<NoClearAnswer>()("NoClearAnswer", {
  route: Schema.String,
  reason: Schema.Literals(["server_error", "no_answer", "timed_out", "unreadable"])
}) {}

/** Why a call has no answer to work with. */
export type CallFault = CallNotAllowed | GitHubRateLimited | GitHubRefused | GitHubTokenRefused | NoClearAnswer

/** The answer's body up to its bound; beyond it the body fails, and the answer counts as unreadable. */
const boundedBody = (response: Response): Response => {
  let bytes = 0
  const bound = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => {
      bytes += chunk.length
      if (bytes > answerBytesMax) controller.error(new Error("the answer is too large"))
      else controller.enqueue(chunk)
    }
  })
  const { headers, status } = response
  return new Response(response.body?.pipeThrough(bound) ?? null, { headers, status })
}

const boundedFetch: typeof fetch = async (input, init) =>
  boundedBody(await fetch(input, { ...init, redirect: "manual" }))

const lowerCased = (headers: Readonly<Record<string, unknown>>): Answer["headers"] =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]))

/** Octokit throws for a 304, a refusal and a dead line alike; only the first two have an answer. */
const answerOf = (error: unknown): Answer | null =>
  error instanceof RequestError && error.response !== undefined
    ? { status: error.status, headers: lowerCased(error.response.headers), data: error.response.data }
    : null

const budgetOf = ({ headers }: Answer): RateBudget | null => {
  const [limit, remaining, reset] = [
    headers["x-ratelimit-limit"],
    headers["x-ratelimit-remaining"],
    headers["x-ratelimit-reset"]
  ].map((text) => (text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : null))
  if (limit == null || remaining == null || reset == null) return null
  return { limit, remaining, resetAt: new Date(reset * 1000).toISOString() }
}

const makeOctokit = ({ baseUrl, repositories, token }: GitHubSettings) => {
  const silent = () => undefined
  const octokit = new Octokit({
    auth: Redacted.value(token),
    userAgent: "farmops-harness",
    request: { fetch: boundedFetch },
    log: { debug: silent, info: silent, warn: silent, error: silent },
    ...(baseUrl === undefined ? {} : { baseUrl })
  })
  const allowed = new Set(repositories.map((name) => name.toLowerCase()))
  // The last look before the wire, whoever called: what is not on the list fails here.
  octokit.hook.before("request", ({ baseUrl: _, headers, mediaType, method, request, url, ...parameters }) => {
    if (isAllowed({ method, url, parameters }, allowed)) return
    const { owner, repo } = parameters
    throw new CallNotAllowed({ route: `${method} ${url}`, repository: owner === undefined ? "" : `${owner}/${repo}` })
  })
  return octokit
}

/** Octokit gives a body that it cannot read, or that is no JSON, as text. */
const isReadable = (answer: Answer): boolean =>
  answer.status === 204 || answer.status === 304 || (typeof answer.data === "object" && answer.data !== null)

const make = Effect.fnUntraced(function* (settings: GitHubSettings) {
  const octokit = makeOctokit(settings)
  const atOnce = yield* Semaphore.make(requestsAtOnce)
  let silentUntilMs = 0
  let limitsInARow = 0
  let pauseKind: "primary" | "secondary" = "secondary"
  let budget: RateBudget | null = null

  const exchange = (route: string, parameters: Readonly<Record<string, unknown>>) =>
    Effect.tryPromise({
      try: async (signal): Promise<Answer> => {
        const { data, headers, status } = await octokit.request(route, {
          ...parameters,
          headers: { "x-github-api-version": apiVersion, ...headersOf(parameters) },
          request: { signal }
        })
        return { status, headers: lowerCased(headers), data }
      },
      catch: (error) => error
    }).pipe(
      Effect.catch((error): Effect.Effect<Answer, CallNotAllowed | NoClearAnswer> => {
        if (error instanceof CallNotAllowed) return Effect.fail(error)
        const answer = answerOf(error)
        // The error itself is dropped: it holds the request, its body and its headers.
        return answer === null ? Effect.fail(new NoClearAnswer({ route, reason: "no_answer" })) : Effect.succeed(answer)
      }),
      Effect.timeoutOrElse({
        duration: settings.timeoutMs ?? timeoutMsDefault,
        orElse: () => Effect.fail(new NoClearAnswer({ route, reason: "timed_out" }))
      })
    )

  const look = Effect.fnUntraced(function* (route: string, answer: Answer): Effect.fn.Return<Answer, CallFault> {
    const nowMs = yield* Clock.currentTimeMillis
    budget = budgetOf(answer) ?? budget
    const trouble = classifyAnswer(answer, nowMs, limitsInARow)
    limitsInARow = trouble?._tag === "RateLimited" ? limitsInARow + 1 : 0
    if (trouble === null) return isReadable(answer) ? answer : yield* new NoClearAnswer({ route, reason: "unreadable" })
    switch (trouble._tag) {
      case "RateLimited": {
        const { kind, retryAfterMs } = trouble
        silentUntilMs = Math.max(silentUntilMs, nowMs + retryAfterMs)
        pauseKind = kind
        return yield* new GitHubRateLimited({ route, kind, retryAfterMs })
      }
      case "TokenRefused":
        return yield* new GitHubTokenRefused({ route })
      case "Refused":
        return yield* new GitHubRefused({ route, status: trouble.status, detail: trouble.detail })
      case "NoClearAnswer":
        return yield* new NoClearAnswer({ route, reason: trouble.reason })
    }
  })

  const call = Effect.fn("GitHub.call")(function* (
    route: ReadRoute | WriteRoute,
    parameters: Readonly<Record<string, unknown>>
  ): Effect.fn.Return<Answer, CallFault> {
    yield* Effect.annotateCurrentSpan({ route })
    const waitMs = silentUntilMs - (yield* Clock.currentTimeMillis)
    // Who goes on asking while it is limited is shut out for longer.
    if (waitMs > 0) return yield* new GitHubRateLimited({ route, kind: pauseKind, retryAfterMs: Math.ceil(waitMs) })
    return yield* look(route, yield* exchange(route, parameters))
  }, atOnce.withPermit)

  return { call, budget: Effect.sync(() => budget) } as const
})

const headersOf = ({ headers }: Readonly<Record<string, unknown>>): Record<string, string> =>
  typeof headers === "object" && headers !== null ? { ...headers } : {}

/** The one line to GitHub. */
export class GitHubConnection extends Context.Service<
  GitHubConnection,
  {
    /** `parameters` fill the path's slots; the others become the query, or the body of a write. */
    readonly call: (
      route: ReadRoute | WriteRoute,
      parameters: Readonly<Record<string, unknown>>
    ) => Effect.Effect<Answer, CallFault>
    readonly budget: Effect.Effect<RateBudget | null>
  }
>()("@farmops/triage/GitHubConnection") {
  static readonly layer = (settings: GitHubSettings): Layer.Layer<GitHubConnection> =>
    Layer.effect(this, make(settings))
}
