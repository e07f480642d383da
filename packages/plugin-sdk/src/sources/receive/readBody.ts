/** Reads what a sender sends, as it is, within bounds of size and time. */
import { Effect, Stream } from "effect"
import type { HttpServerRequest } from "effect/http"
import type { RefusalCode } from "./refusal.ts"

/** How much and how long. */
export interface BodyBounds {
  readonly bytesMax: number
  readonly msMax: number
}

/** The media type of a request without its parameters, in lower case. */
export const mediaTypeOf = ({ headers }: HttpServerRequest.HttpServerRequest): string =>
  (headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? ""

const collect = async (
  source: AsyncIterable<Uint8Array>,
  bytesMax: number,
  took: (bytes: number) => void
): Promise<Uint8Array | null> => {
  const chunks: Array<Uint8Array> = []
  let bytes = 0
  for await (const chunk of source) {
    bytes += chunk.length
    // Untrusted: what a sender announces need not be what it sends.
    if (bytes > bytesMax) return null
    took(chunk.length)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** The raw bytes of the body; `took` is told of each part. A sender that goes away half way counts as one that is too slow. */
export const readBody = (
  request: HttpServerRequest.HttpServerRequest,
  { bytesMax, msMax }: BodyBounds,
  took: (bytes: number) => void
): Effect.Effect<Uint8Array, RefusalCode> => {
  if (!["identity", ""].includes(request.headers["content-encoding"] ?? "")) {
    return Effect.fail("unsupported_media_type")
  }
  if (Number(request.headers["content-length"] ?? 0) > bytesMax) return Effect.fail("body_too_large")
  return Stream.toAsyncIterableEffect(request.stream).pipe(
    Effect.flatMap((source) =>
      Effect.tryPromise({ try: () => collect(source, bytesMax, took), catch: (): RefusalCode => "timeout" })
    ),
    Effect.timeoutOrElse({ duration: msMax, orElse: () => Effect.fail<RefusalCode>("timeout") }),
    Effect.flatMap((body) => (body === null ? Effect.fail<RefusalCode>("body_too_large") : Effect.succeed(body)))
  )
}
