/** Why a ledger was not moved to another database. The source is as it was, and the target too. */
import { Runtime, Schema } from "effect"
import { exitCodes } from "../../host/exitCodes.ts"

const whys = {
  target_not_empty: "the target has tables of a tracker already; name an empty database",
  source_older: "the source is of an earlier version; start this version's tracker on it once, then stop it",
  source_newer: "the source was written by a newer version of FarmOps; use that version",
  source_differs: "the source's sums are not those of its lines; see `farmops tracker check`",
  not_equal: "what the target holds is not what the source holds"
} as const

const reasons = Object.keys(whys) as Array<keyof typeof whys>

/** `table` is the one that differs or is in the way, where there is one. */
export class MoveRefused extends Schema.TaggedError<MoveRefused>()("MoveRefused", {
  reason: Schema.Literals(reasons),
  table: Schema.NullOr(Schema.String)
}) {
  override get message() {
    return `nothing was migrated: ${whys[this.reason]}${this.table === null ? "" : ` (${this.table})`}`
  }
  override readonly [Runtime.errorExitCode] =
    this.reason === "source_newer" ? exitCodes.dataNewer : exitCodes.dataInvalid
}
