/** The table of milestones: the farm's sums at some lengths of its ledger. */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/**
 * The migration. A milestone's `state` is what `projectionBytes` gives for the lines before position `size`. `settled` counts
 * how often what came before was judged anew, by a recovery, a revocation or a rebuild. The indexes find a time's line.
 */
export const createMilestones = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE tracker_milestone (
    size BIGINT NOT NULL PRIMARY KEY CHECK (size > 0),
    state TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    created_at TEXT NOT NULL
  )`
  yield* sql`ALTER TABLE tracker_farm ADD COLUMN settled BIGINT NOT NULL DEFAULT 0`
  yield* sql`CREATE INDEX tracker_proof_received ON tracker_proof (received_at, position)`
  yield* sql`CREATE INDEX tracker_event_occurred ON tracker_event (occurred_at, position)`
})
