import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { ledgerMigrations } from "../src/farm/ledgerTables.ts"
import * as Database from "../src/sql/Database.ts"

/** The tables and indexes after all migrations up to one, as SQLite keeps them. */
const schemaAfter = (last: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const known = Object.fromEntries(Object.entries(ledgerMigrations).filter(([key]) => key <= last))
    yield* Database.migrate("tracker", known)
    const rows = yield* sql<{ sql: string }>`SELECT sql FROM sqlite_master
      WHERE sql IS NOT NULL AND tbl_name NOT LIKE 'farmops_%' ORDER BY type DESC, name`
    return `${rows.map((row) => row.sql.replaceAll(/\n +/g, "\n  ")).join(";\n")};\n`
  }).pipe(Effect.provide(Database.layer(":memory:")))

describe("the ledger's migrations", () => {
  // A farm that ran one of them never runs it again: what is released stays as it is, and a change is another migration.
  for (const key of Object.keys(ledgerMigrations)) {
    it.effect(`make with ${key} what they made when it was released`, () =>
      Effect.gen(function* () {
        const schema = yield* schemaAfter(key)
        yield* Effect.promise(() => expect(schema).toMatchFileSnapshot(`./schema/${key}.sql`))
      })
    )
  }
})
