/** Holds the tables and indexes of a SQLite file against what its migrations make: a dropped index checks nothing any more. */
import { DatabaseSync } from "node:sqlite"
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import * as Database from "./Database.ts"
import { fileFault } from "./DatabaseError.ts"

const made = `SELECT type, name, sql FROM sqlite_master
  WHERE sql IS NOT NULL AND tbl_name NOT LIKE 'sqlite_%' AND tbl_name NOT LIKE 'farmops_migrations_%'`

const decode = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ type: Schema.String, name: Schema.String, sql: Schema.String }))
)

// How a statement is spaced and quoted differs between versions of SQLite that have rewritten it.
const plain = (text: string): string => text.replaceAll(/["\s]+/g, " ").trim()

const definitions = (rows: Effect.Success<ReturnType<typeof decode>>) =>
  new Map(rows.map(({ name, sql, type }) => [`${type} ${name}`, plain(sql)]))

const readFile = (path: string) =>
  Effect.try({
    try: () => {
      const db = new DatabaseSync(path, { readOnly: true, timeout: 5000 })
      try {
        return db.prepare(made).all()
      } finally {
        db.close()
      }
    },
    catch: fileFault(path)
  })

const expected = (name: string, migrations: Database.Migrations) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* Database.migrate(name, migrations)
    return definitions(yield* decode(yield* sql.unsafe(made)))
  }).pipe(Effect.provide(Database.layer(":memory:")))

/** Which tables and indexes are missing or are not as the migrations make them. Others are nobody's business. */
export const compareSchema = Effect.fn("compareSchema")(function* (
  path: string,
  name: string,
  migrations: Database.Migrations
) {
  const found = definitions(yield* decode(yield* readFile(path)))
  const faults: Array<string> = []
  for (const [what, definition] of yield* expected(name, migrations)) {
    const there = found.get(what)
    if (there === undefined) faults.push(`${what} is missing`)
    else if (there !== definition) faults.push(`${what} is not as its migration made it`)
  }
  return faults
})
