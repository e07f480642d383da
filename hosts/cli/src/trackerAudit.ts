/** `farmops tracker audit`: reads every stored byte of the ledger and says what holds and what does not. Writes nothing; a running farm is not disturbed. */
import { type AuditReport, type Difference, differencesMax } from "@farmops/core/farm/audit/AuditReport"
import { LedgerAudit } from "@farmops/core/farm/audit/LedgerAudit"
import { TrackerKey } from "@farmops/core/farm/TrackerKey"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { AuditPool } from "@farmops/proof/AuditPool"
import { Effect, Layer, Option } from "effect"
import { CommandFailed } from "./CommandFailed.ts"
import { findLedger, type LedgerPlaceOptions, layerLedger, layerTrackerKey } from "./openLedger.ts"
import { Printer } from "./Printer.ts"

/** libsodium where it is installed: it verifies twice as fast, with the same verdicts. */
const layerPool = AuditPool.layer({ backend: "sodium", sodiumFrom: import.meta.url }).pipe(
  Layer.catchTag("AuditBackendUnavailable", () => AuditPool.layer({ backend: "node" }))
)

const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`

const summaryOf = ({ agents, archived, checkpoints, events, proofs, signed }: AuditReport): string =>
  [
    `${counted(proofs, "proof")} of ${counted(agents, "agent")}, ${counted(events, "event")}`,
    `${counted(signed, "line")} signed by ${counted(checkpoints, "checkpoint")}`,
    ...(archived > 0 ? [`${counted(archived, "proof")} archived`] : [])
  ].join("; ")

const lineOf = ({ detail, kind, place }: Difference): string => `${kind}: ${place}: ${detail}`

/** A line on the terminal that says how far the audit is. */
const progressLine = (isShown: boolean) => ({
  tell: (part: "lines" | "proofs", done: number) => {
    if (isShown)
      process.stderr.write(`\r\x1b[K${done.toLocaleString("en")} ${part} ${part === "lines" ? "read" : "checked"}…`)
  },
  clear: Effect.sync(() => {
    if (isShown) process.stderr.write("\r\x1b[K")
  })
})

/** Runs the command: exit 0 when the whole ledger holds, 65 with the first differences when not. */
export const trackerAudit = Effect.fn("trackerAudit")(function* (
  options: LedgerPlaceOptions & { readonly level: "full" | "links"; readonly trackerKey: Option.Option<string> }
) {
  const printer = yield* Printer
  const place = yield* findLedger(options)
  const trackerKey = yield* Option.match(options.trackerKey, {
    onNone: () =>
      Effect.map(
        Effect.provide(TrackerKey, Layer.provide(layerTrackerKey(place), layerLedger(place))),
        ({ publicKey }) => publicKey
      ),
    onSome: Effect.succeed
  })
  const progress = progressLine(process.stderr.isTTY === true && !printer.json)
  const report = yield* Effect.flatMap(LedgerAudit, ({ audit }) =>
    audit({ level: options.level, trackerKey, onProgress: progress.tell })
  ).pipe(
    Effect.provide(LedgerAudit.layer.pipe(Layer.provide(layerPool), Layer.provide(layerLedger(place)))),
    Effect.ensuring(progress.clear)
  )
  if (printer.json) yield* printer.data({ ok: report.differences === 0, ...report })
  if (report.differences === 0) {
    if (printer.json) return
    yield* printer.line(`ok: ${summaryOf(report)}`)
    for (const sentence of report.proves) yield* printer.line(`- ${sentence}`)
    return
  }
  if (!printer.json) for (const difference of report.first) yield* printer.line(lineOf(difference))
  const more = report.differences > differencesMax ? `; the first ${differencesMax} are listed` : ""
  return yield* new CommandFailed({
    code: "audit_differs",
    detail: `the ledger is not what it should be: ${counted(report.differences, "difference")}${more}.`,
    cure: null,
    exitCode: exitCodes.dataInvalid
  })
})
