import { statSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { checkPages } from "../src/sql/checkPages.ts"
import { copySqlite } from "../src/sql/copySqlite.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

const count = (db: DatabaseSync): number => Number(db.prepare("SELECT count(*) AS n FROM thing").get()?.n)

/** A file of several steps' pages, and a connection that writes to it. */
const source = Effect.gen(function* () {
  const folder = yield* temporaryFolder
  const from = join(folder, "from.db")
  const writer = yield* Effect.acquireRelease(
    Effect.sync(() => new DatabaseSync(from)),
    (db) => Effect.sync(() => db.close())
  )
  writer.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; CREATE TABLE thing (name TEXT NOT NULL)")
  writer.exec(`INSERT INTO thing SELECT printf('%.*c', 900, 'x') FROM
    (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000) SELECT i FROM n)`)
  return { folder, from, writer }
})

describe("a copy of a SQLite file", () => {
  it.live("is of one moment while somebody else commits between its steps, and comes to its end", () =>
    Effect.gen(function* () {
      const { folder, from, writer } = yield* source
      const to = join(folder, "to.db")
      const remaining: Array<number> = []
      const found = yield* copySqlite({
        from,
        to,
        read: count,
        onProgress: (done, total) => {
          remaining.push(total - done)
          writer.exec("INSERT INTO thing VALUES ('later')")
        }
      })
      expect(found).toBe(30_000)
      expect(remaining.length).toBeGreaterThan(2)
      expect(remaining).toEqual(remaining.toSorted((a, b) => b - a))
      expect(count(writer)).toBe(30_000 + remaining.length)
      const copied = new DatabaseSync(to, { readOnly: true })
      expect(count(copied)).toBe(found)
      copied.close()
      expect(statSync(to).mode & 0o777).toBe(0o600)
      expect(yield* checkPages(to)).toEqual([])
    }).pipe(Effect.scoped)
  )

  it.live("is made over no other file, and of none that is not there", () =>
    Effect.gen(function* () {
      const { folder, from } = yield* source
      const how = { read: count, onProgress: () => {} }
      expect(yield* Effect.flip(copySqlite({ ...how, from, to: from }))).toMatchObject({ _tag: "DatabaseUnavailable" })
      const none = copySqlite({ ...how, from: join(folder, "none.db"), to: join(folder, "to.db") })
      expect(yield* Effect.flip(none)).toMatchObject({ _tag: "DatabaseUnavailable", kind: "file" })
    }).pipe(Effect.scoped)
  )
})
