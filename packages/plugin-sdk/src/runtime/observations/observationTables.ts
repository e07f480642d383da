/** The tables of {@link ObservationStoreSql}. Nothing in them can be read without the key but source types, plugins' ids and times. */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const createTables = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const bytes = sql.onDialectOrElse({ sqlite: () => sql.literal("BLOB"), orElse: () => sql.literal("BYTEA") })
  // UNIQUE on the id is the second check of what `offer` has read already.
  yield* sql`CREATE TABLE agent_pending_observation (
    position BIGINT NOT NULL PRIMARY KEY,
    id_digest TEXT NOT NULL UNIQUE,
    source_type TEXT NOT NULL,
    subject_digest TEXT,
    taken_at BIGINT NOT NULL,
    sealed ${bytes} NOT NULL
  )`
  yield* sql`CREATE TABLE agent_observation_answer (
    position BIGINT NOT NULL,
    plugin TEXT NOT NULL,
    PRIMARY KEY (position, plugin)
  )`
  yield* sql`CREATE TABLE agent_finished_observation (
    id_digest TEXT NOT NULL PRIMARY KEY,
    finished_at BIGINT NOT NULL
  )`
  yield* sql`CREATE INDEX agent_finished_observation_at ON agent_finished_observation (finished_at)`
  // `written` orders one plugin's memories by when each was last written.
  yield* sql`CREATE TABLE agent_plugin_memory (
    plugin TEXT NOT NULL,
    subject_digest TEXT NOT NULL,
    written BIGINT NOT NULL,
    sealed ${bytes} NOT NULL,
    PRIMARY KEY (plugin, subject_digest)
  )`
  yield* sql`CREATE INDEX agent_plugin_memory_written ON agent_plugin_memory (plugin, written)`
  yield* sql`CREATE TABLE agent_observation_note (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)`
})

// Which plugins did not survive which observation: asked as if for the first time at each start, they would be given up.
const createSetAside = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE agent_observation_set_aside (
    position BIGINT NOT NULL,
    plugin TEXT NOT NULL,
    PRIMARY KEY (position, plugin)
  )`
})

/** For `Database.layerMigrations`. */
export const observationMigrations: Record<string, typeof createTables> = {
  "0001_observation_store": createTables,
  "0002_set_aside": createSetAside
}
