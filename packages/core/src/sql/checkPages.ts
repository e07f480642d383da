/** Reads every page of a SQLite file and says what is wrong with it. Writes nothing. */
import { DatabaseSync } from "node:sqlite"
import { Effect } from "effect"
import { DatabaseCorrupt, type DatabaseUnavailable, fileFault } from "./DatabaseError.ts"

/** The first faults are enough to know that the file must be replaced. */
const faultsMax = 20

const read = (path: string): ReadonlyArray<string> => {
  const db = new DatabaseSync(path, { readOnly: true, timeout: 5000 })
  try {
    const pages = db
      .prepare(`PRAGMA integrity_check(${faultsMax})`)
      .all()
      .map((row) => String(row.integrity_check))
    const references = db.prepare("PRAGMA foreign_key_check").all()
    return [
      ...(pages[0] === "ok" ? [] : pages),
      ...references.slice(0, faultsMax).map(({ parent, rowid, table }) => `row ${rowid} of ${table} names no ${parent}`)
    ]
  } finally {
    db.close()
  }
}

/** What SQLite's own checks of pages, indexes, constraints and references find; empty for a sound file. */
export const checkPages = (path: string): Effect.Effect<ReadonlyArray<string>, DatabaseUnavailable> =>
  Effect.try({ try: () => read(path), catch: fileFault(path) }).pipe(
    Effect.catchIf(
      (error) => error instanceof DatabaseCorrupt,
      () => Effect.succeed(["the file is no database, or its first pages are damaged"])
    )
  )
