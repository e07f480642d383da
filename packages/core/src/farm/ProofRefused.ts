/** Why the tracker does not take a proof. A refused proof changes nothing: no row, no head, no coin. */
import { type ProofFault, proofFaultCodes } from "@farmops/proof/proofForm"
import { Schema } from "effect"

/**
 * The closed list. Those of the proof's own form come from `verify`; the rest are the ledger's:
 * `agent_unknown`, `agent_pending`, `agent_frozen`: may be taken later, once the owner approved the agent. `agent_revoked`:
 * never.
 * `agent_unauthenticated`: the sender has not shown the agent's API key or certificate.
 * `pending_full`: no more proofs can be set aside for agents that wait; the sender keeps it and tries again.
 * `future_timestamp`: the work's time is more than five minutes ahead of the tracker's clock.
 * `gap`: proofs before this one are missing, `expected` is the sequence to send. `forked`: another proof has this sequence.
 * `wrong_parent`: it continues another history. `repeated_id`: another proof has this `proof_id`. `key_reused`: the key that
 * it rotates to is or was some agent's already. `archived`: it goes back to proofs that are in an archive; later, once the
 * owner has restored it.
 */
export const refusalCodes = [
  ...proofFaultCodes,
  "agent_unauthenticated",
  "agent_unknown",
  "agent_pending",
  "agent_frozen",
  "agent_revoked",
  "pending_full",
  "future_timestamp",
  "gap",
  "forked",
  "archived"
] as const

/** One of {@link refusalCodes}. */
export type RefusalCode = (typeof refusalCodes)[number]

/** The proof was looked at and not taken. `detail` never repeats a received value. */
export class ProofRefused extends Schema.TaggedError<ProofRefused>()("ProofRefused", {
  code: Schema.Literals(refusalCodes),
  /** The field at fault, where one is. */
  path: Schema.NullOr(Schema.String),
  detail: Schema.String,
  /** With `gap`: the sequence that comes next for this agent. */
  expected: Schema.NullOr(Schema.Int)
}) {
  override get message() {
    return this.detail
  }
}

/** A refusal of the ledger itself. */
export const refused = (code: RefusalCode, detail: string, expected: number | null = null): ProofRefused =>
  new ProofRefused({ code, path: null, detail, expected })

/** A fault of the proof's own form or signature. */
export const refusedFor = ({ code, detail, path }: ProofFault): ProofRefused =>
  new ProofRefused({ code, path, detail: path === null ? detail : `${path} ${detail}`, expected: null })
