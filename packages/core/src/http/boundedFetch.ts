/** One HTTP exchange within bounds: a time limit, a cap on the answer, no redirects. The only door to `fetch` in this package. */
import { Effect, Schema } from "effect"
import { type ClientTls, fetchOverTls } from "./fetchOverTls.ts"

/** No usable answer came. A retry may help where `reason` is `unreachable` or `timed_out`. */
export class FetchFailed extends Schema.TaggedError<FetchFailed>()("FetchFailed", {
  /** Scheme, host and port; never a path, a query or a password. */
  origin: Schema.String,
  reason: Schema.Literals(["bad_url", "unreachable", "timed_out", "too_large", "redirected", "not_json", "unexpected"]),
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    return `${this.origin}: ${sentences[this.reason]}`
  }
}

const sentences: Readonly<Record<FetchFailed["reason"], string>> = {
  bad_url: "is not an http or https address",
  unreachable: "does not answer",
  timed_out: "did not answer in time",
  too_large: "answered with more than is taken",
  redirected: "answered with a redirect, and redirects are not followed",
  not_json: "answered with something that is not JSON",
  unexpected: "answered with JSON of another shape"
}

/** What to send. */
export interface BoundedRequest {
  readonly url: string
  readonly method?: "GET" | "POST" | "DELETE"
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** For https with certificates of our own; left out, the system's are believed. */
  readonly tls?: ClientTls
  readonly timeoutMs: number
  /** Bytes of the answer after decompression. */
  readonly bytesMax: number
}

/** What came back, whatever its status. */
export interface BoundedAnswer {
  readonly origin: string
  readonly status: number
  readonly contentType: string
  /** Whole seconds the server asks to wait, from `Retry-After`; null where it says nothing. */
  readonly retryAfterSeconds: number | null
  readonly text: string
}

const parseUrl = (text: string): URL | null => {
  const url = URL.canParse(text) ? new URL(text) : null
  return url !== null && (url.protocol === "http:" || url.protocol === "https:") ? url : null
}

/** Null when the body is longer than it may be; what was not read is cancelled. */
const readBody = async (response: Response, bytesMax: number): Promise<string | null> => {
  if (Number(response.headers.get("content-length") ?? 0) > bytesMax) {
    await response.body?.cancel()
    return null
  }
  const chunks: Array<Uint8Array> = []
  let bytes = 0
  // Untrusted: the length that a server announces need not be the length that it sends.
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > bytesMax) return null
    chunks.push(chunk)
  }
  return new TextDecoder().decode(Buffer.concat(chunks))
}

const retryAfterOf = (response: Response): number | null => {
  const text = response.headers.get("retry-after") ?? ""
  return /^\d{1,6}$/.test(text) ? Number(text) : null
}

/** Sends one request and reads the whole answer. The request is aborted when the fiber is interrupted. */
export const boundedFetch = Effect.fn("boundedFetch")(function* (request: BoundedRequest) {
  const url = parseUrl(request.url)
  if (url === null) return yield* new FetchFailed({ origin: "the given address", reason: "bad_url" })
  const { origin } = url
  const exchange = Effect.tryPromise({
    try: async (signal) => {
      const init = {
        method: request.method ?? "GET",
        headers: { accept: "application/json", ...request.headers },
        ...(request.body === undefined ? {} : { body: request.body }),
        signal
      }
      const response =
        request.tls !== undefined && url.protocol === "https:"
          ? await fetchOverTls(url, init, request.tls)
          : await fetch(url, { ...init, redirect: "manual" })
      const isRedirect = response.status >= 300 && response.status < 400
      if (isRedirect) await response.body?.cancel()
      return { response, isRedirect, text: isRedirect ? "" : await readBody(response, request.bytesMax) }
    },
    catch: (cause) => new FetchFailed({ origin, reason: "unreachable", cause })
  })
  const { isRedirect, response, text } = yield* exchange.pipe(
    Effect.timeoutOrElse({
      duration: request.timeoutMs,
      orElse: () => Effect.fail(new FetchFailed({ origin, reason: "timed_out" }))
    })
  )
  if (isRedirect) return yield* new FetchFailed({ origin, reason: "redirected" })
  if (text === null) return yield* new FetchFailed({ origin, reason: "too_large" })
  const answer: BoundedAnswer = {
    origin,
    status: response.status,
    contentType: response.headers.get("content-type") ?? "",
    retryAfterSeconds: retryAfterOf(response),
    text
  }
  return answer
})
