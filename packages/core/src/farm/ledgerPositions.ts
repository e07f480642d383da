/** The one order of the ledger. Proofs and events share its counter, so that each position belongs to one line. */
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { LedgerUnavailable } from "./LedgerUnavailable.ts"
import { SqlCount } from "./SqlCount.ts"

const decodeEntries = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ entries: SqlCount })))

/** Takes the next `count` positions and answers with the first. Inside the caller's transaction, under the farm's lock. */
export const takePositions = Effect.fnUntraced(function* (count: number) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* decodeEntries(
    yield* sql`UPDATE tracker_farm SET entries = entries + ${count} WHERE id = 1 RETURNING entries`
  )
  return row === undefined
    ? yield* new LedgerUnavailable({ cause: "the farm's totals are missing" })
    : row.entries - count
})
