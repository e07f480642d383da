/** Who brings proofs to the tracker, as its door has seen it. A proof's own signature says whose it is; this says who may knock. */
import { refused } from "../ProofRefused.ts"

/** `agentId` is the agent whose key or certificate was shown; null for nobody that is known. */
export interface Sender {
  readonly agentId: string | null
  /** Whether proofs are taken from agents alone that have shown who they are. */
  readonly mustBeKnown: boolean
}

/** Within the tracker itself, where no door was passed. */
export const inside: Sender = { agentId: null, mustBeKnown: false }

/** Why a sender may not bring a proof of this agent; null where it may. Who shows a credential brings its own proofs alone. */
export const refuseSender = ({ agentId, mustBeKnown }: Sender, proofOf: string) => {
  if (agentId === proofOf || (agentId === null && !mustBeKnown)) return null
  return refused("agent_unauthenticated", "show this agent's API key or certificate")
}
