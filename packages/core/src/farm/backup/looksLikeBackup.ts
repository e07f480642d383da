/** Tells the two kinds of files apart that `tracker restore` takes. */
import { closeSync, openSync, readSync, statSync } from "node:fs"

const magic = "SQLite format 3\0"

/** Whether the file's first bytes are those of a backup, and not of an archive. */
export const looksLikeBackup = (path: string): boolean => {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return false
  const descriptor = openSync(path, "r")
  try {
    const bytes = Buffer.alloc(magic.length)
    readSync(descriptor, bytes)
    return bytes.toString("latin1") === magic
  } finally {
    closeSync(descriptor)
  }
}
