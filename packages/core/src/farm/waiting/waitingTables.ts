/** The table of proofs that wait for their agent's approval. It is no part of the ledger: nothing in it has a position or a coin. */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** The migration. `line` holds the exact bytes that were signed; `next_key` is the key that a rotation among them brings in. */
export const createWaitingProofs = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE tracker_waiting_proof (
    agent_id TEXT NOT NULL REFERENCES tracker_agent (agent_id),
    sequence BIGINT NOT NULL CHECK (sequence >= 0),
    proof_id TEXT NOT NULL,
    hash TEXT NOT NULL,
    line TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    next_key TEXT,
    received_at TEXT NOT NULL,
    PRIMARY KEY (agent_id, sequence)
  )`
  // Counting and summing must not read the lines.
  yield* sql`CREATE INDEX tracker_waiting_proof_bytes ON tracker_waiting_proof (bytes)`
})
