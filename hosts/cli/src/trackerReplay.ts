/** `farmops tracker replay`: scores every stored proof from nothing and compares with what the farm shows. Reads the database itself; a running farm is not disturbed. */

import { existsSync } from "node:fs"
import { join, resolve } from "node:path"
import { LedgerSettings } from "@farmops/core/farm/LedgerSettings"
import { replayLedger } from "@farmops/core/farm/rebuildProjection"
import { exitCodes } from "@farmops/core/host/exitCodes"
import * as Database from "@farmops/core/sql/Database"
import { Effect, Layer, Option } from "effect"
import { CommandFailed } from "./CommandFailed.ts"
import { findDataDirectory } from "./FarmConnection.ts"
import { Printer } from "./Printer.ts"

/** Runs the command: exit 0 when the sums and every reward are the same, 65 when not. */
export const trackerReplay = Effect.fn("trackerReplay")(function* (options: {
  readonly data: Option.Option<string>
  readonly db: Option.Option<string>
  readonly cwd: string
}) {
  const printer = yield* Printer
  const dataDir = Option.match(options.data, {
    onNone: () => findDataDirectory(options.cwd),
    onSome: (path) => resolve(options.cwd, path)
  })
  const url = Option.getOrElse(options.db, () => join(dataDir, "tracker.db"))
  const file = Database.sqliteFile(url)
  if (file !== null && !existsSync(file)) {
    return yield* new CommandFailed({
      code: "no_ledger",
      detail: `there is no ledger at ${file}.`,
      cure: "Name its folder with --data, or its database with --db.",
      exitCode: exitCodes.unavailable
    })
  }
  const ledger = LedgerSettings.layer({ timeZone: null, farmName: "replay", sample: false }).pipe(
    Layer.provideMerge(Database.layer(url))
  )
  const { sums_equal, rewards_differ, ...sums } = yield* Effect.provide(replayLedger(), ledger)
  const equal = sums_equal && rewards_differ === 0
  if (printer.json) yield* printer.data({ equal, ...sums, sums_equal, rewards_differ })
  const counts = `${sums.proofs} proofs, ${sums.total_coins} coins and ${sums.bot_coins} of bots`
  if (equal) return yield* printer.json ? Effect.void : printer.line(`ok: ${counts}, as the farm shows them`)
  return yield* new CommandFailed({
    code: "replay_differs",
    detail: sums_equal
      ? `${rewards_differ} stored rewards are not those of today's rules; the replay gives ${counts}.`
      : `the farm's sums are not those of its proofs; the replay gives ${counts}.`,
    cure: null,
    exitCode: exitCodes.dataInvalid
  })
})
