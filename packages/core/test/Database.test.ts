import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Exit, Layer, Runtime } from "effect"
import { SqlClient } from "effect/sql"
import { exitCodes } from "../src/host/exitCodes.ts"
import * as Database from "../src/sql/Database.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "farmops-database-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const create = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT NOT NULL)`
})
const migrations: Database.Migrations = { "0001_thing": create }

const open = (url: string, known: Database.Migrations = migrations) =>
  Layer.build(Database.layerMigrations("test", known).pipe(Layer.provideMerge(Database.layer(url))))

const failureOf = (url: string, known?: Database.Migrations) => Effect.flip(Effect.scoped(open(url, known)))

/** A database of some hundred pages, closed, with nothing left in a journal. */
const filledDatabase = (path: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* Database.migrate("test", migrations)
    for (let id = 0; id < 500; id++) yield* sql`INSERT INTO thing ${sql.insert({ id, name: "x".repeat(700) })}`
  }).pipe(Effect.provide(Database.layer(path)))

describe("a SQLite database", () => {
  it.effect("is chosen by a URL or a path, makes its file private, and keeps what was committed", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const file = join(directory, "farm.db")
      yield* filledDatabase(`sqlite://${file}`)
      expect(statSync(file).mode & 0o777).toBe(0o600)
      const rows = yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* Database.migrate("test", migrations)
        return yield* sql<{ readonly n: number }>`SELECT count(*) AS n FROM thing`
      }).pipe(Effect.provide(Database.layer(file)))
      expect(rows).toEqual([{ n: 500 }])
      expect(Database.sqliteFile("sqlite://data/farm.db")).toBe("data/farm.db")
      expect(Database.sqliteFile("sqlite:///var/farm.db")).toBe("/var/farm.db")
      expect(Database.sqliteFile(":memory:")).toBe(":memory:")
      expect(Database.sqliteFile("postgres://localhost/farm")).toBeNull()
    })
  )

  it.effect("syncs each commit to the disk, keeps a write-ahead log and checks references", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const values = yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const [journal] = yield* sql`PRAGMA journal_mode`
        const [synchronous] = yield* sql`PRAGMA synchronous`
        const [references] = yield* sql`PRAGMA foreign_keys`
        return { ...journal, ...synchronous, ...references }
      }).pipe(Effect.provide(Database.layer(join(directory, "farm.db"))))
      expect(values).toEqual({ journal_mode: "wal", synchronous: 2, foreign_keys: 1 })
    })
  )

  it.effect("works in memory", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`INSERT INTO thing ${sql.insert({ id: 1, name: "a" })}`
    }).pipe(
      Effect.provide(Database.layerMigrations("test", migrations).pipe(Layer.provideMerge(Database.layer(":memory:"))))
    )
  )
})

describe("a damaged database", () => {
  it.effect.each<[string, (file: string) => void]>([
    [
      "something else from its first byte on",
      (file) => writeFileSync(file, "these are my notes, not a database\n".repeat(50))
    ],
    [
      "overwritten at its beginning",
      (file) => {
        const bytes = readFileSync(file)
        bytes.fill(0x41, 0, 100)
        writeFileSync(file, bytes)
      }
    ],
    [
      "overwritten in its middle",
      (file) => {
        const bytes = readFileSync(file)
        bytes.fill(0xff, 40 * 4096, 60 * 4096)
        writeFileSync(file, bytes)
      }
    ],
    ["cut off", (file) => writeFileSync(file, readFileSync(file).subarray(0, 30 * 4096))]
  ])("is refused and left as it was when it is %s", ([, damage]) =>
    Effect.gen(function* () {
      const file = join(yield* folder, "farm.db")
      yield* filledDatabase(file)
      damage(file)
      const before = readFileSync(file)
      const error = yield* failureOf(file)
      expect(error).toMatchObject({ _tag: "DatabaseCorrupt", path: file, [Runtime.errorExitCode]: exitCodes.corrupted })
      expect(error.message).toContain("nothing was changed")
      expect(readFileSync(file).equals(before)).toBe(true)
    })
  )

  it.effect("is left as it was with a journal of a process that was killed beside it", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const file = join(directory, "farm.db")
      yield* filledDatabase(file)
      const other = new DatabaseSync(file)
      other.exec("PRAGMA wal_autocheckpoint = 0; INSERT INTO thing VALUES (1000, 'late')")
      // Copied from under an open connection: what a kill leaves.
      const left = join(directory, "left.db")
      for (const end of ["", "-wal", "-shm"]) copyFileSync(file + end, left + end)
      other.close()
      const bytes = readFileSync(left)
      bytes.fill(0xff, 40 * 4096, 60 * 4096)
      writeFileSync(left, bytes)
      expect(yield* failureOf(left)).toMatchObject({ _tag: "DatabaseCorrupt" })
      expect(readFileSync(left).equals(bytes)).toBe(true)
      expect(statSync(`${left}-wal`).size).toBeGreaterThan(0)
    })
  )
})

describe("a database that cannot be used", () => {
  it.effect("says that its folder does not exist", () =>
    Effect.gen(function* () {
      const file = join(yield* folder, "missing", "farm.db")
      const error = yield* failureOf(file)
      expect(error).toMatchObject({
        _tag: "DatabaseUnavailable",
        database: file,
        [Runtime.errorExitCode]: exitCodes.io
      })
      expect(error.message).toBe(`cannot use the database ${file}: its folder does not exist`)
    })
  )

  it.effect("says so when the path is a folder", () =>
    Effect.gen(function* () {
      const file = join(yield* folder, "farm.db")
      mkdirSync(file)
      expect(yield* failureOf(file)).toMatchObject({ _tag: "DatabaseUnavailable", kind: "file" })
    })
  )

  it.effect("names a PostgreSQL server that does not answer, without its password", () =>
    Effect.gen(function* () {
      const port = yield* Effect.callback<number>((resume) => {
        const server = createServer().listen(0, "127.0.0.1", () => {
          const address = server.address()
          server.close(() => resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0)))
        })
      })
      const error = yield* failureOf(`postgres://farm:secret@127.0.0.1:${port}/farm`)
      expect(error).toMatchObject({
        _tag: "DatabaseUnavailable",
        kind: "server",
        [Runtime.errorExitCode]: exitCodes.unavailable
      })
      expect(error.message).toContain(`127.0.0.1:${port}/farm`)
      expect(error.message).not.toContain("secret")
    })
  )
})

describe("migrations", () => {
  const second: Database.Migrations = {
    ...migrations,
    "0002_more": Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`ALTER TABLE thing ADD COLUMN more TEXT`
    })
  }

  it.effect("run once each, also in a later version, and leave other components alone", () =>
    Effect.gen(function* () {
      const file = join(yield* folder, "farm.db")
      yield* Effect.scoped(open(file))
      yield* Effect.scoped(open(file, second))
      yield* Effect.scoped(open(file, second))
      yield* Database.migrate("other", {
        "0001_other": Effect.gen(function* () {
          const sql = yield* SqlClient.SqlClient
          yield* sql`CREATE TABLE other (id INTEGER)`
        })
      }).pipe(Effect.provide(Database.layer(file)))
    })
  )

  it.effect("refuse a database that is ahead of them, and leave it as it was", () =>
    Effect.gen(function* () {
      const file = join(yield* folder, "farm.db")
      yield* Effect.scoped(open(file, second))
      const before = readFileSync(file)
      const error = yield* failureOf(file, migrations)
      expect(error).toMatchObject({ _tag: "DatabaseNewer", component: "test", found: 2, known: 1 })
      expect(error).toMatchObject({ [Runtime.errorExitCode]: exitCodes.dataNewer })
      expect(readFileSync(file).equals(before)).toBe(true)
    })
  )

  it.effect("refuse a database on which another migration was run in the place of one of theirs", () =>
    Effect.gen(function* () {
      const file = join(yield* folder, "farm.db")
      yield* Effect.scoped(open(file, second))
      const before = readFileSync(file)
      const error = yield* failureOf(file, { ...migrations, "0002_other": create, "0003_later": create })
      expect(error).toMatchObject({ _tag: "MigrationChanged", component: "test", found: "2_more", known: "2_other" })
      expect(error).toMatchObject({ [Runtime.errorExitCode]: exitCodes.dataNewer })
      expect(readFileSync(file).equals(before)).toBe(true)
    })
  )

  it.effect("leave nothing behind when one of them fails", () =>
    Effect.gen(function* () {
      const file = join(yield* folder, "farm.db")
      const broken: Database.Migrations = {
        ...migrations,
        "0002_broken": Effect.gen(function* () {
          const sql = yield* SqlClient.SqlClient
          yield* sql`CREATE TABLE half (id INTEGER)`
          yield* sql`THIS IS NO SQL`
        })
      }
      expect(yield* failureOf(file, broken)).toMatchObject({ _tag: "DatabaseUnavailable" })
      const tables = yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        return yield* sql`SELECT name FROM sqlite_master WHERE name IN ('half', 'thing')`
      }).pipe(Effect.provide(Database.layer(file)))
      expect(tables).toEqual([])
      expect(Exit.isSuccess(yield* Effect.exit(Effect.scoped(open(file))))).toBe(true)
    })
  )
})
