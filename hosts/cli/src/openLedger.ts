/** How the commands that look after a tracker open its database, beside a farm that may be running on it. */
import { existsSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { LedgerSettings } from "@farmops/core/farm/LedgerSettings"
import { ledgerMigrations } from "@farmops/core/farm/ledgerTables"
import { TrackerKey } from "@farmops/core/farm/TrackerKey"
import { exitCodes } from "@farmops/core/host/exitCodes"
import * as Database from "@farmops/core/sql/Database"
import * as Ed25519Fastest from "@farmops/proof/Ed25519Fastest"
import { Effect, Layer, Option } from "effect"
import { CommandFailed } from "./CommandFailed.ts"
import { findDataDirectory } from "./FarmConnection.ts"

/** What the command line says of the place. */
export interface LedgerPlaceOptions {
  readonly data: Option.Option<string>
  readonly db: Option.Option<string>
  readonly cwd: string
}

/** A database that is there, and the folder of its tracker's key. */
export interface LedgerPlace {
  readonly url: string
  /** The SQLite file; null for PostgreSQL. */
  readonly file: string | null
  readonly dataDir: string
}

/** Finds the database without opening it: opening would make one. */
export const findLedger = Effect.fnUntraced(function* (options: LedgerPlaceOptions) {
  const named = Option.map(options.data, (path) => resolve(options.cwd, path))
  const url = Option.getOrElse(options.db, () =>
    join(
      Option.getOrElse(named, () => findDataDirectory(options.cwd)),
      "tracker.db"
    )
  )
  const file = Database.sqliteFile(url)
  if (file !== null && !existsSync(file)) {
    return yield* new CommandFailed({
      code: "no_ledger",
      detail: `there is no ledger at ${file}.`,
      cure: "Name its folder with --data, or its database with --db.",
      exitCode: exitCodes.unavailable
    })
  }
  // A tracker keeps its key beside its file unless it is told otherwise.
  const beside = file === null ? findDataDirectory(options.cwd) : dirname(resolve(file))
  const place: LedgerPlace = { url, file, dataDir: Option.getOrElse(named, () => beside) }
  return place
})

/** The ledger's settings and database, for reading. */
export const layerLedger = ({ url }: LedgerPlace) =>
  LedgerSettings.layer({ timeZone: null, farmName: "farm", sample: false }).pipe(
    Layer.provideMerge(Database.layerMigrations("tracker", ledgerMigrations)),
    Layer.provideMerge(Database.layer(url)),
    Layer.provideMerge(Ed25519Fastest.layer)
  )

/** The tracker's key, which must be there: another one would speak for another farm. Needs the ledger, which names the one in force. */
export const layerTrackerKey = ({ dataDir }: LedgerPlace, options: { readonly signed?: boolean } = {}) =>
  Layer.unwrap(
    Effect.suspend(() =>
      existsSync(join(dataDir, "tracker.key"))
        ? Effect.succeed(TrackerKey.layerFile(dataDir, options).pipe(Layer.provide(Ed25519Fastest.layer)))
        : Effect.fail(
            new CommandFailed({
              code: "no_tracker_key",
              detail: `there is no tracker.key in ${dataDir}.`,
              cure: "Name the folder that has it with --data.",
              exitCode: exitCodes.unavailable
            })
          )
    )
  )
