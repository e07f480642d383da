/**
 * Which proofs of a ledger are void, from nothing but the order of its lines: a proof at a place that its chain has already
 * is a recovery and ends the history after it; a revocation ends what comes after its last trusted proof. Pure.
 */

/** Why a proof is void: its agent was taken back by the recovery key, or its owner trusts it no longer. */
export const voidCauses = ["recovery", "revocation"] as const

/** One of {@link voidCauses}. */
export type VoidCause = (typeof voidCauses)[number]

/** A proof's place: in the ledger, and in the chain of its agent. */
export interface ProofPlace {
  readonly position: number
  readonly agentId: string
  readonly sequence: number
}

/** What a proof's place makes of it. */
export interface ProofStanding {
  /** How many recoveries its chain had seen. */
  readonly branch: number
  readonly void: VoidCause | null
}

const inForce: ProofStanding = { branch: 0, void: null }

/** Follows a ledger in its order. Remembers the position of each proof of each present chain: 8 bytes a proof. */
export const makeVoidFold = () => {
  const chains = new Map<string, { branch: number; readonly positions: Array<number> }>()
  // Only what differs from a proof in force on the first branch.
  const unusual = new Map<number, ProofStanding>()

  const voidAll = (positions: ReadonlyArray<number>, cause: VoidCause) => {
    for (const position of positions) unusual.set(position, { ...(unusual.get(position) ?? inForce), void: cause })
  }

  return {
    /** The next proof of the ledger. */
    proof: ({ agentId, position, sequence }: ProofPlace): void => {
      const chain = chains.get(agentId) ?? { branch: 0, positions: [] }
      chains.set(agentId, chain)
      if (sequence < chain.positions.length) {
        voidAll(chain.positions.slice(sequence), "recovery")
        chain.positions.length = sequence
        chain.branch++
      }
      chain.positions.push(position)
      if (chain.branch > 0) unusual.set(position, { branch: chain.branch, void: null })
    },
    /** The owner trusts nothing of this agent after a sequence; -1 trusts nothing at all. No proof of the agent comes after it. */
    revoke: (agentId: string, lastSequence: number): void => {
      voidAll(chains.get(agentId)?.positions.slice(lastSequence + 1) ?? [], "revocation")
    },
    /** What became of the proof at a position, by all that came after it. */
    standing: (position: number): ProofStanding => unusual.get(position) ?? inForce,
    /** The proofs that are void or came after a recovery of their chain; all others are in force on the first branch. */
    unusual: (): ReadonlyMap<number, ProofStanding> => unusual
  }
}

/** See {@link makeVoidFold}. */
export type VoidFold = ReturnType<typeof makeVoidFold>
