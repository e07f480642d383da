/**
 * `farmops tracker check`: pages, tables and every rule of a ledger, each finding with what cures it. `--repair` writes anew
 * only what a replay of the lines gives, after a backup.
 */
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import type { DifferenceKind } from "@farmops/core/farm/audit/AuditReport"
import { writeBackup } from "@farmops/core/farm/backup/writeBackup"
import { ledgerMigrations } from "@farmops/core/farm/ledgerTables"
import { rebuildProjection, replayLedger } from "@farmops/core/farm/rebuildProjection"
import { wireNow } from "@farmops/core/farm/wireTime"
import * as DataDirectory from "@farmops/core/host/DataDirectory"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { checkPages } from "@farmops/core/sql/checkPages"
import { compareSchema } from "@farmops/core/sql/compareSchema"
import * as Ed25519Fastest from "@farmops/proof/Ed25519Fastest"
import { Effect, Layer, Option } from "effect"
import { auditLedger } from "./auditLedger.ts"
import { CommandFailed } from "./CommandFailed.ts"
import { findLedger, type LedgerPlace, type LedgerPlaceOptions, layerLedger } from "./openLedger.ts"
import { Printer } from "./Printer.ts"

/** What is wrong, where, and what to do about it. */
interface Finding {
  readonly kind: DifferenceKind | "page" | "schema"
  readonly place: string
  readonly detail: string
  readonly cure: string
}

const restore = "restore the newest backup that is sound; agents send again what came after it"
const repair = "farmops tracker check --repair, where a replay gives it; else restore a backup"

const cures: Readonly<Record<Finding["kind"], string>> = {
  page: restore,
  schema: "restore a backup; until then the database does not check what this index or table checks",
  line_missing: restore,
  line_damaged: restore,
  column: repair,
  chain: restore,
  event: `${restore}; somebody else's key may have signed: look at --data`,
  tile: restore,
  checkpoint: restore,
  head: restore,
  sums: repair,
  archive: "bring the archive's own file back with farmops tracker restore, or restore a backup"
}

/** What a replay of the lines can make again; nothing else is ever written. */
const isDerived = (kind: string): boolean => kind === "sums" || kind === "column"

/** A proof with a wrong mark is missed in its chain, so that the chain and its head differ too. */
const followsFromMarks = (kind: string): boolean => kind === "chain" || kind === "head"

const isRepairable = Effect.fnUntraced(function* (place: LedgerPlace, kinds: ReadonlyArray<string>) {
  const others = kinds.filter((kind) => !isDerived(kind))
  if (others.length === 0) return true
  if (!others.every(followsFromMarks)) return false
  return (yield* Effect.provide(replayLedger(), layerLedger(place))).voids_differ > 0
})

const findings = (kind: "page" | "schema", place: string, faults: ReadonlyArray<string>): ReadonlyArray<Finding> =>
  faults.map((detail) => ({ kind, place, detail, cure: cures[kind] }))

const tell = Effect.fnUntraced(function* (found: ReadonlyArray<Finding>) {
  const printer = yield* Printer
  for (const { cure, detail, kind, place } of found) {
    yield* printer.line(`${kind}: ${place}: ${detail}`)
    yield* printer.line(`  cure: ${cure}`)
  }
})

const lookAt = Effect.fnUntraced(function* (place: LedgerPlace) {
  const report = yield* auditLedger(place, { level: "full", trackerKey: Option.none() })
  const schema = place.file === null ? [] : yield* compareSchema(place.file, "tracker", ledgerMigrations)
  const found: ReadonlyArray<Finding> = [
    ...findings("schema", "the database", schema),
    ...report.first.map((difference) => ({ ...difference, cure: cures[difference.kind] }))
  ]
  const kinds = [...Object.keys(report.kinds), ...(schema.length > 0 ? ["schema"] : [])]
  return { found, kinds, count: schema.length + report.differences, report }
})

type Looked = Effect.Success<ReturnType<typeof lookAt>>

const saveFirst = Effect.fnUntraced(function* ({ dataDir, file }: LedgerPlace, isSaved: boolean) {
  if (file !== null) {
    // Held to the end: no tracker starts in the middle.
    yield* DataDirectory.open(dataDir)
    const out = join(dataDir, `before-repair-${(yield* wireNow).replaceAll(":", "")}.backup`)
    yield* writeBackup({ file, dataDir, out, onProgress: () => {} })
    return out
  }
  if (isSaved) return null
  return yield* new CommandFailed({
    code: "no_backup",
    detail: "a PostgreSQL ledger is not repaired without a backup.",
    cure: "Make one with pg_dump, then say so with --saved.",
    exitCode: exitCodes.usage
  })
})

const repairLedger = Effect.fnUntraced(function* (place: LedgerPlace, { count, kinds }: Looked, isSaved: boolean) {
  const printer = yield* Printer
  if (!(yield* isRepairable(place, kinds))) {
    return yield* new CommandFailed({
      code: "not_derivable",
      detail: `nothing was repaired: among ${count} findings are some that no replay cures.`,
      cure: "Restore the newest backup that is sound.",
      exitCode: exitCodes.dataInvalid
    })
  }
  const backup = yield* saveFirst(place, isSaved)
  if (backup !== null) yield* printer.note(`what was there is saved, as a secret: ${backup}`)
  yield* Effect.provide(rebuildProjection({ full: true }), layerLedger(place))
  return yield* lookAt(place)
}, Effect.scoped)

/** Runs the command: exit 0 when all is well or was made so, 65 with findings, 73 when the file's pages are damaged. */
export const trackerCheck = Effect.fn("trackerCheck")(
  function* (options: LedgerPlaceOptions & { readonly repair: boolean; readonly saved: boolean }) {
    const printer = yield* Printer
    const place = yield* findLedger(options)
    const pages = place.file === null ? [] : yield* checkPages(place.file)
    if (pages.length > 0) {
      // Nothing more is read: it would be told of pages that are not there.
      const found = findings("page", "the file", pages)
      yield* printer.json ? printer.data({ ok: false, findings: found }) : tell(found)
      return yield* new CommandFailed({
        code: "pages_damaged",
        detail: `the file ${place.file} is damaged.`,
        cure: "Restore the newest backup that is sound.",
        exitCode: exitCodes.corrupted
      })
    }
    const first = yield* lookAt(place)
    if (first.count > 0 && !printer.json) yield* tell(first.found)
    const isRepaired = options.repair && first.count > 0
    const last = isRepaired ? yield* repairLedger(place, first, options.saved) : first
    const { count, report } = last
    if (printer.json) {
      yield* printer.data({
        ok: count === 0,
        repaired: isRepaired,
        found: first.count,
        left: count,
        findings: first.found
      })
    }
    if (count === 0) {
      const repaired = isRepaired ? `; ${first.count} findings were repaired` : ""
      const words = `ok: pages, tables, ${report.proofs} proofs and ${report.events} events hold${repaired}`
      return yield* printer.json ? Effect.void : printer.line(words)
    }
    if (isRepaired && !printer.json) yield* tell(last.found)
    return yield* new CommandFailed({
      code: "check_found",
      detail: `the ledger is not what it should be: ${count} finding${count === 1 ? "" : "s"}${isRepaired ? " after the repair" : ""}.`,
      cure: null,
      exitCode: exitCodes.dataInvalid
    })
  },
  Effect.provide(Layer.merge(NodeServices.layer, Ed25519Fastest.layer))
)
