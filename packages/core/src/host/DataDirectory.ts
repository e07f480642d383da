/** The folder where a host keeps its files: private, of a known version, and held by one process at a time. */

import { DatabaseSync } from "node:sqlite"
import { Effect, FileSystem, Path, Runtime, Schema, type Scope } from "effect"
import { exitCodes } from "./exitCodes.ts"

/** The version of the folder's layout. A folder with a higher number is left alone. */
export const dataVersion = 1

/** Another process works on this folder now. */
export class DataDirectoryInUse extends Schema.TaggedError<DataDirectoryInUse>()("DataDirectoryInUse", {
  path: Schema.String
}) {
  override get message() {
    return `${this.path} is in use by another farmops that is still running; stop that one, or choose another folder with --data`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.alreadyRunning
}

/** A newer version of FarmOps made this folder. Nothing was changed. */
export class DataDirectoryNewer extends Schema.TaggedError<DataDirectoryNewer>()("DataDirectoryNewer", {
  path: Schema.String,
  found: Schema.String
}) {
  override get message() {
    return `${this.path} was made by a newer version of FarmOps (data version ${this.found}, this one knows ${dataVersion}); nothing was changed. Use that version, or another folder with --data`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.dataNewer
}

/** The folder cannot be made, read or written. */
export class DataDirectoryUnusable extends Schema.TaggedError<DataDirectoryUnusable>()("DataDirectoryUnusable", {
  path: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `cannot use the data folder ${this.path}: ${this.reason}`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.io
}

/** Reads only: a newer folder is left exactly as it is. Null where no version was written yet. */
const readVersion = Effect.fnUntraced(function* (directory: string, file: string) {
  const fs = yield* FileSystem.FileSystem
  const text = yield* fs
    .readFileString(file)
    .pipe(
      Effect.catchTag("PlatformError", (error) =>
        error.reason._tag === "NotFound" ? Effect.succeed(null) : Effect.fail(error)
      )
    )
  const found = text?.trim() ?? null
  if (found !== null && found !== String(dataVersion)) {
    return yield* new DataDirectoryNewer({ path: directory, found: found.slice(0, 20) })
  }
  return found
})

const writeVersion = Effect.fnUntraced(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  // Renamed into place, so that a crash leaves either no version or a whole one.
  yield* fs.writeFileString(`${file}.new`, `${dataVersion}\n`, { mode: 0o600 })
  yield* fs.rename(`${file}.new`, file)
})

// SQLITE_BUSY and SQLITE_LOCKED.
const lockedCodes: ReadonlySet<number> = new Set([5, 6])

const lockError = (path: string, cause: unknown) => {
  const code = typeof cause === "object" && cause !== null && "errcode" in cause ? Number(cause.errcode) & 0xff : -1
  if (lockedCodes.has(code)) return new DataDirectoryInUse({ path })
  return new DataDirectoryUnusable({
    path,
    reason: `its lock.db cannot be locked (${cause instanceof Error ? cause.message : "unknown"})`
  })
}

const openLocked = (file: string): DatabaseSync => {
  const db = new DatabaseSync(file, { timeout: 0 })
  try {
    db.exec("BEGIN EXCLUSIVE")
    return db
  } catch (cause) {
    db.close()
    throw cause
  }
}

// SQLite's file lock belongs to the process: the kernel drops it however the process ends, so no lock outlives a kill -9.
const lock = (directory: string, file: string) =>
  Effect.acquireRelease(
    Effect.try({ try: () => openLocked(file), catch: (cause) => lockError(directory, cause) }),
    (db) => Effect.sync(() => db.close())
  )

/**
 * Makes the folder if there is none (mode 0700), refuses one of a newer version, and holds it until the scope closes.
 * Answers with the absolute path.
 */
export const open = Effect.fn("DataDirectory.open")(function* (
  directory: string
): Effect.fn.Return<
  string,
  DataDirectoryInUse | DataDirectoryNewer | DataDirectoryUnusable,
  FileSystem.FileSystem | Path.Path | Scope.Scope
> {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const absolute = path.resolve(directory)
  const versionFile = path.join(absolute, "version")
  return yield* Effect.gen(function* () {
    yield* fs.makeDirectory(absolute, { recursive: true, mode: 0o700 })
    yield* readVersion(absolute, versionFile)
    yield* lock(absolute, path.join(absolute, "lock.db"))
    // Read again: whoever held the folder until now may have written it.
    if ((yield* readVersion(absolute, versionFile)) === null) yield* writeVersion(versionFile)
    return absolute
  }).pipe(
    Effect.catchTag("PlatformError", (error) =>
      Effect.fail(
        new DataDirectoryUnusable({ path: absolute, reason: unusable[error.reason._tag] ?? error.reason._tag })
      )
    )
  )
})

const unusable: Readonly<Record<string, string>> = {
  PermissionDenied: "this user may not write there",
  AlreadyExists: "there is a file of that name",
  BadResource: "a part of its path is a file",
  NotFound: "it cannot be made there"
}
