/**
 * The tracker's tables. `tracker_proof.line` and `tracker_event.line` hold the exact bytes that were signed and are the
 * truth; every other column of a proof, `received_at` apart, and the tables of sums can be made again from them.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { Migrations } from "../sql/Database.ts"
import { createCalendar } from "./calendarTables.ts"
import { createCheckpoints } from "./checkpoint/checkpointTables.ts"
import { createEventKinds } from "./keys/keyTables.ts"
import { createProofIndex } from "./listing/proofIndex.ts"
import { createMilestones } from "./milestones/milestoneTables.ts"
import { createProofRows } from "./proofRowTables.ts"
import { createSeasons } from "./seasons/seasonTables.ts"
import { createShop } from "./shop/shopTables.ts"
import { createAgentKeys } from "./trust/agentKeyTables.ts"
import { createTrust } from "./trust/trustTables.ts"
import { createWaitingProofs } from "./waiting/waitingTables.ts"

const createLedger = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE tracker_setting (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)`
  yield* sql`CREATE TABLE tracker_agent (
    agent_id TEXT NOT NULL PRIMARY KEY,
    public_key TEXT NOT NULL UNIQUE,
    cluster_alias TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'approved', 'revoked')),
    enrolled_at TEXT NOT NULL,
    decided_at TEXT,
    head_sequence BIGINT,
    head_proof_id TEXT,
    head_hash TEXT
  )`
  // The three UNIQUE are the second check of what intake has looked up before.
  yield* sql`CREATE TABLE tracker_proof (
    position BIGINT NOT NULL PRIMARY KEY,
    proof_id TEXT NOT NULL UNIQUE,
    agent_id TEXT NOT NULL REFERENCES tracker_agent (agent_id),
    sequence BIGINT NOT NULL CHECK (sequence >= 0),
    hash TEXT NOT NULL UNIQUE,
    line TEXT NOT NULL,
    coins BIGINT NOT NULL,
    scoring_detail TEXT NOT NULL,
    received_at TEXT NOT NULL,
    UNIQUE (agent_id, sequence)
  )`
  yield* sql`CREATE TABLE tracker_farm (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    revision BIGINT NOT NULL,
    length BIGINT NOT NULL,
    human_coins BIGINT NOT NULL,
    bot_coins BIGINT NOT NULL,
    last_active TEXT,
    updated_at TEXT NOT NULL,
    scoring_state TEXT NOT NULL
  )`
  yield* sql`CREATE TABLE tracker_category (
    board TEXT NOT NULL,
    category TEXT NOT NULL,
    proofs BIGINT NOT NULL,
    coins BIGINT NOT NULL,
    last_proof_at TEXT NOT NULL,
    PRIMARY KEY (board, category)
  )`
  yield* sql`CREATE TABLE tracker_day (
    farm_day TEXT NOT NULL,
    board TEXT NOT NULL,
    category TEXT NOT NULL,
    proofs BIGINT NOT NULL,
    coins BIGINT NOT NULL,
    work BIGINT NOT NULL,
    PRIMARY KEY (farm_day, board, category)
  )`
  yield* sql`CREATE TABLE tracker_village (
    url TEXT NOT NULL PRIMARY KEY,
    farmer_id TEXT NOT NULL,
    joined_at TEXT NOT NULL
  )`
})

/** For `Database.migrate`. Forward only: a change of the tables is a new entry. */
export const ledgerMigrations: Migrations = {
  "0001_ledger": createLedger,
  "0002_trust": createTrust,
  "0003_checkpoints": createCheckpoints,
  "0004_event_kinds": createEventKinds,
  "0005_shop": createShop,
  "0006_calendar": createCalendar,
  "0007_waiting_proofs": createWaitingProofs,
  "0008_proof_index": createProofIndex,
  "0009_milestones": createMilestones,
  "0010_agent_keys": createAgentKeys,
  "0011_seasons": createSeasons,
  "0012_proof_rows": createProofRows
}
