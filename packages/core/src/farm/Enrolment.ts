/** How an agent asks to be trusted and what it is told. The wire forms of `POST /api/v1/agents/enroll`. */
import { AgentId, ProofHash, ProofId, ProofTimestamp } from "@farmops/proof/FarmProof"
import { hex64Pattern, textLengthMax } from "@farmops/proof/proofForm"
import { Schema } from "effect"

const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u

/** A name that an agent gives itself; it is shown to the owner, so it is one line of printable text. */
export const ClusterAlias = Schema.String.check(
  Schema.makeFilter(
    (text: string) =>
      (text.isWellFormed() &&
        text.length > 0 &&
        Array.from(text).length <= textLengthMax.cluster_alias &&
        !unprintable.test(text)) ||
      `expected one line of 1 to ${textLengthMax.cluster_alias} characters`
  )
)

/**
 * `possession` is the key's statement, tagged `farmops/enrolment/v1`, over the other five. `recovery_public_key` outranks the
 * key and is fixed by the first request; an agent without one sends null.
 */
export const EnrolmentRequest = Schema.Struct({
  agent_id: AgentId,
  public_key: ProofHash,
  recovery_public_key: Schema.NullOr(ProofHash),
  cluster_alias: ClusterAlias,
  requested_at: ProofTimestamp,
  possession: Schema.String.check(Schema.isPattern(hex64Pattern))
}).check(
  Schema.makeFilter(
    ({ public_key, recovery_public_key }) =>
      public_key !== recovery_public_key || "expected a recovery key that is not the agent's own key"
  )
)

/** See the schema of the same name. */
export type EnrolmentRequest = typeof EnrolmentRequest.Type

/**
 * Where the owner's decision stands. Only approved agents can add to the ledger. `frozen`: the agent's key signed two records
 * for one place; the owner has to look, and to approve it again.
 */
export const AgentStatus = Schema.Literals(["pending", "approved", "frozen", "revoked"])

/** See the schema of the same name. */
export type AgentStatus = typeof AgentStatus.Type

/** The last proof of one agent that the ledger holds. */
export const AgentHead = Schema.Struct({ sequence: Schema.Int, proof_id: ProofId, hash: ProofHash })

/** `farm_salt` is a secret and is given to approved agents only. */
export const EnrolmentAnswer = Schema.Struct({
  agent_id: AgentId,
  status: AgentStatus,
  /** What agent and owner compare before the approval. */
  fingerprint: Schema.String,
  farm_salt: Schema.NullOr(Schema.String),
  head: Schema.NullOr(AgentHead),
  /** Proofs of the agent that the tracker holds and has not scored. */
  waiting_proofs: Schema.Int
})

/** See the schema of the same name. */
export type EnrolmentAnswer = typeof EnrolmentAnswer.Type

/** One agent as the owner sees it. */
export const AgentRecord = Schema.Struct({
  agent_id: AgentId,
  /** The key in force. */
  public_key: ProofHash,
  fingerprint: Schema.String,
  recovery_public_key: Schema.NullOr(ProofHash),
  cluster_alias: Schema.String,
  status: AgentStatus,
  enrolled_at: ProofTimestamp,
  /** When the owner last approved or revoked; null while pending. */
  decided_at: Schema.NullOr(ProofTimestamp),
  /** How often the recovery key took the chain back to an earlier place. */
  branch: Schema.Int,
  head: Schema.NullOr(AgentHead),
  /** Proofs that were set aside until the owner approves the agent. */
  waiting_proofs: Schema.Int
})

/** See the schema of the same name. */
export type AgentRecord = typeof AgentRecord.Type
