/**
 * Whether a proof over the tree holds (RFC 9162 §2.1.3.2 and §2.1.4.2). Total: whatever is handed over, the answer is yes
 * or no, after at most {@link proofHashesMax} steps.
 */
import { hashBytes, hashNodes, type Sha256 } from "./merkleHash.ts"

/** No proof over at most 2^53 − 1 leaves is longer: 53 hashes for an inclusion, one more for a consistency. */
export const proofHashesMax = 54

/** That the leaf at `index`, counted from 0, is in the tree of `size` leaves with this root. */
export interface InclusionClaim {
  readonly index: number
  readonly size: number
  readonly leafHash: Uint8Array
  /** From the leaf's sibling up to the root's child. */
  readonly proof: ReadonlyArray<Uint8Array>
  readonly root: Uint8Array
}

/** That the tree of `size1` leaves is the beginning of the one of `size2` leaves. */
export interface ConsistencyClaim {
  readonly size1: number
  readonly size2: number
  readonly proof: ReadonlyArray<Uint8Array>
  readonly root1: Uint8Array
  readonly root2: Uint8Array
}

const isSize = (value: number): boolean => Number.isSafeInteger(value) && value >= 0

const isHash = (bytes: Uint8Array): boolean => bytes.length === hashBytes

const areEqual = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, at) => byte === other[at])

const isProof = (proof: ReadonlyArray<Uint8Array>): boolean => proof.length <= proofHashesMax && proof.every(isHash)

/** A node's number among those of its level, and the number of the level's last node. Division, as bits end at 32. */
interface Place {
  readonly node: number
  readonly last: number
}

const parentOf = ({ last, node }: Place): Place => ({ node: Math.floor(node / 2), last: Math.floor(last / 2) })

const isRightChild = ({ node }: Place): boolean => node % 2 === 1

/** A last node without a sibling on its level is the same subtree one level up. */
const skipLonely = (place: Place): Place => {
  let at = place
  while (at.node === at.last && !isRightChild(at) && at.node > 0) at = parentOf(at)
  return at
}

/**
 * Whether the leaf is in the tree. `size` and `root` must come from one signed checkpoint: some proofs fit several sizes.
 * `false` too for an index outside the tree, a hash that is not 32 bytes, and a proof too long or too short.
 */
export const verifyInclusion = (claim: InclusionClaim, sha256: Sha256): boolean => {
  // Untrusted: all of it came with the proof, but for a root that a checkpoint signed.
  const { index, leafHash, proof, root, size } = claim
  if (!isSize(index) || !isSize(size) || index >= size || !isHash(leafHash) || !isProof(proof)) return false
  let place: Place = { node: index, last: size - 1 }
  let hash = leafHash
  for (const sibling of proof) {
    if (place.last === 0) return false
    place = skipLonely(place)
    hash = isRightChild(place) ? hashNodes(sibling, hash, sha256) : hashNodes(hash, sibling, sha256)
    place = parentOf(place)
  }
  return place.last === 0 && areEqual(hash, root)
}

/**
 * Whether nothing of the smaller tree was changed, moved or taken out in the larger. Equal sizes need equal roots and an
 * empty proof. Nothing is proved from size 0: every tree continues the empty one. Each size must come from the checkpoint
 * that signed its root.
 */
export const verifyConsistency = (claim: ConsistencyClaim, sha256: Sha256): boolean => {
  // Untrusted: all of it came with the proof, but for roots that checkpoints signed.
  const { proof, root1, root2, size1, size2 } = claim
  // Every ledger continues the empty one: that needs no proof, and there is none.
  if (!isSize(size1) || !isSize(size2) || size1 === 0 || size1 > size2 || !isProof(proof)) return false
  if (size1 === size2) return proof.length === 0 && areEqual(root1, root2)
  if (!isHash(root1)) return false
  let place: Place = { node: size1 - 1, last: size2 - 1 }
  while (isRightChild(place)) place = parentOf(place)
  // A smaller tree that is one complete subtree is its own beginning: the proof leaves it out.
  const [first, ...rest] = place.node === 0 ? [root1, ...proof] : proof
  if (first === undefined) return false
  let [hash1, hash2] = [first, first]
  for (const sibling of rest) {
    if (place.last === 0) return false
    place = skipLonely(place)
    if (isRightChild(place)) {
      hash1 = hashNodes(sibling, hash1, sha256)
      hash2 = hashNodes(sibling, hash2, sha256)
    } else {
      hash2 = hashNodes(hash2, sibling, sha256)
    }
    place = parentOf(place)
  }
  return place.last === 0 && areEqual(hash1, root1) && areEqual(hash2, root2)
}
