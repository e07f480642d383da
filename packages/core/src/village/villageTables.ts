/**
 * The village's tables. `village_farmer` is small and holds what boards sort by; `village_snapshot.snapshot` holds the signed
 * text that those numbers came from, so that anybody can check them again.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { Migrations } from "../sql/Database.ts"

const createVillage = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  // `*_at` beside a number: when this village first saw the farmer stand there. It settles ties.
  yield* sql`CREATE TABLE village_farmer (
    farmer_id TEXT NOT NULL PRIMARY KEY,
    public_key TEXT NOT NULL UNIQUE,
    farm_id TEXT NOT NULL,
    display_name TEXT NOT NULL,
    tracker_url TEXT NOT NULL,
    requested_at TEXT NOT NULL,
    registered_at TEXT NOT NULL,
    sample BIGINT NOT NULL,
    as_of TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    total_coins BIGINT NOT NULL,
    total_coins_at TEXT NOT NULL,
    current_coins BIGINT NOT NULL,
    bot_coins BIGINT NOT NULL,
    level BIGINT NOT NULL,
    level_at TEXT NOT NULL,
    streak_days BIGINT NOT NULL,
    streak_days_at TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    last_sync_at TEXT NOT NULL,
    last_error TEXT,
    last_error_at TEXT,
    failures BIGINT NOT NULL,
    next_sync_ms BIGINT NOT NULL
  )`
  yield* sql`CREATE INDEX village_farmer_by_coins ON village_farmer (total_coins DESC, total_coins_at, farmer_id)`
  yield* sql`CREATE INDEX village_farmer_by_streak ON village_farmer (streak_days DESC, streak_days_at, farmer_id)`
  yield* sql`CREATE INDEX village_farmer_by_level ON village_farmer (level DESC, level_at, farmer_id)`
  yield* sql`CREATE INDEX village_farmer_by_sync ON village_farmer (next_sync_ms)`
  yield* sql`CREATE TABLE village_snapshot (
    farmer_id TEXT NOT NULL PRIMARY KEY REFERENCES village_farmer (farmer_id) ON DELETE CASCADE,
    snapshot TEXT NOT NULL
  )`
  yield* sql`CREATE TABLE village_history (
    farmer_id TEXT NOT NULL REFERENCES village_farmer (farmer_id) ON DELETE CASCADE,
    hour TEXT NOT NULL,
    as_of TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    total_coins BIGINT NOT NULL,
    current_coins BIGINT NOT NULL,
    bot_coins BIGINT NOT NULL,
    level BIGINT NOT NULL,
    streak_days BIGINT NOT NULL,
    PRIMARY KEY (farmer_id, hour)
  )`
  yield* sql`CREATE TABLE village_departure (
    public_key TEXT NOT NULL PRIMARY KEY,
    requested_at TEXT NOT NULL
  )`
})

const createPastKeys = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE village_past_key (
    public_key TEXT NOT NULL PRIMARY KEY,
    farmer_id TEXT NOT NULL REFERENCES village_farmer (farmer_id) ON DELETE CASCADE
  )`
  yield* sql`CREATE INDEX village_farmer_by_farm ON village_farmer (farm_id)`
})

/** For `Database.migrate`. Forward only: a change of the tables is a new entry. */
export const villageMigrations: Migrations = { "0001_village": createVillage, "0002_past_keys": createPastKeys }
