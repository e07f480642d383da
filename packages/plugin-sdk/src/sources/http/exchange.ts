/** One GET within bounds, with what `fetch` does not have: an authority of one's own, and the answer's bytes as they are. */
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from "node:http"
import { request as requestPlain } from "node:http"
import { request as requestSecure } from "node:https"
import { Effect, Schema } from "effect"

/** No usable answer came. Says nothing of the address. */
export class ExchangeFailed extends Schema.TaggedError<ExchangeFailed>()("ExchangeFailed", {
  code: Schema.Literals(["unreachable", "timed_out", "too_large", "tls"])
}) {}

/** What to ask. */
export interface Ask {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly bytesMax: number
  /** Trusted instead of the system's authorities: PEM. */
  readonly ca?: string | undefined
}

/** What came back, whatever its status. Redirects are answers too. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Uint8Array
}

const tlsCode = /CERT|SELF_SIGNED|UNABLE_TO|SSL|TLS/

const failureOf = (cause: unknown): ExchangeFailed => {
  if (cause instanceof ExchangeFailed) return cause
  const code = typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : ""
  return new ExchangeFailed({ code: tlsCode.test(code) ? "tls" : "unreachable" })
}

const collect = async (response: IncomingMessage, bytesMax: number): Promise<Answer> => {
  const chunks: Array<Uint8Array> = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    bytes += chunk.length
    // Untrusted: a server may send without end.
    if (bytes > bytesMax) throw new ExchangeFailed({ code: "too_large" })
    chunks.push(chunk)
  }
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }
}

const start = ({ ca, headers, url }: Ask): ClientRequest => {
  // Each exchange has a connection of its own: none is left open to a server that is asked once in a while.
  const options = { method: "GET", headers: { "accept-encoding": "identity", ...headers }, agent: false as const }
  return url.protocol === "https:" ? requestSecure(url, { ...options, ca }) : requestPlain(url, options)
}

/** Sends the request and reads the whole answer. The connection ends with the fiber. */
export const exchange = (ask: Ask): Effect.Effect<Answer, ExchangeFailed> =>
  Effect.callback<Answer, ExchangeFailed>((resume) => {
    const request = start(ask)
    const fail = (cause: unknown) => resume(Effect.fail(failureOf(cause)))
    request.once("response", (response) =>
      collect(response, ask.bytesMax).then((answer) => resume(Effect.succeed(answer)), fail)
    )
    request.on("error", fail)
    request.end()
    return Effect.sync(() => request.destroy())
  }).pipe(
    Effect.timeoutOrElse({
      duration: ask.timeoutMs,
      orElse: () => Effect.fail(new ExchangeFailed({ code: "timed_out" }))
    })
  )

/** `Retry-After` in milliseconds, from seconds or a date; null where there is none. */
export const retryAfterMsOf = (headers: IncomingHttpHeaders, nowMs: number): number | null => {
  const text = headers["retry-after"] ?? ""
  if (/^\d{1,6}$/.test(text)) return Number(text) * 1000
  const date = Date.parse(text)
  return Number.isFinite(date) ? Math.max(0, date - nowMs) : null
}
