/** Which plugins have been in the folder of sockets, in the agent's database: ids, versions, source types and times, no more. */
import { type SeenPlugin, SeenPlugins, SeenPluginsUnavailable } from "@farmops/plugin-sdk/runtime/SeenPlugins"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"

const createTable = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE agent_seen_plugin (
    id TEXT NOT NULL PRIMARY KEY,
    version TEXT NOT NULL,
    sources TEXT NOT NULL,
    away_since BIGINT
  )`
})

/** For `Database.layerMigrations`. */
export const seenPluginMigrations = { "0001_seen_plugin": createTable }

interface Row {
  readonly id: string
  readonly version: string
  readonly sources: string
  readonly away_since: number | string | null
}

// Source types hold no space.
const separator = " "

const pluginOf = ({ away_since, id, sources, version }: Row): SeenPlugin => ({
  id,
  version,
  sources: sources.split(separator).filter((one) => one !== ""),
  awaySince: away_since === null ? null : Number(away_since)
})

const unavailable = (cause: unknown) => new SeenPluginsUnavailable({ cause })

/** The list in the given database; `windowMs` is for how long an observation waits. */
export const layerSeenPlugins = (windowMs: number) =>
  Layer.effect(
    SeenPlugins,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const rows = yield* Effect.mapError(
        sql<Row>`SELECT id, version, sources, away_since FROM agent_seen_plugin ORDER BY id`,
        unavailable
      )
      return {
        windowMs,
        known: rows.map(pluginOf),
        keep: ({ awaySince, id, sources, version }: SeenPlugin) =>
          sql`INSERT INTO agent_seen_plugin ${sql.insert({ id, version, sources: sources.join(separator), away_since: awaySince })}
            ON CONFLICT (id) DO UPDATE
            SET version = excluded.version, sources = excluded.sources, away_since = excluded.away_since`.pipe(
            Effect.asVoid,
            Effect.mapError(unavailable)
          ),
        forget: (id: string) =>
          sql`DELETE FROM agent_seen_plugin WHERE id = ${id}`.pipe(Effect.asVoid, Effect.mapError(unavailable))
      }
    })
  )
