/** Tells the kinds of files apart that `tracker restore` is given. */
import { closeSync, openSync, readSync, statSync } from "node:fs"

/** What a file's first bytes say of it. */
export type BackupKind = "sqlite" | "postgres"

const magics: Readonly<Record<BackupKind, string>> = { sqlite: "SQLite format 3\0", postgres: "PGDMP" }

/** Whose backup the file is: `tracker backup`'s, `pg_dump`'s, or nobody's, as an archive is. */
export const looksLikeBackup = (path: string): BackupKind | null => {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return null
  const descriptor = openSync(path, "r")
  try {
    const bytes = Buffer.alloc(magics.sqlite.length)
    readSync(descriptor, bytes)
    const text = bytes.toString("latin1")
    if (text === magics.sqlite) return "sqlite"
    return text.startsWith(magics.postgres) ? "postgres" : null
  } finally {
    closeSync(descriptor)
  }
}
