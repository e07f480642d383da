/** What sources remember between two starts, sealed in the agent's database under the key of the observations. */
import type { ObservationKey } from "@farmops/plugin-sdk/runtime/observations/sealedRow"
import { type SourceMemory, sourceMemoryBytesMax } from "@farmops/plugin-sdk/sources/SourceMemory"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const createTable = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE agent_source_memory (name TEXT NOT NULL PRIMARY KEY, sealed BLOB NOT NULL)`
})

/** For `Database.layerMigrations`. */
export const sourceMemoryMigrations = { "0001_source_memory": createTable }

/**
 * A memory for the source of that name. One that cannot be read is as none at all: the source then sees everything as if for the
 * first time, and its observations' ids make that harmless. One that cannot be written is kept until the next time.
 */
export const makeSourceMemory = Effect.fnUntraced(function* (key: ObservationKey, name: string) {
  const sql = yield* SqlClient.SqlClient
  const place = ["source", name]
  const unwritten = (cause: unknown) =>
    Effect.logWarning("a source's memory could not be written").pipe(Effect.annotateLogs({ source: name, cause }))
  const memory: SourceMemory = {
    get: sql<{ sealed: Uint8Array }>`SELECT sealed FROM agent_source_memory WHERE name = ${name}`.pipe(
      Effect.map(([row]) => (row === undefined ? null : key.open(place, row.sealed))),
      Effect.orElseSucceed(() => null)
    ),
    put: (bytes) =>
      bytes.length > sourceMemoryBytesMax
        ? unwritten("too_large")
        : sql`INSERT INTO agent_source_memory ${sql.insert({ name, sealed: key.seal(place, bytes) })}
            ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed`.pipe(
            Effect.asVoid,
            Effect.catch((error) => unwritten(error.reason._tag))
          )
  }
  return memory
})
