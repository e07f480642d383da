/** The row that a good snapshot makes of a farmer. Pure: ties are settled here, by when a number was first seen. */

import { DateTime } from "effect"
import { spellTime } from "../farm/wireTime.ts"
import type { GoodSnapshot } from "./checkSnapshot.ts"
import type { Farmer } from "./Farmer.ts"

/** The columns that a snapshot decides. */
export type Standing = Omit<
  Farmer,
  "farmer_id" | "public_key" | "display_name" | "tracker_url" | "requested_at" | "registered_at"
>

type Ranked = "total_coins" | "level" | "streak_days"

/** A number that stays keeps its time; one that changes was first seen now, by this village's clock. */
export const standingOf = (
  before: Farmer | null,
  { body, contentHash }: GoodSnapshot,
  { nowMs, syncMs }: { readonly nowMs: number; readonly syncMs: number }
): Standing => {
  const now = spellTime(DateTime.makeUnsafe(nowMs))
  const seenAt = (column: Ranked): string =>
    before !== null && before[column] === body[column] ? before[`${column}_at`] : now
  return {
    farm_id: body.farm_id,
    sample: body.sample ? 1 : 0,
    as_of: body.as_of,
    sequence: body.sequence,
    total_coins: body.total_coins,
    total_coins_at: seenAt("total_coins"),
    current_coins: body.current_coins,
    bot_coins: body.bot_coins,
    level: body.level,
    level_at: seenAt("level"),
    streak_days: body.streak_days,
    streak_days_at: seenAt("streak_days"),
    content_hash: contentHash,
    last_sync_at: now,
    last_error: null,
    last_error_at: null,
    failures: 0,
    next_sync_ms: nowMs + syncMs
  }
}

/** A tracker that stays away is asked less and less often, but once in this time. */
export const retryMsMax = 60 * 60_000

/** When to ask again after so many failures in a row, the newest included. */
export const retryAt = (nowMs: number, syncMs: number, failures: number): number =>
  nowMs + Math.max(syncMs, Math.min(syncMs * 2 ** Math.min(failures - 1, 20), retryMsMax))
