/** Follows every agent's chain through the lines of an archive file, from where it stood before them to where it must stand after. */
import type { ArchivedAgent, ArchivedBranch, ArchivedHead } from "./archiveHeader.ts"
import {
  type ChainHead,
  type ChainPast,
  type ChainVerifier,
  makeChainVerifier,
  makeIds,
  parseProof,
  type VerifyBackend
} from "./verify.ts"

/** What is wrong with a line, or with where the lines lead. */
export interface ArchiveLineFault {
  readonly code: string
  readonly path: string | null
  readonly detail: string
}

/** Takes the proofs of all agents in the order of the file. */
export interface ArchiveChains {
  readonly accept: (line: string) => ArchiveLineFault | null
  /** Whether every chain ends where the header says. */
  readonly finish: () => ArchiveLineFault | null
}

interface Following {
  readonly agent: ArchivedAgent
  readonly ids: ChainPast["ids"]
  branch: number
  chain: ChainVerifier
}

const headOfJson = (head: ArchivedHead | null): ChainHead | null =>
  head === null ? null : { sequence: head.sequence, proofId: head.proof_id, hash: head.hash }

const startOf = (
  agent: ArchivedAgent,
  { after, epochs }: ArchivedBranch,
  ids: ChainPast["ids"],
  backend: VerifyBackend
) => {
  const anchor = { publicKey: epochs.at(-1)?.public_key ?? "", recoveryKey: agent.recovery_public_key }
  const known = epochs.map(({ first_sequence, public_key }) => ({
    firstSequence: first_sequence,
    publicKey: public_key
  }))
  return makeChainVerifier(anchor, backend, headOfJson(after), { agentId: agent.agent_id, epochs: known, ids })
}

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

const endsAsSaid = ({ agent, branch, chain }: Following): boolean => {
  const epochs = agent.epochs.map(({ first_sequence, public_key }) => [first_sequence, public_key])
  return (
    branch === agent.branches.length - 1 &&
    isSame(chain.head(), headOfJson(agent.head)) &&
    isSame(
      chain.epochs().map(({ firstSequence, publicKey }) => [firstSequence, publicKey]),
      epochs
    )
  )
}

/** Starts at the beginning of the file. */
export const makeArchiveChains = (agents: ReadonlyArray<ArchivedAgent>, backend: VerifyBackend): ArchiveChains => {
  const following = new Map<string, Following>()
  for (const agent of agents) {
    const ids = makeIds()
    const [first] = agent.branches
    if (first !== undefined) {
      following.set(agent.agent_id, { agent, ids, branch: 0, chain: startOf(agent, first, ids, backend) })
    }
  }
  const accept = (line: string): ArchiveLineFault | null => {
    const parsed = parseProof(line)
    if (!parsed.ok) return parsed.fault
    const { proof } = parsed.value
    const follow = following.get(proof.agent.agent_id)
    if (follow === undefined) {
      return { code: "unknown_agent", path: "agent.agent_id", detail: "must be an agent that the header names" }
    }
    const next = follow.agent.branches[follow.branch + 1]
    // A recovery takes the chain up again at an earlier proof, which the header names. Nothing else goes back.
    const goesBack = proof.key_rotation !== undefined && proof.sequence <= (follow.chain.head()?.sequence ?? -1)
    if (next !== undefined && goesBack) {
      follow.branch++
      follow.chain = startOf(follow.agent, next, follow.ids, backend)
    }
    return follow.chain.accept(line)
  }
  const finish = (): ArchiveLineFault | null => {
    for (const follow of following.values()) {
      if (!endsAsSaid(follow)) {
        return { code: "wrong_head", path: "archive.agents", detail: "a chain does not end where the header says" }
      }
    }
    return null
  }
  return { accept, finish }
}
