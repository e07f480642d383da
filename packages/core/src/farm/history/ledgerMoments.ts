/** Which lines the ledger had when, by the times at which the tracker took them. */
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { SqlCount } from "../SqlCount.ts"

const decodeFarm = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ entries: SqlCount, settled: SqlCount })))
const decodeLast = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ last: Schema.NullOr(SqlCount) })))
const decodeTimes = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ at: Schema.String })))

/** How many lines the ledger has, and how often lines of before were judged anew. */
export const readLength = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* decodeFarm(yield* sql`SELECT entries, settled FROM tracker_farm WHERE id = 1`)
  return row ?? { entries: 0, settled: 0 }
})

/** How many lines the ledger had once the last of those was there that were taken at or before a time. */
export const entriesBy = Effect.fnUntraced(function* (time: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* decodeLast(
    yield* sql`SELECT MAX(position) AS last FROM (
      SELECT MAX(position) AS position FROM tracker_proof WHERE received_at <= ${time}
      UNION ALL SELECT MAX(position) AS position FROM tracker_event WHERE occurred_at <= ${time}
    ) AS taken`
  )
  return (row?.last ?? -1) + 1
})

/** When the line at a position was taken; null where there is none. */
export const timeOfLine = Effect.fnUntraced(function* (position: number) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* decodeTimes(
    yield* sql`SELECT received_at AS at FROM tracker_proof WHERE position = ${position}
      UNION ALL SELECT occurred_at AS at FROM tracker_event WHERE position = ${position}`
  )
  return row?.at ?? null
})
