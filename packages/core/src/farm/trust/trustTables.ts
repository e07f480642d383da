/**
 * The tables behind rotation, recovery, revocation and forks. `tracker_farm.entries` counts the lines of the ledger, proofs
 * and events together: the next line gets it as its position.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

// SQLite changes neither a CHECK nor a NOT NULL nor a UNIQUE in place, so both databases get new tables and the old rows.
const rebuildAgents = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE tracker_agent RENAME TO tracker_agent_0001`
  yield* sql`CREATE TABLE tracker_agent (
    agent_id TEXT NOT NULL PRIMARY KEY,
    public_key TEXT NOT NULL UNIQUE,
    recovery_public_key TEXT,
    cluster_alias TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'approved', 'frozen', 'revoked')),
    enrolled_at TEXT NOT NULL,
    decided_at TEXT,
    branch BIGINT NOT NULL DEFAULT 0,
    head_sequence BIGINT,
    head_proof_id TEXT,
    head_hash TEXT
  )`
  yield* sql`INSERT INTO tracker_agent
    (agent_id, public_key, cluster_alias, status, enrolled_at, decided_at, head_sequence, head_proof_id, head_hash)
    SELECT agent_id, public_key, cluster_alias, status, enrolled_at, decided_at, head_sequence, head_proof_id, head_hash
    FROM tracker_agent_0001`
})

const rebuildProofs = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE tracker_proof RENAME TO tracker_proof_0001`
  // An archived proof keeps its row and loses its body: `line` and `scoring_detail`.
  yield* sql`CREATE TABLE tracker_proof (
    position BIGINT NOT NULL PRIMARY KEY,
    proof_id TEXT NOT NULL UNIQUE,
    agent_id TEXT NOT NULL REFERENCES tracker_agent (agent_id),
    branch BIGINT NOT NULL DEFAULT 0,
    sequence BIGINT NOT NULL CHECK (sequence >= 0),
    hash TEXT NOT NULL UNIQUE,
    line TEXT,
    coins BIGINT NOT NULL,
    scoring_detail TEXT,
    received_at TEXT NOT NULL,
    void TEXT CHECK (void IN ('recovery', 'revocation')),
    UNIQUE (agent_id, branch, sequence)
  )`
  yield* sql`INSERT INTO tracker_proof
    (position, proof_id, agent_id, sequence, hash, line, coins, scoring_detail, received_at)
    SELECT position, proof_id, agent_id, sequence, hash, line, coins, scoring_detail, received_at
    FROM tracker_proof_0001`
  yield* sql`DROP TABLE tracker_proof_0001`
  yield* sql`DROP TABLE tracker_agent_0001`
})

/** The migration. Every row of before stays; each agent's first key epoch is the key that it enrolled with. */
export const createTrust = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* rebuildAgents
  yield* rebuildProofs
  yield* sql`ALTER TABLE tracker_farm ADD COLUMN entries BIGINT NOT NULL DEFAULT 0`
  yield* sql`UPDATE tracker_farm SET entries = length`
  yield* sql`CREATE TABLE tracker_event (
    position BIGINT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    line TEXT NOT NULL,
    occurred_at TEXT NOT NULL
  )`
  // A key belongs to one agent and comes into force once.
  yield* sql`CREATE TABLE tracker_key_epoch (
    agent_id TEXT NOT NULL REFERENCES tracker_agent (agent_id),
    branch BIGINT NOT NULL,
    first_sequence BIGINT NOT NULL CHECK (first_sequence >= 0),
    public_key TEXT NOT NULL UNIQUE,
    PRIMARY KEY (agent_id, branch, first_sequence)
  )`
  yield* sql`INSERT INTO tracker_key_epoch (agent_id, branch, first_sequence, public_key)
    SELECT agent_id, 0, 0, public_key FROM tracker_agent`
  // The id is the hash of the evidence: the same fork shown again is no second row.
  yield* sql`CREATE TABLE tracker_fork (
    id TEXT NOT NULL PRIMARY KEY,
    agent_id TEXT NOT NULL REFERENCES tracker_agent (agent_id),
    sequence BIGINT NOT NULL,
    evidence TEXT NOT NULL,
    received_at TEXT NOT NULL
  )`
  yield* sql`CREATE INDEX tracker_fork_agent ON tracker_fork (agent_id)`
})
