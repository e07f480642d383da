/**
 * Decides on a group of proofs in its order, inside the transaction that will store them: each accepted proof is what the
 * next ones are measured against. Reads more than the agents and what the proofs share only where a chain is contested.
 */
import { makeForkEvidence } from "@farmops/proof/forkEvidence"
import { type CheckedProof, headOf, type VerifyBackend } from "@farmops/proof/verify"
import { Effect } from "effect"
import { type AgentView, isRecovery, type Judgement, judgeProof } from "../judgeProof.ts"
import { type ProofRefused, refused } from "../ProofRefused.ts"
import type { Candidate } from "./checkSigner.ts"
import { type FoundFork, hasFork } from "./forkStore.ts"
import { type KnownRows, readRecordsAt } from "./groupRows.ts"
import { type BranchEpoch, presentKey } from "./keyEpochs.ts"

/** A proof to store, and the branch of its chain. */
export interface AcceptedProof {
  readonly checked: CheckedProof
  readonly branch: number
}

/** A key that comes into force. */
export interface StartedEpoch {
  readonly agentId: string
  readonly epoch: BranchEpoch
}

/** What became of one proof. */
export type Verdict = "accept" | "already" | ProofRefused

/** All that a group comes to. */
export interface JudgedGroup {
  /** One for each candidate, in order. */
  readonly verdicts: ReadonlyArray<Verdict>
  readonly accepted: ReadonlyArray<AcceptedProof>
  readonly epochs: ReadonlyArray<StartedEpoch>
  readonly forks: ReadonlyArray<FoundFork>
  /** The agents whose chain moved, as it stands now. */
  readonly moved: ReadonlyMap<string, AgentView>
  /** Whether some chain was taken back to an earlier place. */
  readonly hasRecovery: boolean
}

const ordered = (one: string, other: string): readonly [string, string] => (one < other ? [one, other] : [other, one])

/** Every record that the chain has or had at a place, the present one first: of this group, then of the ledger. */
const recordsAt = Effect.fnUntraced(function* (
  accepted: ReadonlyArray<AcceptedProof>,
  agentId: string,
  sequence: number,
  branch: number
) {
  const here = accepted
    .filter(({ checked: { proof } }) => proof.agent.agent_id === agentId && proof.sequence === sequence)
    .map(({ checked }) => ({ ...headOf(checked), line: checked.line }))
  return [...here.toReversed(), ...(yield* readRecordsAt(agentId, sequence, branch))]
})

/** What to note of a fork: the evidence where a record of the same key is at hand, and whether the key is in doubt now. */
const findFork = Effect.fnUntraced(function* (
  { checked, publicKey }: Candidate,
  agent: AgentView,
  accepted: ReadonlyArray<AcceptedProof>,
  backend: VerifyBackend
) {
  const { sequence } = checked.proof
  const agentId = checked.proof.agent.agent_id
  const rivals = yield* recordsAt(accepted, agentId, sequence, agent.branch)
  const evidence = rivals
    .flatMap(({ line }) => (line === null ? [] : [makeForkEvidence(publicKey, line, checked.line, backend)]))
    .find(({ ok }) => ok)
  const line = evidence?.ok === true ? evidence.value.line : null
  // What the owner has looked at once freezes the agent no second time.
  const isNews = line === null || !(yield* hasFork(line, backend))
  const isInDoubt = agent.status === "approved" && publicKey === presentKey(agent.epochs) && isNews
  const found: FoundFork = {
    agentId,
    sequence,
    evidence: line,
    freezes: isInDoubt ? ordered(rivals[0]?.hash ?? checked.hash, checked.hash) : null
  }
  return found
})

const awayRefusal = refused(
  "archived",
  "it goes back to proofs that are in an archive; the owner has to restore them first"
)

/** Judges one group; `agents` and `known` are what the transaction read of it. */
export const judgeGroup = Effect.fnUntraced(function* (
  candidates: ReadonlyArray<Candidate>,
  agents: ReadonlyMap<string, AgentView>,
  known: KnownRows,
  backend: VerifyBackend
) {
  const views = new Map(agents)
  const moved = new Map<string, AgentView>()
  const hashes = new Set(known.coins.keys())
  const ids = new Set(known.ids)
  const keys = new Set(known.keys)
  const verdicts: Array<Verdict> = []
  const accepted: Array<AcceptedProof> = []
  const epochs: Array<StartedEpoch> = []
  const forks: Array<FoundFork> = []
  let hasRecovery = false

  const accept = (checked: CheckedProof, next: AgentView) => {
    const { agent, key_rotation, proof_id } = checked.proof
    hasRecovery ||= next.branch !== views.get(agent.agent_id)?.branch
    accepted.push({ checked, branch: next.branch })
    hashes.add(checked.hash)
    ids.add(proof_id)
    const epoch = key_rotation === undefined ? undefined : next.epochs.at(-1)
    if (epoch !== undefined) {
      keys.add(epoch.publicKey)
      epochs.push({ agentId: agent.agent_id, epoch })
    }
    views.set(agent.agent_id, next)
    moved.set(agent.agent_id, next)
  }

  for (const candidate of candidates) {
    const { agent: who, sequence } = candidate.checked.proof
    const agent = views.get(who.agent_id) ?? null
    const recordAt = (at: number) =>
      agent !== null && isRecovery(candidate, agent)
        ? Effect.map(recordsAt(accepted, who.agent_id, at, agent.branch), ([record]) => record ?? null)
        : Effect.succeed(null)
    const found = judgeProof(candidate, agent, {
      hasHash: (hash) => hashes.has(hash),
      hasId: (id) => ids.has(id),
      hasKey: (key) => keys.has(key),
      base: yield* recordAt(sequence - 1)
    })
    // What it would make void has to be scored anew, for which its body must be here.
    const isAway = found.verdict === "accept" && (yield* recordAt(sequence))?.line === null
    const judged: Judgement = isAway ? { verdict: "refuse", refusal: awayRefusal } : found
    verdicts.push("refusal" in judged ? judged.refusal : judged.verdict)
    if (judged.verdict === "accept") accept(candidate.checked, judged.next)
    if (judged.verdict === "fork" && agent !== null) {
      const fork = yield* findFork(candidate, agent, accepted, backend)
      forks.push(fork)
      if (fork.freezes !== null) views.set(who.agent_id, { ...agent, status: "frozen" })
    }
  }
  const judgedGroup: JudgedGroup = { verdicts, accepted, epochs, forks, moved, hasRecovery }
  return judgedGroup
})
