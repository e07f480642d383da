/** Why the tracker will not sign, or hand out a proof. Whatever it says, nothing was signed and nothing was changed. */
import { Effect, Runtime, Schema } from "effect"
import { exitCodes } from "../../host/exitCodes.ts"
import { LedgerUnavailable } from "../LedgerUnavailable.ts"

const details = {
  gap: "a line of the ledger is missing",
  line_missing: "a line without its bytes follows the last checkpoint",
  ledger_shorter: "the ledger has fewer lines than the last checkpoint says",
  tile_missing: "the tree has fewer hashes than the ledger has lines",
  tile_damaged: "a stored piece of the tree cannot be read",
  previous_note: "the last checkpoint is not one that this tracker signed",
  previous_root: "the tree no longer has the root that the last checkpoint says",
  not_consistent: "the grown tree does not continue the last checkpoint",
  not_included: "a stored line is not the one that the checkpoint was signed over"
} as const

/** What was found. */
export type InconsistencyReason = keyof typeof details

const reasons = Object.keys(details) as Array<InconsistencyReason>

/**
 * The stored ledger does not continue the last signed checkpoint: it was changed from outside, or damaged. The tracker goes
 * on taking proofs and signs no checkpoint until the cause is found; `farmops tracker audit` says where.
 */
export class CheckpointInconsistent extends Schema.TaggedError<CheckpointInconsistent>()("CheckpointInconsistent", {
  reason: Schema.Literals(reasons),
  /** The position or the size at which it shows. */
  at: Schema.Int
}) {
  override get message() {
    return `the ledger is not the one that was signed: ${details[this.reason]} (at ${this.at}); \`farmops tracker audit\` says more`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.dataInvalid
}

/** Builds the error. */
export const inconsistent = (reason: InconsistencyReason, at: number): CheckpointInconsistent =>
  new CheckpointInconsistent({ reason, at })

/** Gives whatever else failed below the ledger's own error. */
export const orInconsistent = <A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, CheckpointInconsistent | LedgerUnavailable, R> =>
  Effect.mapError(effect, (error) =>
    error instanceof CheckpointInconsistent ? error : new LedgerUnavailable({ cause: error })
  )
