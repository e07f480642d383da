/** `farmops tracker backup` and, for what it wrote, `tracker restore`: a tracker as one file, made while it serves. */
import { dirname, join, resolve } from "node:path"
import { NodeServices } from "@effect/platform-node"
import type { BackupKind } from "@farmops/core/farm/backup/looksLikeBackup"
import { restoreBackup } from "@farmops/core/farm/backup/restoreBackup"
import { writeBackup } from "@farmops/core/farm/backup/writeBackup"
import { exitCodes } from "@farmops/core/host/exitCodes"
import * as Database from "@farmops/core/sql/Database"
import * as Ed25519Fastest from "@farmops/proof/Ed25519Fastest"
import { Effect, Layer, Option } from "effect"
import { CommandFailed } from "./CommandFailed.ts"
import { findDataDirectory } from "./FarmConnection.ts"
import { findLedger, type LedgerPlaceOptions } from "./openLedger.ts"
import { Printer } from "./Printer.ts"
import { pgDump, pgRestore } from "./postgresCommands.ts"
import { terminalBar } from "./terminalBar.ts"

const services = Layer.merge(NodeServices.layer, Ed25519Fastest.layer)

const forPostgres = (command: string, keys: string) =>
  new CommandFailed({
    code: "postgres",
    detail: `PostgreSQL has its own programs for this; run \`${command}\`.`,
    cure: keys,
    exitCode: exitCodes.usage
  })

/** Runs `tracker backup`. */
export const backupTracker = Effect.fn("backupTracker")(function* (
  options: LedgerPlaceOptions & { readonly path: string }
) {
  const printer = yield* Printer
  const { dataDir, file, url } = yield* findLedger(options)
  if (file === null) {
    return yield* forPostgres(pgDump(url, options.path), `Keep tracker.key and owner-token of ${dataDir} with it.`)
  }
  const bar = terminalBar("saving", process.stderr.isTTY === true && !printer.json)
  const out = resolve(options.cwd, options.path)
  const report = yield* writeBackup({ file, dataDir, out, onProgress: bar.report }).pipe(
    Effect.ensuring(bar.clear),
    Effect.provide(services)
  )
  if (printer.json) return yield* printer.data({ file: out, ...report })
  yield* printer.line(`${report.lines} lines are in ${options.path}, checked: ${report.bytes} bytes`)
  yield* printer.note(
    `the file is a secret: it holds ${report.secrets.join(", ")}, and who has it can speak for the farm`
  )
})

/** Where a restored tracker goes: nothing needs to be there. */
const findPlace = (options: LedgerPlaceOptions) => {
  const named = Option.map(options.data, (path) => resolve(options.cwd, path))
  const folder = Option.getOrElse(named, () => findDataDirectory(options.cwd))
  const url = Option.getOrElse(options.db, () => join(folder, "tracker.db"))
  const file = Database.sqliteFile(url)
  const whole = file === null ? null : resolve(options.cwd, file)
  const beside = whole === null || Option.isNone(options.db) ? folder : dirname(whole)
  return { url, file: whole, dataDir: Option.getOrElse(named, () => beside) }
}

/** Runs `tracker restore` for a file of `tracker backup`, and says what to run for one of `pg_dump`. */
export const restoreTracker = Effect.fn("restoreTracker")(function* (
  options: LedgerPlaceOptions & { readonly path: string; readonly kind: BackupKind }
) {
  const printer = yield* Printer
  const { dataDir, file, url } = findPlace(options)
  const path = resolve(options.cwd, options.path)
  if (options.kind === "postgres") {
    const to = file === null ? url : "postgres://…"
    return yield* forPostgres(
      pgRestore(to, options.path),
      "Then put tracker.key and owner-token into the --data folder."
    )
  }
  if (file === null) {
    return yield* new CommandFailed({
      code: "sqlite_backup",
      detail: "a backup of a SQLite tracker is restored to SQLite.",
      cure: "Take it on to PostgreSQL with farmops tracker migrate.",
      exitCode: exitCodes.usage
    })
  }
  const restored = yield* Effect.scoped(restoreBackup({ path, file, dataDir })).pipe(Effect.provide(services))
  if (printer.json) return yield* printer.data({ file, ...restored })
  yield* printer.line(`${restored.lines} lines and ${restored.secrets.join(", ")} are restored to ${file}`)
})
