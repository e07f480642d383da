/**
 * Which key signs which part of an agent's chain. Rotations add epochs; a recovery starts a new branch at an earlier place
 * and so ends every epoch that began after it. Pure.
 */

/** From `firstSequence` on this key signs, until the next epoch. `branch` counts the recoveries before it. */
export interface BranchEpoch {
  readonly branch: number
  readonly firstSequence: number
  readonly publicKey: string
}

/** The epochs of a chain with one more. Those that began at its place or later belonged to a history that is left behind. */
export const withEpoch = (epochs: ReadonlyArray<BranchEpoch>, next: BranchEpoch): ReadonlyArray<BranchEpoch> => [
  ...epochs.filter(({ firstSequence }) => firstSequence < next.firstSequence),
  next
]

/** The epochs of the present chain, of all that ever were, in the order in which they came into force. */
export const presentEpochs = (all: ReadonlyArray<BranchEpoch>): ReadonlyArray<BranchEpoch> =>
  all.reduce<ReadonlyArray<BranchEpoch>>(withEpoch, [])

/** The key that signs at a place of the chain. Null without an epoch, which no enrolled agent is. */
export const keyAt = (epochs: ReadonlyArray<BranchEpoch>, sequence: number): string | null =>
  epochs.findLast(({ firstSequence }) => firstSequence <= sequence)?.publicKey ?? null

/** The key in force: the one that signs next. */
export const presentKey = (epochs: ReadonlyArray<BranchEpoch>): string | null => epochs.at(-1)?.publicKey ?? null
