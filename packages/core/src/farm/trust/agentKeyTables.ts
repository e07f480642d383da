/** The table of the keys with which agents come through the tracker's door. */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** The migration. Of a key only its SHA-256 is kept, so a stolen database opens nothing. */
export const createAgentKeys = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE tracker_agent_key (
    sha256 TEXT NOT NULL PRIMARY KEY,
    agent_id TEXT NOT NULL REFERENCES tracker_agent (agent_id),
    number BIGINT NOT NULL,
    created_at TEXT NOT NULL,
    UNIQUE (agent_id, number)
  )`
})
