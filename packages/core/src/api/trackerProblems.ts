/** The tracker's error answers: RFC 9457 problems, each with a `code` that programs may rely on. One class for each status of an endpoint. */
import { Schema } from "effect"
import { HttpApiError } from "effect/http-api"
import { type RefusalCode, refusalCodes } from "../farm/ProofRefused.ts"

/** The proof is good; its agent may not submit it, or not yet. */
const forbiddenCodes = ["agent_unknown", "agent_pending", "agent_frozen", "agent_revoked", "pending_full"] as const

/** It does not continue what the ledger holds. */
const conflictCodes = [
  "gap",
  "forked",
  "wrong_parent",
  "wrong_sequence",
  "repeated_id",
  "key_reused",
  "archived"
] as const

const isOf = <Code extends RefusalCode>(codes: ReadonlyArray<Code>) => {
  const known: ReadonlySet<RefusalCode> = new Set(codes)
  return (code: RefusalCode): code is Code => known.has(code)
}

/** Whether the answer is {@link ProofForbidden}. */
export const isForbidden = isOf(forbiddenCodes)

/** Whether it is {@link ProofConflict}. */
export const isConflict = isOf(conflictCodes)

const unauthenticatedCodes = ["agent_unauthenticated"] as const

/** Whether it is {@link AgentUnauthenticated}. */
export const isUnauthenticated = isOf(unauthenticatedCodes)

type InvalidCode = Exclude<
  RefusalCode,
  (typeof forbiddenCodes)[number] | (typeof conflictCodes)[number] | (typeof unauthenticatedCodes)[number]
>

const invalidCodes = refusalCodes.filter(
  (code): code is InvalidCode => !isForbidden(code) && !isConflict(code) && !isUnauthenticated(code)
)

/** `path` is the field at fault, `expected` the sequence to send with `gap`. */
const refusalBody = {
  detail: Schema.String,
  path: Schema.NullOr(Schema.String),
  expected: Schema.NullOr(Schema.Int)
}

/** The proof is not one, or does not fit its form, its key or its chain. */
export class ProofInvalid extends HttpApiError.Problem<ProofInvalid>()(
  "ProofInvalid",
  { type: "about:blank", status: 422, title: "The proof was refused" },
  { code: Schema.Literals(invalidCodes), ...refusalBody }
) {}

/** The proof is good, but its agent may not add to this ledger, or not yet. */
export class ProofForbidden extends HttpApiError.Problem<ProofForbidden>()(
  "ProofForbidden",
  { type: "about:blank", status: 403, title: "The agent may not submit" },
  { code: Schema.Literals(forbiddenCodes), ...refusalBody }
) {}

/** The sender has not shown that it is the proof's agent. */
export class AgentUnauthenticated extends HttpApiError.Problem<AgentUnauthenticated>()(
  "AgentUnauthenticated",
  { type: "about:blank", status: 401, title: "This needs the agent's API key or certificate" },
  { code: Schema.Literal("agent_unauthenticated"), ...refusalBody }
) {}

/** The proof does not continue the chain that the ledger holds. */
export class ProofConflict extends HttpApiError.Problem<ProofConflict>()(
  "ProofConflict",
  { type: "about:blank", status: 409, title: "The proof does not continue the chain" },
  { code: Schema.Literals(conflictCodes), ...refusalBody }
) {}

/** No proof has this id. */
export class ProofMissing extends HttpApiError.Problem<ProofMissing>()(
  "ProofMissing",
  { type: "about:blank", status: 404, title: "No such proof" },
  { code: Schema.Literal("proof_not_found") }
) {}

/** The proof's body lies in an archive file; its hash and its place are still known here. */
export class ProofMovedAway extends HttpApiError.Problem<ProofMovedAway>()(
  "ProofMovedAway",
  { type: "about:blank", status: 410, title: "The proof was moved to an archive" },
  { code: Schema.Literal("proof_archived") }
) {}

/** No checkpoint of this size was signed, or none yet. */
export class CheckpointMissing extends HttpApiError.Problem<CheckpointMissing>()(
  "CheckpointMissing",
  { type: "about:blank", status: 404, title: "No such checkpoint" },
  { code: Schema.Literal("checkpoint_not_found") }
) {}

/** What is stored is not what was signed: the tracker signs and proves nothing until its owner has found out why. */
export class LedgerDiffers extends HttpApiError.Problem<LedgerDiffers>()(
  "LedgerDiffers",
  { type: "about:blank", status: 503, title: "The ledger is not the one that was signed" },
  { code: Schema.Literal("checkpoint_inconsistent") }
) {}

/** No agent has this id. */
export class AgentMissing extends HttpApiError.Problem<AgentMissing>()(
  "AgentMissing",
  { type: "about:blank", status: 404, title: "No such agent" },
  { code: Schema.Literal("agent_not_found") }
) {}

/** The agent's key or state does not allow it. */
export class AgentConflict extends HttpApiError.Problem<AgentConflict>()(
  "AgentConflict",
  { type: "about:blank", status: 409, title: "The agent is not in a state that allows this" },
  {
    code: Schema.Literals([
      "agent_key_mismatch",
      "agent_revoked",
      "last_trusted_unknown",
      "trust_withdrawn",
      "proofs_archived"
    ]),
    detail: Schema.String
  }
) {}

/** The sender has not shown that it holds the key, or too many agents wait for a decision. */
export class EnrolmentForbidden extends HttpApiError.Problem<EnrolmentForbidden>()(
  "EnrolmentForbidden",
  { type: "about:blank", status: 403, title: "The enrolment was refused" },
  { code: Schema.Literals(["bad_signature", "stale", "enrolments_full"]), detail: Schema.String }
) {}

/** The village did not take the farm, or does not answer. */
export class VillageRefused extends HttpApiError.Problem<VillageRefused>()(
  "VillageRefused",
  { type: "about:blank", status: 502, title: "The village did not take the farm" },
  { code: Schema.String, detail: Schema.String }
) {}

/** More days were asked for than one answer may have. */
export class SpanInvalid extends HttpApiError.Problem<SpanInvalid>()(
  "SpanInvalid",
  { type: "about:blank", status: 400, title: "These days cannot be shown" },
  { code: Schema.Literal("span_too_long"), detail: Schema.String }
) {}

/** Too many live views are open. */
export class TooManyWatchers extends HttpApiError.Problem<TooManyWatchers>()(
  "TooManyWatchers",
  { type: "about:blank", status: 503, title: "Too many watch already" },
  { code: Schema.Literal("too_many_watchers") }
) {}

/** The database is away. Nothing was half written: the same request may be sent again. */
export class LedgerAway extends HttpApiError.Problem<LedgerAway>()(
  "LedgerAway",
  { type: "about:blank", status: 503, title: "The ledger cannot answer now" },
  { code: Schema.Literal("ledger_unavailable") }
) {}
