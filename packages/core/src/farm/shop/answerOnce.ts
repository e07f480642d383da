/**
 * Requests that may be sent again: the first one with a key is answered and its answer kept, in one transaction with what it
 * did; the same request with that key gets the same answer, and does nothing.
 */
import { createHash } from "node:crypto"
import { canonicalJson } from "@farmops/proof/canonicalJson"
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { SqlCount } from "../SqlCount.ts"

/** Keys that are remembered, the newest of all: a person's requests of weeks, and a program's that tries again for minutes. */
export const requestKeysMax = 1000

/** This key came before, with another request. */
export class RequestKeyReused extends Schema.TaggedError<RequestKeyReused>()("RequestKeyReused", {}) {}

const decodeRows = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ request_sha256: Schema.String, answer: Schema.String }))
)
const decodeNumbers = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ number: SqlCount })))

/** What was answered to a key, and to which request; null where the key is not remembered. */
export const readAnswer = Effect.fnUntraced(function* (key: string) {
  const sql = yield* SqlClient.SqlClient
  const [known] = yield* decodeRows(
    yield* sql`SELECT request_sha256, answer FROM tracker_request WHERE request_key = ${key}`
  )
  return known ?? null
})

/** Remembers an answer in the place of an older one with that key, and forgets the oldest. Under the farm's lock. */
export const keepAnswer = Effect.fnUntraced(function* (key: string, sha256: string, answer: string) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`DELETE FROM tracker_request WHERE request_key = ${key}`
  const [last] = yield* decodeNumbers(yield* sql`SELECT COALESCE(MAX(number), 0) AS number FROM tracker_request`)
  const number = (last?.number ?? 0) + 1
  yield* sql`INSERT INTO tracker_request ${sql.insert({ number, request_key: key, request_sha256: sha256, answer })}`
  yield* sql`DELETE FROM tracker_request WHERE number <= ${number - requestKeysMax}`
})

/** Answers a request under a key, or every time where there is none. Inside the caller's transaction, under the farm's lock. */
export const answerOnce = <A, I, E, R>(
  key: string | null,
  request: Readonly<Record<string, string | number | null>>,
  schema: Schema.Codec<A, I>,
  answer: Effect.Effect<A, E, R>
) =>
  Effect.gen(function* () {
    if (key === null) return yield* answer
    const text = Schema.fromJsonString(schema)
    const sha256 = createHash("sha256").update(canonicalJson(request), "utf8").digest("hex")
    const known = yield* readAnswer(key)
    if (known === null) {
      const made = yield* answer
      yield* keepAnswer(key, sha256, yield* Schema.encodeEffect(text)(made))
      return made
    }
    if (known.request_sha256 !== sha256) return yield* new RequestKeyReused()
    return yield* Schema.decodeEffect(text)(known.answer)
  })
