/** `farmops tracker archive` and `tracker restore`: move the ledger's beginning into a file that verifies alone, and back. */
import { statSync } from "node:fs"
import { resolve } from "node:path"
import type { ArchiveWish } from "@farmops/core/farm/archive/chooseBoundary"
import { LedgerArchive } from "@farmops/core/farm/archive/LedgerArchive"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { isTimestamp } from "@farmops/proof/proofForm"
import { Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import { CommandFailed } from "./CommandFailed.ts"
import { findLedger, type LedgerPlace, type LedgerPlaceOptions, layerLedger, layerTrackerKey } from "./openLedger.ts"
import { Printer } from "./Printer.ts"

const usage = (detail: string) => new CommandFailed({ code: "usage", detail, cure: null, exitCode: exitCodes.usage })

const readWish = (
  before: Option.Option<string>,
  keep: Option.Option<number>
): Effect.Effect<ArchiveWish, CommandFailed> => {
  if (Option.isSome(before) === Option.isSome(keep)) return Effect.fail(usage("name either --before or --keep."))
  if (Option.isSome(keep)) return Effect.succeed({ type: "keep", lines: keep.value })
  const text = Option.getOrElse(before, () => "")
  if (/^\d{1,15}$/.test(text)) return Effect.succeed({ type: "before_size", size: Number(text) })
  const time = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text
  return isTimestamp(time)
    ? Effect.succeed({ type: "before_time", time })
    : Effect.fail(usage("--before takes a number of lines, or a UTC day such as 2026-01-31."))
}

const layerArchive = (place: LedgerPlace) =>
  LedgerArchive.layer.pipe(Layer.provide(layerTrackerKey(place)), Layer.provideMerge(layerLedger(place)))

/** SQLite keeps the room of deleted text until it is told to give it back; a tracker at work may be in the way. */
const giveBackRoom = ({ file }: LedgerPlace) =>
  Effect.gen(function* () {
    if (file === null) return
    const sql = yield* SqlClient.SqlClient
    yield* sql`VACUUM`
    yield* sql`PRAGMA wal_checkpoint(TRUNCATE)`
  })

const sizeOf = (file: string | null): number => (file === null ? 0 : statSync(file).size)

/** Runs `tracker archive`. */
export const archiveLedger = Effect.fn("archiveLedger")(function* (
  options: LedgerPlaceOptions & {
    readonly before: Option.Option<string>
    readonly keep: Option.Option<number>
    readonly out: string
  }
) {
  const printer = yield* Printer
  const wish = yield* readWish(options.before, options.keep)
  const place = yield* findLedger(options)
  const out = resolve(options.cwd, options.out)
  return yield* Effect.gen(function* () {
    const { archive } = yield* LedgerArchive
    const moved = yield* archive(wish, out)
    const before = sizeOf(place.file)
    const isSmaller = yield* Effect.match(giveBackRoom(place), { onFailure: () => false, onSuccess: () => true })
    const freed = Math.max(0, before - sizeOf(place.file))
    if (printer.json) return yield* printer.data({ ...moved, file: out, bytes_freed: freed })
    yield* printer.line(`lines ${moved.from} to ${moved.to - 1} are in ${options.out}, ${freed} bytes freed`)
    yield* printer.note("keep the file: the ledger holds only hashes, ids and coins of these proofs now")
    if (!isSmaller) yield* printer.note("the database keeps its size while a tracker uses it")
  }).pipe(Effect.provide(layerArchive(place)))
})

/** Runs `tracker restore`. */
export const restoreLedger = Effect.fn("restoreLedger")(function* (
  options: LedgerPlaceOptions & { readonly path: string }
) {
  const printer = yield* Printer
  const place = yield* findLedger(options)
  return yield* Effect.gen(function* () {
    const { restore } = yield* LedgerArchive
    const moved = yield* restore(resolve(options.cwd, options.path))
    if (printer.json) return yield* printer.data(moved)
    yield* printer.line(`lines ${moved.from} to ${moved.to - 1} are back in the ledger`)
  }).pipe(Effect.provide(layerArchive(place)))
})
