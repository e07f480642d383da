/** Every HTTP error is an RFC 9457 problem with a stable `code`, also those that no handler of ours made. */
import { Effect } from "effect"
import { HttpEffect, HttpRouter, HttpServerResponse } from "effect/http"

/** One kind of error over HTTP. `code` is what a program may rely on; `title` is for people and may change. */
export interface Problem {
  readonly status: number
  readonly code: string
  readonly title: string
  readonly detail?: string | undefined
}

/** The media type of RFC 9457. */
export const problemType = "application/problem+json"

/** What a status alone says, where no handler of ours has said more. */
export const statusProblems: Readonly<Record<number, readonly [code: string, title: string]>> = {
  400: ["bad_request", "The request cannot be understood"],
  401: ["unauthorized", "A credential is missing or wrong"],
  403: ["forbidden", "This is not allowed"],
  404: ["not_found", "There is nothing at this address"],
  405: ["method_not_allowed", "This address does not know the method"],
  408: ["timeout", "The request took too long"],
  413: ["body_too_large", "The body is larger than this server takes"],
  415: ["unsupported_media_type", "The body's media type is not taken here"],
  500: ["internal_error", "The server failed; its log says why"],
  503: ["unavailable", "The server cannot answer now; try again"]
}

/** The problem that stands for a status alone. It tells nothing of what went wrong inside. */
export const problemOfStatus = (status: number): Problem => {
  const [code, title] = statusProblems[status] ?? [`http_${status}`, "The request failed"]
  return { status, code, title }
}

/** The response for a problem. */
export const problemResponse = ({ code, detail, status, title }: Problem): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.jsonUnsafe(
    { type: "about:blank", title, status, ...(detail === undefined ? {} : { detail }), code },
    { status, contentType: problemType }
  )

// 499 is what Effect notes for a client that left: there is nobody to answer.
const isUnexplained = ({ body, headers, status }: HttpServerResponse.HttpServerResponse): boolean =>
  status >= 400 &&
  status !== 499 &&
  (body._tag === "Empty" || (status === 415 && (headers["content-type"] ?? "").startsWith("text/plain")))

/** Gives a body to error responses that have none: unknown routes, bodies too large, wrong media types, defects. */
export const layerProblems = HttpRouter.middleware(
  (app) =>
    HttpEffect.withPreResponseHandler(app, (_request, response) => {
      if (!isUnexplained(response)) return Effect.succeed(response)
      const { "content-length": _length, "content-type": _type, ...kept } = response.headers
      return Effect.succeed(HttpServerResponse.setHeaders(problemResponse(problemOfStatus(response.status)), kept))
    }),
  { global: true }
)
