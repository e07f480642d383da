/**
 * Sets proofs of agents that wait for their approval aside: checked like any other, within bounds, paid nothing. What the
 * agent's owner has not decided on decides nothing either: a second record for one place is looked at after the approval.
 */
import { type ChainHead, followsHead } from "@farmops/proof/verify"
import { Effect } from "effect"
import { type ProofRefused, refused, refusedFor } from "../ProofRefused.ts"
import { readAgent } from "../trust/agentRows.ts"
import type { Candidate } from "../trust/checkSigner.ts"
import { countWaiting, insertWaiting, readWaitingHash, readWaitingHead, sumWaiting } from "./waitingRows.ts"

/**
 * What may wait: of one agent a few weeks of a person's work, in all a handful of such agents, and less than a disk notices.
 * Anybody may enrol, so beyond it senders keep their proofs.
 */
export const waitingLimits = { proofsOfAgentMax: 1000, proofsMax: 10_000, bytesMax: 64 * 1024 * 1024 } as const

/** What became of one proof; `decided` means that its agent waits no longer, so the ledger is to be asked. */
export type Keeping = "kept" | "already" | "decided" | ProofRefused

interface Room {
  readonly ofAgent: number
  readonly proofs: number
  readonly bytes: number
}

const hasRoom = ({ bytes, ofAgent, proofs }: Room): boolean =>
  ofAgent <= waitingLimits.proofsOfAgentMax && proofs <= waitingLimits.proofsMax && bytes <= waitingLimits.bytesMax

/** Whether a checked proof may wait behind `head`. `there` is the hash of what waits in its place. Pure. */
export const judgeWaiting = (
  { checked: { hash, proof } }: Candidate,
  head: ChainHead | null,
  there: string | null,
  room: Room
): "kept" | "already" | ProofRefused => {
  const expected = head === null ? 0 : head.sequence + 1
  if (proof.sequence < expected) {
    return there === hash
      ? "already"
      : refused("agent_pending", "another proof waits in this place; the owner's approval comes first")
  }
  if (proof.sequence > expected) {
    return refused("gap", `sequence ${expected} of this agent comes first`, expected)
  }
  const linked = followsHead(head, proof)
  if (!linked.ok) return refusedFor(linked.fault)
  return hasRoom(room)
    ? "kept"
    : refused("pending_full", "no more proofs can wait for an approval; the farm's owner has to decide first")
}

/** One verdict for each candidate, in order. Runs inside one transaction under the farm's lock, in which approvals are made too. */
export const keepWaiting = Effect.fnUntraced(function* (candidates: ReadonlyArray<Candidate>) {
  const sums = yield* sumWaiting
  const agents = new Map<string, { waits: boolean; head: ChainHead | null; proofs: number }>()
  const kept: Array<Candidate["checked"]> = []
  const verdicts: Array<Keeping> = []
  let { bytes, proofs } = sums
  for (const candidate of candidates) {
    const { hash, line, proof } = candidate.checked
    const agentId = proof.agent.agent_id
    const agent = agents.get(agentId) ?? {
      waits: (yield* readAgent(agentId))?.status === "pending",
      head: yield* readWaitingHead(agentId),
      proofs: yield* countWaiting(agentId)
    }
    agents.set(agentId, agent)
    if (!agent.waits) {
      verdicts.push("decided")
      continue
    }
    const isStored = proof.sequence <= (agent.head?.sequence ?? -1)
    const there = isStored
      ? (kept.find((one) => one.proof.agent.agent_id === agentId && one.proof.sequence === proof.sequence)?.hash ??
        (yield* readWaitingHash(agentId, proof.sequence)))
      : null
    const size = Buffer.byteLength(line)
    const room = { ofAgent: agent.proofs + 1, proofs: proofs + 1, bytes: bytes + size }
    const verdict = judgeWaiting(candidate, agent.head, there, room)
    verdicts.push(verdict)
    if (verdict !== "kept") continue
    kept.push(candidate.checked)
    agent.head = { sequence: proof.sequence, proofId: proof.proof_id, hash }
    agent.proofs += 1
    proofs += 1
    bytes += size
  }
  yield* insertWaiting(kept)
  return verdicts
})
