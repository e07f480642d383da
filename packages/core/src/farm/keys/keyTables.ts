/** The farm's own keys have no table: they are read from the ledger's events, before each signature. */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** The migration: finding the events of one kind costs the same however many others there are. */
export const createEventKinds = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE INDEX tracker_event_kind ON tracker_event (kind, position)`
})
