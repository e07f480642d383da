/** Where a farmer stood, hour by hour. */
import { DateTime, Effect } from "effect"
import { SqlClient } from "effect/sql"
import { spellTime } from "../farm/wireTime.ts"
import type { Standing } from "./standing.ts"

/** A farmer's history holds at most one entry an hour and goes back this far. */
export const historyDays = 400

const dayMs = 24 * 60 * 60_000

const hourOf = (ms: number): string => spellTime(DateTime.makeUnsafe(ms)).slice(0, 13)

/** Notes where a farmer stands now, in the place of an earlier entry of this hour. */
export const appendHistory = Effect.fnUntraced(function* (farmerId: string, standing: Standing, nowMs: number) {
  const sql = yield* SqlClient.SqlClient
  const { as_of, bot_coins, current_coins, level, sequence, streak_days, total_coins } = standing
  const entry = {
    farmer_id: farmerId,
    hour: hourOf(nowMs),
    as_of,
    sequence,
    total_coins,
    current_coins,
    bot_coins,
    level,
    streak_days
  }
  yield* sql`INSERT INTO village_history ${sql.insert(entry)} ON CONFLICT (farmer_id, hour) DO UPDATE SET
    as_of = excluded.as_of, sequence = excluded.sequence, total_coins = excluded.total_coins,
    current_coins = excluded.current_coins, bot_coins = excluded.bot_coins, level = excluded.level,
    streak_days = excluded.streak_days`
  yield* sql`DELETE FROM village_history
    WHERE farmer_id = ${farmerId} AND hour < ${hourOf(nowMs - historyDays * dayMs)}`
})
