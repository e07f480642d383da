/**
 * Brings the proofs that waited for an approval into the ledger, in the order of their chain. Each is forgotten only after
 * the ledger holds it, and the ledger knows its own again: a crash in between costs a repetition and never a coin.
 */
import { Effect, Result } from "effect"
import type { LedgerUnavailable } from "../LedgerUnavailable.ts"
import type { ProofRefused, RefusalCode } from "../ProofRefused.ts"
import type { WaitingProofs } from "./WaitingProofs.ts"

/** Lines that are handed to the ledger at once: one group of its writer. */
const settledAtOnce = 256

/** Refusals that the owner or the clock cures: what waits goes on waiting. */
const passing: ReadonlySet<RefusalCode> = new Set(["agent_pending", "agent_frozen", "archived", "future_timestamp"])

type Accept = (
  lines: ReadonlyArray<string>
) => Effect.Effect<ReadonlyArray<Result.Result<unknown, ProofRefused>>, LedgerUnavailable>

/** Scores until nothing of the agent waits, or the ledger refuses one. What it refuses for good is dropped with what follows. */
export const settleWaiting = Effect.fnUntraced(function* (
  agentId: string,
  waiting: WaitingProofs["Service"],
  accept: Accept
) {
  for (;;) {
    const rows = yield* waiting.first(agentId, settledAtOnce)
    if (rows.length === 0) return
    const answers = yield* accept(rows.map(({ line }) => line))
    const refusedAt = answers.findIndex(Result.isFailure)
    const last = rows[(refusedAt === -1 ? rows.length : refusedAt) - 1]
    if (last !== undefined) yield* waiting.forget(agentId, last.sequence)
    const refusal = answers[refusedAt]
    if (refusal === undefined || Result.isSuccess(refusal)) continue
    const { code } = refusal.failure
    if (passing.has(code)) return
    yield* waiting.forget(agentId)
    yield* Effect.logWarning(
      "the ledger refused a proof that had waited for an approval; its agent sends the rest again"
    ).pipe(Effect.annotateLogs({ agent: agentId, code }))
    return
  }
})
