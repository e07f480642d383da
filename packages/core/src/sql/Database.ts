/**
 * One SQL code base on two databases: a URL chooses SQLite or PostgreSQL. Every commit is on disk before it is answered,
 * and a file that is damaged, or that a newer version wrote, is refused before anything is written to it.
 */
import { PgClient } from "@effect/sql-pg"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Effect, Layer, Redacted } from "effect"
import { Reactivity } from "effect/reactivity"
import { Migrator, SqlClient } from "effect/sql"
import { checkSqliteFile } from "./checkSqliteFile.ts"
import {
  DatabaseCorrupt,
  DatabaseNewer,
  DatabaseUnavailable,
  fileFault,
  isCorruption,
  MigrationChanged,
  rootCause
} from "./DatabaseError.ts"

/** The file of a `sqlite:` URL or plain path, `:memory:` as it is; null for PostgreSQL. */
export const sqliteFile = (url: string): string | null => {
  if (/^postgres(ql)?:/.test(url)) return null
  return url.replace(/^sqlite:(\/\/)?/, "")
}

// A commit returns when its bytes are on the disk. One process holds the file, so a lock is waited for only when a
// backup or a curious person reads it.
const pragmas = [
  "PRAGMA synchronous = FULL",
  "PRAGMA foreign_keys = ON",
  "PRAGMA busy_timeout = 5000",
  // 32 MiB: indexes that are written at random places stay in memory from one commit to the next.
  "PRAGMA cache_size = -32768",
  // 32 MiB of the log before it goes into the file: a page that changes in many commits is copied once.
  "PRAGMA wal_autocheckpoint = 8000"
]

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : "unknown")

const makeSqlite = Effect.fnUntraced(function* (path: string) {
  const fail = fileFault(path)
  if (path !== ":memory:") yield* checkSqliteFile(path)
  const client = yield* SqliteClient.make({ filename: path }).pipe(
    Effect.catchDefect((defect) => Effect.fail(fail(defect)))
  )
  for (const pragma of pragmas) yield* Effect.mapError(client.unsafe(pragma), fail)
  // The client's own type has one member less than every client has, by its declaration only.
  const general: SqlClient.SqlClient = client
  return general
})

// The server's words may quote the URL; its host and database are all that a person needs.
const placeOf = (url: string): string => {
  const { host, pathname } = URL.canParse(url) ? new URL(url) : { host: "postgres", pathname: "" }
  return `${host}${pathname}`
}

const layerPostgres = (url: string): Layer.Layer<SqlClient.SqlClient, DatabaseUnavailable> =>
  Layer.effect(
    SqlClient.SqlClient,
    Effect.gen(function* () {
      const client: SqlClient.SqlClient = yield* PgClient.make({ url: Redacted.make(url) })
      // A pool connects when it is first used: use it now, so that a wrong address is met at the start and not later.
      yield* client`SELECT 1`
      return client
    }).pipe(
      Effect.mapError(
        (cause) =>
          new DatabaseUnavailable({
            database: placeOf(url),
            kind: "server",
            reason: "the server does not answer or does not let us in",
            cause
          })
      )
    )
  ).pipe(Layer.provide(Reactivity.layer))

/**
 * The client for `sqlite:///absolute/path`, `sqlite://relative/path`, a plain path, `:memory:` or `postgres://…`.
 * On SQLite it is one connection: a long transaction holds up every other query of the process.
 */
export const layer = (url: string): Layer.Layer<SqlClient.SqlClient, DatabaseCorrupt | DatabaseUnavailable> => {
  const path = sqliteFile(url)
  return path === null
    ? layerPostgres(url)
    : Layer.effect(SqlClient.SqlClient, makeSqlite(path)).pipe(Layer.provide(Reactivity.layer))
}

/** Migrations keyed `0001_name`, run once each in the order of their numbers, in one transaction. Forward only. */
export type Migrations = Record<string, Effect.Effect<void, unknown, SqlClient.SqlClient>>

/** Why the tables could not be brought up to date. Nothing was changed. */
export type MigrationFault = DatabaseCorrupt | DatabaseNewer | DatabaseUnavailable | MigrationChanged

/** The last migration of a record. */
export const latestMigration = (migrations: Migrations): number =>
  Math.max(0, ...Object.keys(migrations).map((key) => Number.parseInt(key, 10)))

const namesById = (migrations: Migrations): ReadonlyMap<number, string> =>
  new Map(Object.keys(migrations).map((key) => [Number.parseInt(key, 10), key.slice(key.indexOf("_") + 1)]))

/** Brings the tables of one component up to date, or refuses a database that is ahead of this version. */
export const migrate = Effect.fn("Database.migrate")(function* (
  name: string,
  migrations: Migrations
): Effect.fn.Return<void, MigrationFault, SqlClient.SqlClient> {
  const sql = yield* SqlClient.SqlClient
  const table = `farmops_migrations_${name}`
  const database = `of the ${name}`
  const fail = (cause: unknown) =>
    isCorruption(rootCause(cause))
      ? new DatabaseCorrupt({ path: `the database ${database}` })
      : new DatabaseUnavailable({ database, kind: "file", reason: reasonOf(rootCause(cause)), cause })
  const run = (known: Migrations) =>
    Migrator.make({})({ loader: Migrator.fromRecord(known), table }).pipe(Effect.mapError(fail))
  // First without any migration: that makes the table that tells how far this database is.
  yield* run({})
  const rows = yield* sql<{
    readonly id: number | bigint
    readonly name: string
  }>`SELECT migration_id AS id, name FROM ${sql(table)} ORDER BY migration_id`.pipe(Effect.mapError(fail))
  const found = Number(rows.at(-1)?.id ?? 0)
  const known = latestMigration(migrations)
  if (found > known) return yield* new DatabaseNewer({ component: name, found, known })
  const names = namesById(migrations)
  for (const { id, name: ran } of rows) {
    const ours = names.get(Number(id)) ?? "none"
    if (ran !== ours)
      return yield* new MigrationChanged({ component: name, found: `${id}_${ran}`, known: `${id}_${ours}` })
  }
  if (found < known) yield* run(migrations)
})

/** A layer that only migrates, to be provided below the services that use the tables. */
export const layerMigrations = (name: string, migrations: Migrations) => Layer.effectDiscard(migrate(name, migrations))
