/**
 * A `fetch` for the provider's SDK that goes through {@link ModelWire}: bounded in time and bytes, without redirects (a key would go
 * along), and with every status of failure as an error of ours before a provider's own code can log it.
 */
import { Effect } from "effect"
import type { BoundedAnswer, FetchFailed } from "../http/boundedFetch.ts"
import { scrubSecrets } from "../log/scrubSecrets.ts"
import { ModelOverloaded, ModelUnavailable, type UnavailableReason } from "./ModelError.ts"
import type { NotRecorded, WireExchange } from "./ModelWire.ts"
import { nothingSpent } from "./Spent.ts"

// An answer of 128,000 tokens with its thinking is about a megabyte.
const answerBytesMax = 4 * 1024 * 1024

// Untrusted: a provider's words may repeat ours, and go to a log.
const wordsMax = 200
const tame = (text: string): string =>
  scrubSecrets(text)
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, " ")
    .slice(0, wordsMax)

/** The sentence in an error answer: `{"error": {"message": …}}` or `{"error": …}`. */
const wordsOf = (text: string): string => {
  try {
    const { error } = JSON.parse(text)
    return tame(typeof error === "string" ? error : String(error.message ?? ""))
  } catch {
    return ""
  }
}

const failedReasons: Readonly<Record<FetchFailed["reason"], UnavailableReason>> = {
  bad_url: "bad_url",
  unreachable: "unreachable",
  timed_out: "timed_out",
  too_large: "too_large",
  redirected: "redirected",
  not_json: "unexpected",
  unexpected: "unexpected"
}

const reasonOf = (status: number): UnavailableReason => {
  if (status === 401 || status === 403) return "unauthorized"
  if (status === 404) return "unknown_model"
  return status >= 500 ? "failed" : "rejected"
}

// 529 is Anthropic's own; a full queue at Ollama is 503.
const overloadedStatuses = [429, 503, 529]

const faultOf = (model: string, answer: BoundedAnswer): ModelOverloaded | ModelUnavailable => {
  const { retryAfterSeconds, status, text } = answer
  const spent = nothingSpent
  if (overloadedStatuses.includes(status)) {
    const retryAfterMs = retryAfterSeconds === null ? null : retryAfterSeconds * 1000
    return new ModelOverloaded({ model, status, retryAfterMs, spent })
  }
  return new ModelUnavailable({ model, reason: reasonOf(status), status, detail: wordsOf(text), spent })
}

const faultOfWire = (model: string, error: FetchFailed | NotRecorded): ModelUnavailable =>
  error._tag === "NotRecorded"
    ? new ModelUnavailable({ model, reason: "not_recorded", status: null, detail: error.message, spent: nothingSpent })
    : new ModelUnavailable({
        model,
        reason: failedReasons[error.reason],
        status: null,
        detail: error.origin,
        spent: nothingSpent
      })

const headersOf = (headers: RequestInit["headers"]): Record<string, string> => Object.fromEntries(new Headers(headers))

/** For a provider's option `fetch`. What it throws is {@link ModelOverloaded} or {@link ModelUnavailable}. */
export const wireFetch =
  (exchange: WireExchange, model: string, timeoutMs: number): typeof fetch =>
  (input, init) => {
    const url = input instanceof Request ? input.url : String(input)
    const body = typeof init?.body === "string" ? { body: init.body } : {}
    const method = init?.method === "GET" ? "GET" : "POST"
    const answered = exchange({
      url,
      method,
      headers: headersOf(init?.headers),
      ...body,
      timeoutMs,
      bytesMax: answerBytesMax
    }).pipe(
      Effect.mapError((error) => faultOfWire(model, error)),
      Effect.filterOrFail(
        ({ status }) => status < 400,
        (answer) => faultOf(model, answer)
      ),
      Effect.map(
        ({ contentType, status, text }) => new Response(text, { status, headers: { "content-type": contentType } })
      )
    )
    return Effect.runPromise(answered, init?.signal ? { signal: init.signal } : {})
  }
