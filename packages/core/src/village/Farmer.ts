/** A farmer as the database keeps them: who they are, where they stand, and how the last pull went. */
import { Schema } from "effect"
import { SqlCount } from "../farm/SqlCount.ts"

/** One row of `village_farmer`. Times are in the wire's spelling. */
export const Farmer = Schema.Struct({
  farmer_id: Schema.String,
  public_key: Schema.String,
  farm_id: Schema.String,
  display_name: Schema.String,
  tracker_url: Schema.String,
  /** The farm's own time of its newest registration: an older request is a replay. */
  requested_at: Schema.String,
  registered_at: Schema.String,
  /** 1 for a farm that was grown from a made-up repository. */
  sample: SqlCount,
  /** The time of the newest snapshot that was accepted. It never goes back. */
  as_of: Schema.String,
  sequence: SqlCount,
  total_coins: SqlCount,
  total_coins_at: Schema.String,
  current_coins: SqlCount,
  bot_coins: SqlCount,
  level: SqlCount,
  level_at: Schema.String,
  streak_days: SqlCount,
  streak_days_at: Schema.String,
  content_hash: Schema.String,
  last_sync_at: Schema.String,
  last_error: Schema.NullOr(Schema.String),
  last_error_at: Schema.NullOr(Schema.String),
  /** Pulls that failed since the last good one. */
  failures: SqlCount,
  next_sync_ms: SqlCount
})

/** See the schema of the same name. */
export type Farmer = typeof Farmer.Type

/** Decodes what `SELECT * FROM village_farmer` gives. */
export const decodeFarmers = Schema.decodeUnknownEffect(Schema.Array(Farmer))
