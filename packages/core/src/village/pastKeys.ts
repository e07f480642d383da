/** The keys that farms of this village left behind. None of them is a farmer's again: whoever finds one may not come in its name. */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** Whether a farm of this village had this key and has another one now. */
export const isPastKey = Effect.fnUntraced(function* (publicKey: string) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql`SELECT 1 AS found FROM village_past_key WHERE public_key = ${publicKey}`
  return rows.length > 0
})

/** Notes that a farmer has another key. */
export const leaveKey = Effect.fnUntraced(function* (farmerId: string, publicKey: string) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`INSERT INTO village_past_key ${sql.insert({ public_key: publicKey, farmer_id: farmerId })}
    ON CONFLICT (public_key) DO NOTHING`
})
