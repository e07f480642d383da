/** Whether a checked proof may be the next of its agent's chain, given what the ledger holds. Pure; the cost does not grow with the chain. */
import { type ChainHead, followsHead, headOf } from "@farmops/proof/verify"
import type { AgentStatus } from "./Enrolment.ts"
import { type ProofRefused, refused, refusedFor } from "./ProofRefused.ts"
import type { Candidate } from "./trust/checkSigner.ts"
import { type BranchEpoch, keyAt, withEpoch } from "./trust/keyEpochs.ts"

/** What the ledger knows of the agent at this point of the transaction. */
export interface AgentView {
  readonly status: AgentStatus
  readonly recoveryKey: string | null
  /** Of the present chain. */
  readonly epochs: ReadonlyArray<BranchEpoch>
  readonly branch: number
  readonly head: ChainHead | null
}

/** What the ledger knows of other proofs, and of other keys. */
export interface KnownProofs {
  readonly hasHash: (hash: string) => boolean
  readonly hasId: (proofId: string) => boolean
  /** Whether a key is or was some agent's. */
  readonly hasKey: (publicKey: string) => boolean
  /** The proof after which a recovery takes the agent's chain up; null for its beginning. Asked for no other proof. */
  readonly base: ChainHead | null
}

/**
 * `accept` and `already` (the ledger holds this very proof) are good. `fork`: the key signed another record for this place.
 * Only `accept` changes the chain.
 */
export type Judgement =
  | { readonly verdict: "accept"; readonly next: AgentView }
  | { readonly verdict: "already" }
  | { readonly verdict: "fork" | "refuse"; readonly refusal: ProofRefused }

const refuse = (refusal: ProofRefused): Judgement => ({ verdict: "refuse", refusal })

/** Whether the recovery key hands the chain over at a place that the chain has already. */
export const isRecovery = ({ checked: { proof }, publicKey }: Candidate, agent: AgentView): boolean =>
  publicKey === agent.recoveryKey && agent.head !== null && proof.sequence <= agent.head.sequence

const judgeSigner = ({ checked: { proof }, publicKey }: Candidate, agent: AgentView): ProofRefused | null => {
  if (agent.status === "pending") return refused("agent_pending", "the farm's owner has not approved this agent yet")
  if (agent.status === "revoked") return refused("agent_revoked", "the farm's owner revoked this agent")
  // The key that verified the signature must still be the one for this place of the chain.
  if (publicKey === keyAt(agent.epochs, proof.sequence)) return null
  return publicKey === agent.recoveryKey && proof.key_rotation !== undefined
    ? null
    : refused("bad_signature", "was not made by the agent's key for this place of its chain")
}

const afterAccepted = ({ checked }: Candidate, agent: AgentView, branch: number): AgentView => {
  const { key_rotation, sequence } = checked.proof
  const { epochs } = agent
  return {
    ...agent,
    branch,
    head: headOf(checked),
    epochs:
      key_rotation === undefined
        ? epochs
        : withEpoch(epochs, { branch, firstSequence: sequence + 1, publicKey: key_rotation.new_public_key })
  }
}

/** The proof's place, its id and its new key, measured against the proof that it must follow. */
const judgePlace = (
  candidate: Candidate,
  agent: AgentView,
  parent: ChainHead | null,
  known: KnownProofs
): ProofRefused | null => {
  const { proof } = candidate.checked
  const linked = followsHead(parent, proof)
  if (!linked.ok) return refusedFor(linked.fault)
  if (known.hasId(proof.proof_id)) return refused("repeated_id", "another proof has this proof_id")
  const next = proof.key_rotation?.new_public_key
  return next !== undefined && (next === agent.recoveryKey || known.hasKey(next))
    ? refused("key_reused", "the new key is or was in use already")
    : null
}

/** What becomes of a proof whose signature is good under the candidate's key. */
export const judgeProof = (candidate: Candidate, agent: AgentView | null, known: KnownProofs): Judgement => {
  const { hash, proof } = candidate.checked
  if (agent === null) return refuse(refused("agent_unknown", "this agent is not enrolled here"))
  const untrusted = judgeSigner(candidate, agent)
  if (untrusted !== null) return refuse(untrusted)
  if (known.hasHash(hash)) return { verdict: "already" }
  const recovers = isRecovery(candidate, agent)
  const expected = agent.head === null ? 0 : agent.head.sequence + 1
  if (proof.sequence < expected && !recovers) {
    return { verdict: "fork", refusal: refused("forked", `another proof of this agent has sequence ${proof.sequence}`) }
  }
  // Who holds the recovery key takes the chain back from whoever made the fork, so that one need not wait for the owner.
  if (agent.status === "frozen" && candidate.publicKey !== agent.recoveryKey) {
    return refuse(refused("agent_frozen", "this agent's key signed two records for one place; its owner has to look"))
  }
  if (proof.sequence > expected) {
    return refuse(refused("gap", `sequence ${expected} of this agent comes first`, expected))
  }
  const misplaced = judgePlace(candidate, agent, recovers ? known.base : agent.head, known)
  if (misplaced !== null) return refuse(misplaced)
  return { verdict: "accept", next: afterAccepted(candidate, agent, recovers ? agent.branch + 1 : agent.branch) }
}
