/** The farm's seasons beside its other sums. */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** The migration. A projection of the ledger, kept as canonical JSON; null where no season was ever opened. */
export const createSeasons = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE tracker_economy ADD COLUMN seasons TEXT`
})
