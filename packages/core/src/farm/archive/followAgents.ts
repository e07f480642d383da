/** Where every agent's chain stands before, at each recovery within, and after a run of the ledger: what an archive's header says of it. */
import type { ArchivedAgent, ArchivedBranch, ArchivedEpoch, ArchivedHead } from "@farmops/proof/archiveHeader"

/** A proof of the run. */
export interface FollowedProof {
  readonly agentId: string
  readonly branch: number
  readonly head: ArchivedHead
  /** The key that takes over after it. */
  readonly nextKey: string | null
}

/** What a run takes for granted of an agent. */
export interface KnownAgent {
  readonly recoveryKey: string | null
  /** The key that it enrolled with. */
  readonly firstKey: string
}

interface Following {
  readonly recoveryKey: string | null
  readonly branches: Array<ArchivedBranch>
  branch: number
  head: ArchivedHead | null
  epochs: ReadonlyArray<ArchivedEpoch>
}

/** Starts where the archive before ends, each agent on its branch there; empty at the ledger's beginning. */
export const followAgents = (before: ReadonlyArray<ArchivedAgent>, branches: ReadonlyMap<string, number>) => {
  const following = new Map(
    before.map(({ agent_id, epochs, head, recovery_public_key }): [string, Following] => [
      agent_id,
      {
        recoveryKey: recovery_public_key,
        branches: [{ after: head, epochs }],
        branch: branches.get(agent_id) ?? 0,
        head,
        epochs
      }
    ])
  )
  const begin = ({ firstKey, recoveryKey }: KnownAgent): Following => {
    const epochs = [{ first_sequence: 0, public_key: firstKey }]
    return { recoveryKey, branches: [{ after: null, epochs }], branch: 0, head: null, epochs }
  }

  return {
    /** Takes the next proof. `known` is looked at for an agent's first proof only, `parent` for a recovery only. */
    take: (proof: FollowedProof, known: KnownAgent, parent: ArchivedHead | null): void => {
      const agent = following.get(proof.agentId) ?? begin(known)
      following.set(proof.agentId, agent)
      if (proof.branch > agent.branch) {
        agent.branch = proof.branch
        agent.epochs = agent.epochs.filter(({ first_sequence }) => first_sequence <= proof.head.sequence)
        agent.branches.push({ after: parent, epochs: agent.epochs })
      }
      agent.head = proof.head
      if (proof.nextKey !== null) {
        const epoch = { first_sequence: proof.head.sequence + 1, public_key: proof.nextKey }
        agent.epochs = [...agent.epochs, epoch]
      }
    },
    /** Whether the proof starts a new branch of its agent. */
    isRecovery: ({ agentId, branch }: FollowedProof): boolean => branch > (following.get(agentId)?.branch ?? 0),
    agents: (): ReadonlyArray<ArchivedAgent> =>
      [...following]
        .map(([agent_id, { branches, epochs, head, recoveryKey }]) => ({
          agent_id,
          recovery_public_key: recoveryKey,
          branches,
          head,
          epochs
        }))
        .toSorted((one, other) => (one.agent_id < other.agent_id ? -1 : 1))
  }
}
