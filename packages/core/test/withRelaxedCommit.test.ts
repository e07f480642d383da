import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import * as Database from "../src/sql/Database.ts"
import { withRelaxedCommit } from "../src/sql/withRelaxedCommit.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "farmops-relaxed-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** On a file with one table. */
const onFile = <A, E>(effect: Effect.Effect<A, E, SqlClient.SqlClient>) =>
  Effect.scoped(
    Effect.flatMap(folder, (path) =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`CREATE TABLE word (text TEXT NOT NULL UNIQUE)`
        return yield* effect
      }).pipe(Effect.provide(Database.layer(join(path, "words.db"))))
    )
  )

const level = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ readonly synchronous: number }>`PRAGMA synchronous`
  return row?.synchronous
})

const write = (text: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql`INSERT INTO word ${sql.insert({ text })}`)
const words = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  Effect.map(sql<{ readonly text: string }>`SELECT text FROM word ORDER BY rowid`, (rows) =>
    rows.map(({ text }) => text)
  )
)

const normal = 1
const full = 2

describe("a relaxed commit", () => {
  it.effect("keeps what it wrote, and leaves the next commit as durable as before", () =>
    onFile(
      Effect.gen(function* () {
        assert.strictEqual(yield* withRelaxedCommit(Effect.andThen(write("one"), level)), normal)
        assert.strictEqual(yield* level, full)
        assert.deepStrictEqual(yield* words, ["one"])
      })
    )
  )

  it.effect("undoes all of it after a failure, and is durable again then too", () =>
    onFile(
      Effect.gen(function* () {
        yield* write("one")
        const twice = Effect.andThen(write("two"), write("one"))
        assert.strictEqual((yield* Effect.flip(withRelaxedCommit(twice)))._tag, "SqlError")
        assert.deepStrictEqual(yield* words, ["one"])
        assert.strictEqual(yield* level, full)
      })
    )
  )

  it.effect("makes no other transaction less durable that runs meanwhile", () =>
    onFile(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const slow = withRelaxedCommit(Effect.andThen(write("slow"), Effect.andThen(Effect.yieldNow, level)))
        const durable = sql.withTransaction(Effect.andThen(write("durable"), Effect.andThen(Effect.yieldNow, level)))
        const levels = yield* Effect.all([slow, durable, durable.pipe(Effect.flip, Effect.as(full))], {
          concurrency: 3
        })
        assert.deepStrictEqual(levels, [normal, full, full])
        assert.deepStrictEqual(yield* words, ["slow", "durable"])
      })
    )
  )
})
