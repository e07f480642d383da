/** Asks one URL again and again, and tells when its answer has changed. An answer that is the same costs the server no body. */
import { Clock, Effect, Schema } from "effect"
import type { HttpEvent } from "../../contract/LocalEvent.ts"
import type { ObservationSink, Source, SourceFailed } from "../../contract/Source.ts"
import { Marked, markChange, memoryOf } from "../changeMark.ts"
import { HttpUrl, localFields, type Named, observeLocally } from "../localObservation.ts"
import { digestOf } from "../opaqueId.ts"
import { type LookFailed, pollForEver } from "../pollForEver.ts"
import type { SourceMemory } from "../SourceMemory.ts"
import { makeSourceStatus } from "../SourceStatus.ts"
import { authorizationOf, Credential } from "./Credential.ts"
import { type Answer, exchange, retryAfterMsOf } from "./exchange.ts"
import { readAuthority } from "./readAuthority.ts"

// Text of control characters has six times the bytes once it is in an observation.
const bodyBytesMax = 600 * 1024

/** The settings of an HTTP source, as a configuration file has them. */
export const HttpOptions = Schema.Struct({
  ...localFields,
  url: HttpUrl,
  every_seconds: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 86_400 }))),
  timeout_ms: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 100, maximum: 60_000 }))),
  body_bytes_max: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: bodyBytesMax }))),
  credential: Schema.optionalKey(Credential),
  ca_file: Schema.optionalKey(Schema.NonEmptyString)
})
export type HttpOptions = typeof HttpOptions.Type

const everySecondsDefault = 60
const timeoutMsDefault = 10_000
const bodyBytesDefault = 512 * 1024
// More than a server that moved once and gained a slash.
const redirectsMax = 3

const validators = { etag: Schema.NullOr(Schema.String), modified: Schema.NullOr(Schema.String) } as const

/** By what a server knows its answer again. */
type Validators = { readonly [key in keyof typeof validators]: string | null }

/** What came last; its digest is of the status and the body. */
const Seen = Schema.Struct({ ...Marked.fields, ...validators })
type Seen = typeof Seen.Type

const strictUtf8 = new TextDecoder("utf-8", { fatal: true })

const readText = (body: Uint8Array): string | null => {
  try {
    return strictUtf8.decode(body)
  } catch {
    return null
  }
}

const eventOf = ({ body, status }: Answer): HttpEvent => {
  const text = readText(body)
  try {
    return { kind: "http", status, json: text === null ? null : JSON.parse(text), text: null }
  } catch {
    return { kind: "http", status, json: null, text }
  }
}

const fail = (code: string, retryAfterMs: number | null = null): LookFailed => ({ code, retryAfterMs })

/** An answer below 500 is an answer, whatever it says: that a page is gone is news too. */
const ask = Effect.fnUntraced(function* (
  options: HttpOptions,
  ca: string | undefined,
  { etag, modified }: Validators
): Effect.fn.Return<Answer, LookFailed> {
  const first = new URL(options.url)
  const headers = {
    accept: "application/json, */*;q=0.5",
    ...(options.credential === undefined ? {} : { authorization: authorizationOf(options.credential) }),
    ...(etag === null ? {} : { "if-none-match": etag }),
    ...(modified === null ? {} : { "if-modified-since": modified })
  }
  const bounds = {
    timeoutMs: options.timeout_ms ?? timeoutMsDefault,
    bytesMax: options.body_bytes_max ?? bodyBytesDefault
  }
  let url = first
  for (let redirects = 0; redirects <= redirectsMax; redirects++) {
    const answer = yield* Effect.mapError(exchange({ url, headers, ca, ...bounds }), ({ code }) => fail(code))
    const { location } = answer.headers
    if (answer.status === 304 || answer.status < 300 || answer.status >= 400 || location === undefined) {
      if (answer.status !== 429 && answer.status < 500) return answer
      return yield* Effect.fail(fail("busy", retryAfterMsOf(answer.headers, yield* Clock.currentTimeMillis)))
    }
    // Untrusted: the credential goes to nobody else, and no server sends us to another one inside the network.
    if (!URL.canParse(location, url.href) || new URL(location, url).origin !== first.origin) {
      return yield* Effect.fail(fail("redirected"))
    }
    url = new URL(location, url)
  }
  return yield* Effect.fail(fail("redirected"))
})

/** Watches one URL. Codes: `unreachable`, `timed_out`, `too_large`, `tls`, `busy`, `redirected`. */
export const makeHttpSource = Effect.fn("makeHttpSource")(function* (
  options: HttpOptions & Named,
  memory: SourceMemory
): Effect.fn.Return<Source, SourceFailed> {
  const ca = yield* readAuthority(options.name, options.ca_file)
  const status = yield* makeSourceStatus
  const { recall, remember } = memoryOf(memory, Seen)
  let seen: Seen | null = null

  const look = Effect.fnUntraced(function* (sink: ObservationSink) {
    const answer = yield* ask(options, ca, seen ?? { etag: null, modified: null })
    if (answer.status === 304 && seen !== null) return
    const digest = digestOf(Buffer.concat([Buffer.from(`${answer.status} `), answer.body]))
    const { etag = null, "last-modified": modified = null } = answer.headers
    if (digest === seen?.digest) {
      if (etag === seen.etag && modified === seen.modified) return
      seen = { ...seen, etag, modified }
    } else {
      const after = markChange(seen, digest)
      const observation = yield* observeLocally(options, eventOf(answer), [after.mark], options.url)
      if (observation === null) return yield* Effect.fail(fail("too_large"))
      yield* status.put(sink, observation)
      seen = { ...after, etag, modified }
    }
    yield* remember(seen)
  })

  return {
    name: options.name,
    sourceType: options.source_type,
    state: status.state,
    run: Effect.fnUntraced(function* (sink) {
      seen = yield* recall
      return yield* pollForEver((options.every_seconds ?? everySecondsDefault) * 1000, status, look(sink))
    })
  }
})
