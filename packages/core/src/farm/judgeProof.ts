/** Whether a checked proof may be the next of its agent's chain, given what the ledger holds. Pure; the cost does not grow with the chain. */
import { type ChainHead, type CheckedProof, followsHead } from "@farmops/proof/verify"
import type { AgentStatus } from "./Enrolment.ts"
import { type ProofRefused, refused, refusedFor } from "./ProofRefused.ts"

/** What the ledger knows of the agent at this point of the transaction. */
export interface AgentView {
  readonly status: AgentStatus
  readonly publicKey: string
  readonly head: ChainHead | null
}

/** What the ledger knows of other proofs with the same hash or id. */
export interface KnownProofs {
  readonly hasHash: (hash: string) => boolean
  readonly hasId: (proofId: string) => boolean
}

/** `already`: the ledger holds this very proof. Only `accept` changes anything. */
export type Judgement =
  | { readonly verdict: "accept" }
  | { readonly verdict: "already" }
  | { readonly verdict: "refuse"; readonly refusal: ProofRefused }

const refuse = (refusal: ProofRefused): Judgement => ({ verdict: "refuse", refusal })

const judgeAgent = (agent: AgentView | null, checkedWith: string): ProofRefused | null => {
  if (agent === null) return refused("agent_unknown", "this agent is not enrolled here")
  if (agent.status === "pending") return refused("agent_pending", "the farm's owner has not approved this agent yet")
  if (agent.status === "revoked") return refused("agent_revoked", "the farm's owner revoked this agent")
  // The key that verified the signature must still be the agent's.
  return agent.publicKey === checkedWith ? null : refused("bad_signature", "was not made by the agent's present key")
}

/** `checkedWith` is the public key under which the signature was found good. */
export const judgeProof = (
  { hash, proof }: CheckedProof,
  checkedWith: string,
  agent: AgentView | null,
  known: KnownProofs
): Judgement => {
  const untrusted = judgeAgent(agent, checkedWith)
  if (untrusted !== null) return refuse(untrusted)
  if (known.hasHash(hash)) return { verdict: "already" }
  const head = agent?.head ?? null
  const expected = head === null ? 0 : head.sequence + 1
  if (proof.sequence < expected) {
    return refuse(refused("forked", `another proof of this agent has sequence ${proof.sequence}`))
  }
  if (proof.sequence > expected) {
    return refuse(refused("gap", `sequence ${expected} of this agent comes first`, expected))
  }
  const linked = followsHead(head, proof)
  if (!linked.ok) return refuse(refusedFor(linked.fault))
  return known.hasId(proof.proof_id)
    ? refuse(refused("repeated_id", "another proof has this proof_id"))
    : { verdict: "accept" }
}
