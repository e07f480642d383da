/** Looks at a SQLite file before it is opened for good. Reads only: a damaged file is left as it was found. */

import { closeSync, openSync, statSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { Effect } from "effect"
import { DatabaseCorrupt, DatabaseUnavailable, isCorruption } from "./DatabaseError.ts"

// Checking each page takes about 10 ms for 16 MiB. In a larger file the schema is read, and the damage is met by the first
// query that reads it: a start must stay quick.
const quickCheckBytesMax = 16 * 1024 * 1024

const words: Readonly<Record<string, string>> = {
  ENOENT: "its folder does not exist",
  EACCES: "this user may not read and write it",
  EPERM: "this user may not read and write it",
  EROFS: "it is on a read-only disk",
  ENOTDIR: "its folder is a file"
}

const reasonOf = (cause: unknown): string => {
  const code = typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : ""
  return words[code] ?? (cause instanceof Error ? cause.message : "unknown")
}

const isSound = (path: string, bytes: number): boolean => {
  // Without the right to write, closing cannot move a journal into a file that may be damaged.
  const db = new DatabaseSync(path, { readOnly: true, timeout: 5000 })
  try {
    db.prepare("SELECT count(*) FROM sqlite_master").get()
    if (bytes > quickCheckBytesMax) return true
    const row = db.prepare("PRAGMA quick_check(1)").get()
    return row?.quick_check === "ok"
  } finally {
    db.close()
  }
}

const check = (path: string): boolean => {
  // Nobody else may read what is kept here; the journals that SQLite makes get the same mode as the file.
  closeSync(openSync(path, "a", 0o600))
  const stat = statSync(path)
  return stat.size === 0 || isSound(path, stat.size)
}

/** Makes the file if there is none (mode 0600). Fails where it cannot be used or is damaged. */
export const checkSqliteFile = (path: string): Effect.Effect<void, DatabaseCorrupt | DatabaseUnavailable> =>
  Effect.try({
    try: () => check(path),
    catch: (cause) =>
      isCorruption(cause)
        ? new DatabaseCorrupt({ path })
        : new DatabaseUnavailable({ database: path, kind: "file", reason: reasonOf(cause), cause })
  }).pipe(Effect.flatMap((sound) => (sound ? Effect.void : Effect.fail(new DatabaseCorrupt({ path })))))
