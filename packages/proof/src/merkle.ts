/**
 * The Merkle tree of RFC 6962 §2.1 over the lines of a ledger in their order: growing it, and planning proofs so that only
 * the hashes they fold from are read. Pure functions, with SHA-256 passed in; a size may be any integer up to 2^53 − 1.
 */
import { foldSubtrees, hashBytes, hashLeaf, hashNodes, type Sha256 } from "./merkleHash.ts"

export { emptyRoot, hashBytes, hashLeaf, hashNodes, type Sha256 } from "./merkleHash.ts"
export {
  type ConsistencyClaim,
  type InclusionClaim,
  proofHashesMax,
  verifyConsistency,
  verifyInclusion
} from "./verifyMerkle.ts"

/** The complete subtree over the 2^level leaves from `index` · 2^level on. Level 0 is a leaf. */
export interface Subtree {
  readonly level: number
  readonly index: number
}

/** For each hash of a proof, in the proof's order, the neighbouring subtrees that it folds from, given from the left. */
export type ProofPlan = ReadonlyArray<ReadonlyArray<Subtree>>

/** All that is needed to go on growing a tree: a hash for each subtree of {@link planRoot}, in its order. */
export interface CompactRangeState {
  readonly size: number
  readonly hashes: ReadonlyArray<Uint8Array>
}

/** The right edge of a growing tree. It holds at most 53 hashes, whatever the size. */
export interface CompactRange {
  /** Adds the next leaf; give it what {@link hashLeaf} gave. */
  readonly append: (leafHash: Uint8Array) => void
  readonly root: () => Uint8Array
  readonly size: () => number
  /** To store beside the size; see {@link CompactRangeState}. */
  readonly hashes: () => ReadonlyArray<Uint8Array>
}

const demand = (holds: boolean, rule: string): void => {
  if (!holds) throw new RangeError(rule)
}

const isSize = (value: number): boolean => Number.isSafeInteger(value) && value >= 0

/** The largest power of two that is not above `length`, by its exponent. Multiplies, as bits end at 32. */
const largestLevel = (length: number): number => {
  let level = 0
  for (let width = 2; width <= length; width *= 2) level++
  return level
}

/** The complete subtrees, from the left, over the leaves from `start` to before `end`, where `start` begins a subtree of at least that length. */
const subtreesOf = (start: number, end: number): ReadonlyArray<Subtree> => {
  const subtrees: Array<Subtree> = []
  for (let at = start; at < end; ) {
    const level = largestLevel(end - at)
    subtrees.push({ level, index: at / 2 ** level })
    at += 2 ** level
  }
  return subtrees
}

/** Where RFC 6962 splits two or more leaves: after the largest power of two below their number. */
const middleOf = (start: number, end: number): number => start + 2 ** largestLevel(end - start - 1)

/** How many hashes the right edge of a tree of this size has: as many as its binary digits have ones. */
export const edgeLength = (size: number): number => size.toString(2).replaceAll("0", "").length

/** The subtrees that the root of a tree of this size folds from: one for each 1 in the binary digits of the size. */
export const planRoot = (size: number): ReadonlyArray<Subtree> => {
  demand(isSize(size), "the size must be an integer from 0 to 2^53 - 1")
  return subtreesOf(0, size)
}

/** How to prove that the leaf at `index` is in the tree of this size. An index outside the tree is a bug and throws. */
export const planInclusion = (index: number, size: number): ProofPlan => {
  demand(isSize(size) && isSize(index) && index < size, "the index must be below the size")
  const plan: Array<ReadonlyArray<Subtree>> = []
  let [start, end] = [0, size]
  while (end - start > 1) {
    const middle = middleOf(start, end)
    if (index < middle) {
      plan.push(subtreesOf(middle, end))
      end = middle
    } else {
      plan.push(subtreesOf(start, middle))
      start = middle
    }
  }
  return plan.reverse()
}

/**
 * How to prove that the tree of `size1` is the beginning of the tree of `size2`. Empty for equal sizes. A `size1` of 0 or
 * above `size2` is a bug and throws: there is no such proof.
 */
export const planConsistency = (size1: number, size2: number): ProofPlan => {
  demand(isSize(size2) && isSize(size1) && size1 > 0 && size1 <= size2, "the sizes must be 1 or more, in order")
  const plan: Array<ReadonlyArray<Subtree>> = []
  let [start, end] = [0, size2]
  while (end !== size1) {
    const middle = middleOf(start, end)
    if (size1 <= middle) {
      plan.push(subtreesOf(middle, end))
      end = middle
    } else {
      plan.push(subtreesOf(start, middle))
      start = middle
    }
  }
  // From the first leaf on, the last part is the smaller tree itself, whose root the verifier has.
  if (start > 0) plan.push(subtreesOf(start, end))
  return plan.reverse()
}

/** The hashes of a proof. `get` is asked for each subtree of the plan once, so a store can read them beforehand. */
export const foldPlan = (
  plan: ProofPlan,
  get: (subtree: Subtree) => Uint8Array,
  sha256: Sha256
): ReadonlyArray<Uint8Array> => plan.map((subtrees) => foldSubtrees(subtrees.map(get), sha256))

/**
 * A tree that keeps only its right edge. Starts empty, or goes on from a stored state; a state whose hashes do not fit its
 * size throws. A wrong hash of the right length cannot be seen here: compare the root with a signed checkpoint.
 */
export const makeCompactRange = (sha256: Sha256, from: CompactRangeState = { size: 0, hashes: [] }): CompactRange => {
  demand(
    isSize(from.size) &&
      from.hashes.length === edgeLength(from.size) &&
      from.hashes.every(({ length }) => length === hashBytes),
    "a stored range must have one hash of 32 bytes for each 1 in the binary digits of its size"
  )
  const edge = [...from.hashes]
  let size = from.size
  const append = (leafHash: Uint8Array): void => {
    demand(leafHash.length === hashBytes && isSize(size + 1), "a leaf's hash has 32 bytes")
    // Each 1 at the end of the size's digits is a subtree that the new leaf completes the neighbour of.
    let completed = 0
    for (let rest = size; rest % 2 === 1; rest = (rest - 1) / 2) completed++
    const neighbours = edge.splice(edge.length - completed)
    edge.push(neighbours.reduceRight((right, left) => hashNodes(left, right, sha256), leafHash))
    size++
  }
  return { append, root: () => foldSubtrees(edge, sha256), size: () => size, hashes: () => [...edge] }
}

/** A whole tree in memory, for tests and small ledgers. Its proofs are those of the smaller trees within it too. */
export interface MerkleTree {
  readonly root: (size?: number) => Uint8Array
  readonly inclusion: (index: number, size?: number) => ReadonlyArray<Uint8Array>
  readonly consistency: (size1: number, size2?: number) => ReadonlyArray<Uint8Array>
}

/** Builds the tree over these lines. A size above their number is a bug and throws. */
export const makeMerkleTree = (leaves: ReadonlyArray<Uint8Array>, sha256: Sha256): MerkleTree => {
  const levels = [leaves.map((leaf) => hashLeaf(leaf, sha256))]
  const get = ({ index, level }: Subtree): Uint8Array => {
    const hash = levels[level]?.[index]
    if (hash === undefined) throw new RangeError("the size must not be above the number of leaves")
    return hash
  }
  for (let width = 2; width <= leaves.length; width *= 2) {
    const level = levels.length - 1
    const join = (index: number) =>
      hashNodes(get({ level, index: 2 * index }), get({ level, index: 2 * index + 1 }), sha256)
    levels.push(Array.from({ length: Math.floor(leaves.length / width) }, (_, index) => join(index)))
  }
  const fold = (plan: ProofPlan) => foldPlan(plan, get, sha256)
  return {
    root: (size = leaves.length) => foldSubtrees(planRoot(size).map(get), sha256),
    inclusion: (index, size = leaves.length) => fold(planInclusion(index, size)),
    consistency: (size1, size2 = leaves.length) => fold(planConsistency(size1, size2))
  }
}
