/** `farmops tracker replay`: scores stored proofs again and compares with what the farm shows. Reads the database itself; a running farm is not disturbed. */
import { replayLedger } from "@farmops/core/farm/rebuildProjection"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { Effect } from "effect"
import { CommandFailed } from "./CommandFailed.ts"
import { findLedger, type LedgerPlaceOptions, layerLedger } from "./openLedger.ts"
import { Printer } from "./Printer.ts"

/** Runs the command: exit 0 when the sums, every reward and every void mark are the same, 65 when not. */
export const trackerReplay = Effect.fn("trackerReplay")(function* (
  options: LedgerPlaceOptions & { readonly full: boolean }
) {
  const printer = yield* Printer
  const place = yield* findLedger(options)
  const report = yield* Effect.provide(replayLedger({ full: options.full }), layerLedger(place))
  const { from, milestones_differ, rewards_differ, sums_equal, voids_differ, ...sums } = report
  const equal = sums_equal && rewards_differ === 0 && voids_differ === 0 && milestones_differ === 0
  if (printer.json) yield* printer.data({ equal, ...report })
  const counts = `${sums.proofs} proofs, ${sums.total_coins} coins and ${sums.bot_coins} of bots`
  // A replay in full starts after an archive too: what is away cannot be scored.
  const begun =
    from === 0
      ? "from the first line on"
      : `from line ${from} on${options.full ? "" : ", where its sums were kept; --full begins at the first"}`
  if (equal)
    return yield* printer.json ? Effect.void : printer.line(`ok: ${counts}, as the farm shows them; scored ${begun}`)
  return yield* new CommandFailed({
    code: "replay_differs",
    detail: sums_equal
      ? `${rewards_differ} stored rewards, ${voids_differ} void marks and ${milestones_differ} kept sums are not those of today's rules; the replay gives ${counts}.`
      : `the farm's sums are not those of its proofs; the replay gives ${counts}.`,
    cure: null,
    exitCode: exitCodes.dataInvalid
  })
})
