/** How the other commands reach a farm: the `farmops up` that owns a data directory, or a tracker named by its URL. */

import { existsSync, readFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { exitCodes } from "@farmops/core/host/exitCodes"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { CommandFailed } from "./CommandFailed.ts"
import { printable } from "./drawTable.ts"

/** What a running `up` writes for the commands beside it. Addresses only; the token is in a file of its own. */
export const Endpoints = Schema.Struct({
  schema: Schema.Literal("farmops/endpoints/1"),
  version: Schema.String,
  pid: Schema.Int,
  tracker: Schema.String,
  agent: Schema.String,
  grpc: Schema.NullOr(Schema.String),
  village: Schema.NullOr(Schema.String)
})
export type Endpoints = typeof Endpoints.Type

const decodeEndpoints = Schema.decodeUnknownOption(Schema.fromJsonString(Endpoints))

/** The nearest `.farmops` here or above, as git finds `.git`; else the one that `up` would make here. */
export const findDataDirectory = (from: string): string => {
  for (let at = resolve(from); ; at = dirname(at)) {
    const candidate = join(at, ".farmops")
    if (existsSync(join(candidate, "version"))) return candidate
    if (dirname(at) === at) return join(resolve(from), ".farmops")
  }
}

const readText = (path: string): string | null => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return null
  }
}

const nothingRuns = (dataDir: string) =>
  new CommandFailed({
    code: "not_running",
    detail: `no farm is running on ${dataDir}.`,
    cure: "Start it with `farmops up`, or name a tracker with --tracker-url.",
    exitCode: exitCodes.unavailable
  })

/** An answer of the tracker that is not a success, as its problem+json said it. */
const Problem = Schema.Struct({
  title: Schema.optionalKey(Schema.String),
  detail: Schema.optionalKey(Schema.String),
  code: Schema.optionalKey(Schema.String)
})
const decodeProblem = Schema.decodeUnknownOption(Schema.fromJsonString(Problem))

// A tracker on loopback answers in milliseconds; a far one that needs longer than this is not there.
const requestMsMax = 15_000

/** One farm's address, and the right to act as its owner when a token was found. */
export class FarmConnection extends Context.Service<
  FarmConnection,
  {
    readonly dataDir: string
    readonly trackerUrl: string
    readonly villageUrl: string | null
    /** The agent of the farm that runs here. */
    readonly agentUrl: string | null
    readonly token: Redacted.Redacted<string> | null
  }
>()("@farmops/cli/FarmConnection") {
  static readonly layer = (options: {
    readonly data: Option.Option<string>
    readonly trackerUrl: Option.Option<string>
    readonly ownerToken: string | undefined
    readonly cwd: string
  }) =>
    Layer.effect(
      FarmConnection,
      Effect.gen(function* () {
        const dataDir = Option.match(options.data, {
          onNone: () => findDataDirectory(options.cwd),
          onSome: (path) => resolve(options.cwd, path)
        })
        const redact = (token: string | null | undefined) =>
          token === null || token === undefined || token === "" ? null : Redacted.make(token, { label: "owner token" })
        if (Option.isSome(options.trackerUrl)) {
          // The token of this machine's farm is never sent to a tracker that was named by hand.
          const trackerUrl = options.trackerUrl.value.replace(/\/+$/, "")
          return { dataDir, trackerUrl, villageUrl: null, agentUrl: null, token: redact(options.ownerToken) }
        }
        const endpoints = decodeEndpoints(readText(join(dataDir, "endpoints.json")) ?? "")
        if (Option.isNone(endpoints)) return yield* nothingRuns(dataDir)
        return {
          dataDir,
          trackerUrl: endpoints.value.tracker,
          villageUrl: endpoints.value.village,
          agentUrl: endpoints.value.agent,
          token: redact(readText(join(dataDir, "owner-token"))?.trim()) ?? redact(options.ownerToken)
        }
      })
    )
}

/** How a request to the tracker differs from a plain GET. */
export interface RequestOptions {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE"
  readonly body?: unknown
  readonly asOwner?: boolean
  /** Another server than the tracker. The owner's token is never sent there. */
  readonly origin?: string
}

const unreachable = (url: string) =>
  new CommandFailed({
    code: "unreachable",
    detail: `nothing answers at ${url}.`,
    cure: "Start it with `farmops up`, or name another with --tracker-url.",
    exitCode: exitCodes.unavailable
  })

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)

const refusal = (status: number, text: string) => {
  const problem = Option.getOrElse(decodeProblem(text), () => ({}) as typeof Problem.Type)
  const code = problem.code ?? `http_${status}`
  if (status === 401 || (status === 403 && code === "forbidden")) {
    return new CommandFailed({
      code,
      detail: "the tracker does not take this for its owner's token.",
      cure: "Set FARMOPS_OWNER_TOKEN to the tracker's owner token.",
      exitCode: exitCodes.noPermission
    })
  }
  return new CommandFailed({
    code,
    // Untrusted: whatever server answered at that address.
    detail: sentence(printable(problem.detail ?? problem.title ?? `the tracker answered ${status}`)),
    cure: null,
    exitCode: status >= 500 ? exitCodes.unavailable : status === 403 ? exitCodes.noPermission : exitCodes.dataInvalid
  })
}

/** Sends one request and answers with the raw response, already known to be a success. */
export const request = Effect.fn("farm.request")(function* (path: string, options: RequestOptions = {}) {
  const farm = yield* FarmConnection
  const origin = options.origin ?? farm.trackerUrl
  if (options.asOwner === true && farm.token === null) {
    return yield* new CommandFailed({
      code: "no_owner_token",
      detail: "this needs the tracker's owner token.",
      cure: "Set FARMOPS_OWNER_TOKEN, or run where `farmops up` keeps its data.",
      exitCode: exitCodes.noPermission
    })
  }
  const headers: Record<string, string> = { accept: "application/json, application/x-ndjson, text/plain" }
  if (options.asOwner === true && farm.token !== null && origin === farm.trackerUrl)
    headers.authorization = `Bearer ${Redacted.value(farm.token)}`
  if (options.body !== undefined) headers["content-type"] = "application/json"
  const response = yield* Effect.tryPromise({
    try: (signal) =>
      fetch(`${origin}${path}`, {
        method: options.method ?? "GET",
        headers,
        // The token must not follow a redirect to another server.
        redirect: "error",
        signal,
        ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) })
      }),
    catch: () => unreachable(origin)
  }).pipe(Effect.timeoutOrElse({ duration: requestMsMax, orElse: () => Effect.fail(unreachable(origin)) }))
  if (response.ok) return response
  return yield* refusal(response.status, yield* bodyText(response))
})

const broken = () =>
  new CommandFailed({
    code: "unreachable",
    detail: "the answer broke off.",
    cure: "Try again.",
    exitCode: exitCodes.unavailable
  })

const bodyText = (response: Response) =>
  Effect.tryPromise({ try: () => response.text(), catch: broken }).pipe(
    Effect.timeoutOrElse({ duration: requestMsMax, orElse: () => Effect.fail(broken()) })
  )

/** One answer as text. */
export const requestText = Effect.fn("farm.requestText")(function* (path: string, options: RequestOptions = {}) {
  return yield* bodyText(yield* request(path, options))
})

/** One JSON answer, checked against the shape that this version understands. */
export const requestJson = Effect.fn("farm.requestJson")(function* <A, I>(
  path: string,
  schema: Schema.Codec<A, I>,
  options: RequestOptions = {}
) {
  const text = yield* bodyText(yield* request(path, options))
  return yield* Schema.decodeEffect(Schema.fromJsonString(schema))(text).pipe(
    Effect.mapError(
      () =>
        new CommandFailed({
          code: "unknown_answer",
          detail: `the tracker's answer to ${path.replace(/\?.*/, "")} is not one that this version understands.`,
          cure: "Is it a tracker, and of the same version?",
          exitCode: exitCodes.unavailable
        })
    )
  )
})
