/** `farmops tracker migrate`: a stopped tracker's ledger goes to another database, whole and shown to be equal, or not at all. */
import { existsSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { moveLedger } from "@farmops/core/farm/move/moveLedger"
import * as DataDirectory from "@farmops/core/host/DataDirectory"
import { exitCodes } from "@farmops/core/host/exitCodes"
import * as Database from "@farmops/core/sql/Database"
import { Context, Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import { CommandFailed } from "./CommandFailed.ts"
import { Printer } from "./Printer.ts"
import { terminalBar } from "./terminalBar.ts"

const open = (url: string) =>
  Effect.map(Layer.build(Layer.fresh(Database.layer(url))), (services) => Context.get(services, SqlClient.SqlClient))

/** Runs the command. */
export const migrateTracker = Effect.fn("migrateTracker")(
  function* (options: {
    readonly from: string
    readonly to: string
    readonly data: Option.Option<string>
    readonly cwd: string
  }) {
    const printer = yield* Printer
    const file = Database.sqliteFile(options.from)
    if (file !== null && !existsSync(file)) {
      return yield* new CommandFailed({
        code: "no_ledger",
        detail: `there is no ledger at ${file}.`,
        cure: null,
        exitCode: exitCodes.unavailable
      })
    }
    const beside = file === null ? Option.none() : Option.some(dirname(resolve(file)))
    const folder = Option.orElse(
      Option.map(options.data, (path) => resolve(options.cwd, path)),
      () => beside
    )
    // The folder with the key is the one that a running tracker holds.
    if (Option.isNone(options.data) && Option.exists(beside, (path) => !existsSync(join(path, "tracker.key")))) {
      return yield* new CommandFailed({
        code: "no_key_folder",
        detail: "the folder of the ledger has no tracker.key.",
        cure: "Name the tracker's folder with --data, so that a tracker that runs is noticed.",
        exitCode: exitCodes.usage
      })
    }
    // A tracker that runs on this folder would go on writing to the old ledger.
    if (Option.isSome(folder)) yield* DataDirectory.open(folder.value)
    const bar = terminalBar("moving", process.stderr.isTTY === true && !printer.json)
    const source = yield* open(options.from)
    const target = yield* open(options.to)
    const moved = yield* moveLedger({ source, target, onProgress: bar.report }).pipe(Effect.ensuring(bar.clear))
    if (printer.json) return yield* printer.data(moved)
    yield* printer.line(
      `${moved.rows} rows of ${Object.keys(moved.tables).length} tables are there, equal by count and SHA-256; a replay of ${moved.proofs} proofs gives ${moved.total_coins} coins on both sides`
    )
    yield* printer.note(
      "start the tracker with --db and the new URL, and with --data and the folder that has its tracker.key"
    )
    yield* printer.note("never start one on the old ledger again: there would be two farms with one key")
  },
  Effect.scoped,
  Effect.provide(NodeServices.layer)
)
