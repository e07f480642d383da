/** The ledger's calendar beside its other sums. */
import { canonicalJson } from "@farmops/proof/canonicalJson"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { calendarOf } from "../scoring/LedgerCalendar.ts"

/** The migration. A projection of the ledger, kept as canonical JSON: no ledger of before has changed its zone. */
export const createCalendar = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE tracker_economy ADD COLUMN calendar TEXT`
  const [row] = yield* sql<{ readonly value: string }>`SELECT value FROM tracker_setting WHERE name = 'time_zone'`
  if (row !== undefined) yield* sql`UPDATE tracker_economy SET calendar = ${canonicalJson(calendarOf(row.value))}`
})
