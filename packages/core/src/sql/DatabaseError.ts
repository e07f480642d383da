/** Why a database cannot be used. Each has an exit status of its own and one line that says what to do. */
import { Runtime, Schema } from "effect"
import { exitCodes } from "../host/exitCodes.ts"

/** The file is not a SQLite database, or its pages are damaged. Nothing was changed. */
export class DatabaseCorrupt extends Schema.TaggedError<DatabaseCorrupt>()("DatabaseCorrupt", { path: Schema.String }) {
  override get message() {
    return `${this.path} is damaged or is not a database; nothing was changed. Restore it from a backup, or move it away to start anew`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.corrupted
}

/** A newer version wrote the database. Nothing was changed. */
export class DatabaseNewer extends Schema.TaggedError<DatabaseNewer>()("DatabaseNewer", {
  component: Schema.String,
  found: Schema.Int,
  known: Schema.Int
}) {
  override get message() {
    return `the database of the ${this.component} was written by a newer version of FarmOps (schema ${this.found}, this one knows ${this.known}); nothing was changed. Use that version or a newer one`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.dataNewer
}

/** A migration that this version knows under another name has been run on the database. Nothing was changed. */
export class MigrationChanged extends Schema.TaggedError<MigrationChanged>()("MigrationChanged", {
  component: Schema.String,
  found: Schema.String,
  known: Schema.String
}) {
  override get message() {
    return `the database of the ${this.component} was made by another version of FarmOps (its schema went through ${this.found}, this one's through ${this.known}); nothing was changed. Use the version that made it`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.dataNewer
}

/** The database cannot be opened or reached. A retry may help once the cause is cured. */
export class DatabaseUnavailable extends Schema.TaggedError<DatabaseUnavailable>()("DatabaseUnavailable", {
  database: Schema.String,
  kind: Schema.Literals(["file", "server"]),
  reason: Schema.String,
  cause: Schema.Defect()
}) {
  override get message() {
    return `cannot use the database ${this.database}: ${this.reason}`
  }
  override readonly [Runtime.errorExitCode] = this.kind === "file" ? exitCodes.io : exitCodes.unavailable
}

// SQLITE_CORRUPT and SQLITE_NOTADB; the low byte of an extended code is its primary code.
const corruptCodes: ReadonlySet<number> = new Set([11, 26])

/** Whether a driver's error says that the file is damaged. */
export const isCorruption = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "errcode" in error && corruptCodes.has(Number(error.errcode) & 0xff)

// A cause that leads back to itself would be followed for ever.
const causesMax = 10

/** What an error goes back to: SQL and migration errors wrap the driver's. */
export const rootCause = (error: unknown): unknown => {
  let root = error
  for (let depth = 0; depth < causesMax; depth++) {
    const next = nextCause(root)
    if (next === undefined) return root
    root = next
  }
  return root
}

const nextCause = (error: unknown): unknown => {
  if (typeof error !== "object" || error === null) return undefined
  if ("reason" in error && error.reason instanceof Error) return error.reason
  return "cause" in error ? (error.cause ?? undefined) : undefined
}

/** What a failure of SQLite says of the file. */
export const fileFault = (path: string) => (cause: unknown) => {
  const root = rootCause(cause)
  if (isCorruption(root)) return new DatabaseCorrupt({ path })
  const reason = root instanceof Error ? root.message : "unknown"
  return new DatabaseUnavailable({ database: path, kind: "file", reason, cause })
}
