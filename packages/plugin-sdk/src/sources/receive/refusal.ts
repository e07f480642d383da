/** What a sender is told that something is not taken. Stable codes and a sentence each; never a word of what was sent. */
import { type Problem, problemResponse } from "@farmops/core/http/problem"
import { HttpServerResponse } from "effect/http"

const seconds = (retryAfter: number) => ({ retryAfter })

const refusals = {
  bad_body: { status: 400, title: "The body is not the JSON that this address takes" },
  bad_signature: { status: 401, title: "The signature is missing or was not made with this hook's secret" },
  bad_credential: { status: 401, title: "The credential is missing or wrong" },
  timeout: { status: 408, title: "The body did not arrive in time" },
  delivery_conflict: { status: 409, title: "Another delivery came under this delivery's id" },
  body_too_large: { status: 413, title: "The body is larger than this address takes" },
  unsupported_media_type: { status: 415, title: "The body's media type or encoding is not taken here" },
  too_many_deliveries: { status: 503, title: "Too many deliveries at once; send it again", ...seconds(5) },
  observations_full: { status: 503, title: "There is no room for it now; send it again", ...seconds(60) },
  not_ready: { status: 503, title: "The agent is not ready yet; send it again", ...seconds(5) }
} as const satisfies Record<string, Omit<Problem, "code"> & { readonly retryAfter?: number }>

/** Why something was not taken. */
export type RefusalCode = keyof typeof refusals

/** The answer for it. The connection ends with it, since the rest of a body may still be on its way. */
export const refuse = (code: RefusalCode): HttpServerResponse.HttpServerResponse => {
  const { retryAfter, ...problem }: Omit<Problem, "code"> & { readonly retryAfter?: number } = refusals[code]
  return HttpServerResponse.setHeaders(problemResponse({ ...problem, code }), {
    connection: "close",
    ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
    ...(code === "bad_credential" ? { "www-authenticate": "Bearer, Basic" } : {})
  })
}

/** The answer to what is all right. */
export const accept = (status: "taken" | "already" | "ignored" | "pong"): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.jsonUnsafe({ status }, { status: status === "taken" ? 202 : 200 })
