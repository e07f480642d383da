/** An answer that caches may keep for a while and ask about again: the same bytes have the same ETag. */
import { createHash } from "node:crypto"
import { Effect } from "effect"
import { HttpServerRequest, HttpServerResponse } from "effect/http"

/** What is sent and for how long it may be kept. */
export interface CachedAnswer {
  readonly body: string
  readonly contentType: string
  readonly maxAgeSeconds: number
  /** False for what only the owner may see: no cache that others share keeps it. */
  readonly isPublic: boolean
  readonly headers?: Readonly<Record<string, string>>
}

const weak = (tag: string): string => tag.trim().replace(/^W\//, "")

/** RFC 9110, 13.1.2: `*` or a list, compared weakly. */
const matches = (ifNoneMatch: string | undefined, etag: string): boolean =>
  ifNoneMatch !== undefined && (ifNoneMatch.trim() === "*" || ifNoneMatch.split(",").some((tag) => weak(tag) === etag))

/** 200 with the body, or 304 without it where the asker has it already. */
export const cachedResponse = Effect.fnUntraced(function* (answer: CachedAnswer) {
  const { headers } = yield* HttpServerRequest.HttpServerRequest
  const etag = `"${createHash("sha256").update(answer.body, "utf8").digest("base64url").slice(0, 27)}"`
  const scope = answer.isPublic ? "public" : "private"
  const kept = { etag, "cache-control": `${scope}, max-age=${answer.maxAgeSeconds}` }
  if (matches(headers["if-none-match"], etag)) return HttpServerResponse.empty({ status: 304, headers: kept })
  return HttpServerResponse.text(answer.body, {
    contentType: answer.contentType,
    headers: { ...kept, "x-content-type-options": "nosniff", ...answer.headers }
  })
})
