/** Asks another server for JSON and checks its shape. An error answer is read as an RFC 9457 problem where it is one. */
import { Effect, Schema } from "effect"
import { type BoundedAnswer, type BoundedRequest, boundedFetch, FetchFailed } from "./boundedFetch.ts"
import { problemOfStatus } from "./problem.ts"

/** The server answered with an error status. `code` is the problem's, or one that stands for the status. */
export class FetchRefused extends Schema.TaggedError<FetchRefused>()("FetchRefused", {
  origin: Schema.String,
  status: Schema.Int,
  code: Schema.String,
  detail: Schema.String,
  retryAfterSeconds: Schema.NullOr(Schema.Int)
}) {
  override get message() {
    return `${this.origin} answered ${this.status}: ${this.detail} (${this.code})`
  }
}

/** Bounds that suit an API answer; a caller that expects more says so. */
export const fetchDefaults = { timeoutMs: 10_000, bytesMax: 1024 * 1024 } as const

const ProblemText = Schema.fromJsonString(
  Schema.Struct({
    code: Schema.optionalKey(Schema.String),
    title: Schema.optionalKey(Schema.String),
    detail: Schema.optionalKey(Schema.String)
  })
)
const decodeProblem = Schema.decodeUnknownOption(ProblemText)

// Untrusted: another server's words go to a terminal or a log, so no control characters and no novels.
const wordsMax = 200
const tame = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]+/gu, " ").slice(0, wordsMax)

const refusalOf = (answer: BoundedAnswer): FetchRefused => {
  const { origin, retryAfterSeconds, status } = answer
  const stand = problemOfStatus(status)
  const decoded = answer.contentType.includes("json") ? decodeProblem(answer.text) : null
  const problem = decoded?._tag === "Some" ? decoded.value : {}
  return new FetchRefused({
    origin,
    status,
    code: tame(problem.code ?? stand.code),
    detail: tame(problem.detail ?? problem.title ?? stand.title),
    retryAfterSeconds
  })
}

/** The decoded JSON of an answer of `boundedFetch`, or what is wrong with it. */
export const decodeAnswer = Effect.fnUntraced(function* <A, I>(schema: Schema.Codec<A, I>, answer: BoundedAnswer) {
  if (answer.status >= 400) return yield* refusalOf(answer)
  const { origin } = answer
  const json = yield* Effect.try({
    try: (): unknown => JSON.parse(answer.text),
    catch: () => new FetchFailed({ origin, reason: "not_json" })
  })
  return yield* Schema.decodeUnknownEffect(schema)(json).pipe(
    Effect.mapError((cause) => new FetchFailed({ origin, reason: "unexpected", cause }))
  )
})

/** Sends a request (GET unless it says otherwise) and decodes the answer with `schema`. Unknown fields are ignored. */
export const fetchJson = Effect.fn("fetchJson")(function* <A, I>(
  url: string,
  schema: Schema.Codec<A, I>,
  options: Omit<Partial<BoundedRequest>, "url"> = {}
) {
  return yield* decodeAnswer(schema, yield* boundedFetch({ ...fetchDefaults, ...options, url }))
})
