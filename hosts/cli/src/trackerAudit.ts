/** `farmops tracker audit`: reads every stored byte of the ledger and says what holds and what does not. Writes nothing; a running farm is not disturbed. */
import { type AuditReport, type Difference, differencesMax } from "@farmops/core/farm/audit/AuditReport"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { Effect, type Option } from "effect"
import { auditLedger } from "./auditLedger.ts"
import { CommandFailed } from "./CommandFailed.ts"
import { findLedger, type LedgerPlaceOptions } from "./openLedger.ts"
import { Printer } from "./Printer.ts"

const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`

const summaryOf = ({ agents, archived, checkpoints, events, proofs, signed }: AuditReport): string =>
  [
    `${counted(proofs, "proof")} of ${counted(agents, "agent")}, ${counted(events, "event")}`,
    `${counted(signed, "line")} signed by ${counted(checkpoints, "checkpoint")}`,
    ...(archived > 0 ? [`${counted(archived, "proof")} archived`] : [])
  ].join("; ")

const lineOf = ({ detail, kind, place }: Difference): string => `${kind}: ${place}: ${detail}`

/** Runs the command: exit 0 when the whole ledger holds, 65 with the first differences when not. */
export const trackerAudit = Effect.fn("trackerAudit")(function* (
  options: LedgerPlaceOptions & { readonly level: "full" | "links"; readonly trackerKey: Option.Option<string> }
) {
  const printer = yield* Printer
  const place = yield* findLedger(options)
  const report = yield* auditLedger(place, options)
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
