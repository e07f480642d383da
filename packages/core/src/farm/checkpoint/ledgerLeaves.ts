/** The lines of the ledger in their one order, as the tree takes them. */
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { SqlCount } from "../SqlCount.ts"

/** A line and its place. `line` is null where its body was archived. */
export interface LedgerLine {
  readonly position: number
  readonly line: string | null
}

const decodeLines = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ position: SqlCount, line: Schema.NullOr(Schema.String) }))
)
const decodeLength = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ entries: SqlCount, proof: Schema.NullOr(SqlCount), event: Schema.NullOr(SqlCount) }))
)

/** At most `limit` lines after `position`, proofs and events in their one order; -1 is before the first. */
export const leavesAfter = Effect.fnUntraced(function* (position: number, limit: number) {
  const sql = yield* SqlClient.SqlClient
  const lines: ReadonlyArray<LedgerLine> = yield* decodeLines(
    yield* sql`SELECT position, line FROM tracker_proof WHERE position > ${position}
      UNION ALL SELECT position, line FROM tracker_event WHERE position > ${position}
      ORDER BY position LIMIT ${limit}`
  )
  return lines
})

/** How many lines the ledger has by its own count, and one more than the last position at which it has one. */
export const readLength = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* decodeLength(
    yield* sql`SELECT entries,
      (SELECT MAX(position) FROM tracker_proof) AS proof,
      (SELECT MAX(position) FROM tracker_event) AS event
      FROM tracker_farm WHERE id = 1`
  )
  return { counted: row?.entries ?? 0, held: 1 + Math.max(row?.proof ?? -1, row?.event ?? -1) }
})
