/** A PostgreSQL database that another version made is refused as a SQLite file is, and is left as it was. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { ledgerMigrations } from "@farmops/core/farm/ledgerTables"
import { exitCodes } from "@farmops/core/host/exitCodes"
import * as Database from "@farmops/core/sql/Database"
import { Effect, Runtime } from "effect"
import { SqlClient } from "effect/sql"
import { postgresBin, type RunningPostgres, startPostgres } from "./postgres.ts"

let server: RunningPostgres

const tables = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ name: string }>`SELECT table_name AS name FROM information_schema.tables
    WHERE table_schema = 'public' ORDER BY table_name`
  return rows.map(({ name }) => name)
})

const record = (id: number, name: string) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) => sql`INSERT INTO farmops_migrations_tracker ${sql.insert({ migration_id: id, name })}`
  )

const onDatabase = <A, E>(effect: Effect.Effect<A, E, SqlClient.SqlClient>) =>
  Effect.suspend(() => Effect.provide(effect, Database.layer(server.makeDatabase())))

describe.skipIf(postgresBin === null)("a PostgreSQL database", () => {
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.stop())

  it.live("of a newer version is refused, and left as it was", () =>
    onDatabase(
      Effect.gen(function* () {
        yield* Database.migrate("tracker", ledgerMigrations)
        yield* record(999, "later")
        const before = yield* tables
        const error = yield* Effect.flip(Database.migrate("tracker", ledgerMigrations))
        assert.deepInclude(error, { _tag: "DatabaseNewer", found: 999 })
        assert.strictEqual(Runtime.getErrorExitCode(error), exitCodes.dataNewer)
        assert.deepStrictEqual(yield* tables, before)
      })
    )
  )

  it.live("on which another migration was run in the place of one of ours is refused", () =>
    onDatabase(
      Effect.gen(function* () {
        yield* Database.migrate("tracker", {})
        yield* record(1, "other")
        const error = yield* Effect.flip(Database.migrate("tracker", ledgerMigrations))
        assert.deepInclude(error, { _tag: "MigrationChanged", found: "1_other", known: "1_ledger" })
        assert.deepStrictEqual(yield* tables, ["farmops_migrations_tracker"])
      })
    )
  )
})
