/** One audit of a ledger at hand, as `tracker audit` and `tracker check` both do it. */
import { LedgerAudit } from "@farmops/core/farm/audit/LedgerAudit"
import { TrackerKey } from "@farmops/core/farm/TrackerKey"
import { AuditPool } from "@farmops/proof/AuditPool"
import { Effect, Layer, Option } from "effect"
import { type LedgerPlace, layerLedger, layerTrackerKey } from "./openLedger.ts"
import { Printer } from "./Printer.ts"

/** libsodium where it is installed: it verifies twice as fast, with the same verdicts. */
const layerPool = AuditPool.layer({ backend: "sodium", sodiumFrom: import.meta.url }).pipe(
  Layer.catchTag("AuditBackendUnavailable", () => AuditPool.layer({ backend: "node" }))
)

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

/** Audits by the given key, or by the one in the ledger's folder. */
export const auditLedger = Effect.fnUntraced(function* (
  place: LedgerPlace,
  options: { readonly level: "full" | "links"; readonly trackerKey: Option.Option<string> }
) {
  const printer = yield* Printer
  const trackerKey = yield* Option.match(options.trackerKey, {
    onNone: () =>
      Effect.map(
        Effect.provide(TrackerKey, Layer.provide(layerTrackerKey(place, { signed: false }), layerLedger(place))),
        ({ publicKey }) => publicKey
      ),
    onSome: Effect.succeed
  })
  const progress = progressLine(process.stderr.isTTY === true && !printer.json)
  return yield* Effect.flatMap(LedgerAudit, ({ audit }) =>
    audit({ level: options.level, trackerKey, onProgress: progress.tell })
  ).pipe(
    Effect.provide(LedgerAudit.layer.pipe(Layer.provide(layerPool), Layer.provide(layerLedger(place)))),
    Effect.ensuring(progress.clear)
  )
})
