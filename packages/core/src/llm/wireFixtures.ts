/**
 * Recorded exchanges with a model's provider, one file a request, found by a digest of the request: method, path and body, and never
 * a header, which is where keys are. A request that nobody recorded fails and names its digest.
 */
import { Effect, FileSystem, Layer, Path, Schema } from "effect"
import type { BoundedAnswer, BoundedRequest } from "../http/boundedFetch.ts"
import { scrubSecrets } from "../log/scrubSecrets.ts"
import { ModelWire, NotRecorded, type WireExchange } from "./ModelWire.ts"
import { sha256Hex } from "./sha256Hex.ts"

/** What a fixture's file holds. */
export const WireFixture = Schema.Struct({
  /** A recording is what a provider really said; what is hand-written follows its published format. */
  origin: Schema.Literals(["recorded", "hand-written"]),
  note: Schema.optionalKey(Schema.String),
  request: Schema.Struct({ method: Schema.String, path: Schema.String, body: Schema.Unknown }),
  answer: Schema.Struct({
    status: Schema.Int,
    content_type: Schema.String,
    retry_after_seconds: Schema.NullOr(Schema.Int),
    body: Schema.Unknown
  })
})

/** See the schema of the same name. */
export type WireFixture = typeof WireFixture.Type

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== "object" || value === null) return value
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]))
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** What is recorded of a request. The body's keys are in order, so that an SDK may change theirs. */
export const canonicalRequest = (request: Pick<BoundedRequest, "url" | "method" | "body">): WireFixture["request"] => ({
  method: request.method ?? "GET",
  path: new URL(request.url).pathname,
  body: sorted(parsed(request.body ?? ""))
})

/** Names a request, and its file. */
export const requestDigest = (request: WireFixture["request"]): string => sha256Hex(JSON.stringify(sorted(request)))

const FixtureText = Schema.fromJsonString(WireFixture)

const fileOf = (path: Path.Path, directory: string, digest: string): string =>
  path.join(directory, `${digest.slice(0, 16)}.json`)

const answerOf = ({ answer }: WireFixture, origin: string): BoundedAnswer => ({
  origin,
  status: answer.status,
  contentType: answer.content_type,
  retryAfterSeconds: answer.retry_after_seconds,
  text: typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body)
})

/** Writes an exchange down, without what looks like a secret. */
export const writeFixture = Effect.fnUntraced(function* (directory: string, fixture: WireFixture) {
  const fs = yield* FileSystem.FileSystem
  const file = fileOf(yield* Path.Path, directory, requestDigest(fixture.request))
  yield* fs.makeDirectory(directory, { recursive: true })
  yield* fs.writeFileString(file, `${scrubSecrets(JSON.stringify(fixture, null, 2))}\n`)
})

/** The network is never asked: every answer is one of `directory`. */
export const layerPlay = (directory: string) =>
  Layer.effect(
    ModelWire,
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const play: WireExchange = Effect.fnUntraced(function* (request) {
        const digest = requestDigest(canonicalRequest(request))
        const fixture = yield* fs.readFileString(fileOf(path, directory, digest)).pipe(
          Effect.flatMap(Schema.decodeUnknownEffect(FixtureText)),
          // A file that was edited answers another request than its name says.
          Effect.filterOrFail((found) => requestDigest(found.request) === digest),
          Effect.mapError(() => new NotRecorded({ digest, directory }))
        )
        return answerOf(fixture, new URL(request.url).origin)
      })
      return play
    })
  )

/** Asks as before, and writes every exchange to `directory`. */
export const layerRecord = (directory: string) =>
  Layer.effect(
    ModelWire,
    Effect.gen(function* () {
      const context = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
      const exchange = yield* ModelWire
      const record: WireExchange = Effect.fnUntraced(function* (request) {
        const answer = yield* exchange(request)
        const fixture: WireFixture = {
          origin: "recorded",
          request: canonicalRequest(request),
          answer: {
            status: answer.status,
            content_type: answer.contentType,
            retry_after_seconds: answer.retryAfterSeconds,
            body: parsed(answer.text)
          }
        }
        yield* writeFixture(directory, fixture).pipe(
          Effect.provide(context),
          Effect.mapError(() => new NotRecorded({ digest: requestDigest(fixture.request), directory }))
        )
        return answer
      })
      return record
    })
  )
