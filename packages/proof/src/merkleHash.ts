/** Leaves and nodes of the tree of RFC 6962 §2.1. A leaf and a node are hashed apart, so neither can pass for the other. */

/** SHA-256, as in `VerifyBackend.sha256`. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array

/** Bytes of every hash in the tree. */
export const hashBytes = 32

/** What the tree holds of a line: the hash of its exact stored bytes, without the newline. */
export const hashLeaf = (leaf: Uint8Array, sha256: Sha256): Uint8Array => {
  // The first byte stays 0, which says leaf.
  const bytes = new Uint8Array(1 + leaf.length)
  bytes.set(leaf, 1)
  return sha256(bytes)
}

/** The hash of a subtree from those of its two halves. */
export const hashNodes = (left: Uint8Array, right: Uint8Array, sha256: Sha256): Uint8Array => {
  const bytes = new Uint8Array(1 + left.length + right.length)
  bytes[0] = 1
  bytes.set(left, 1)
  bytes.set(right, 1 + left.length)
  return sha256(bytes)
}

/** The root of a tree of size 0. */
export const emptyRoot = (sha256: Sha256): Uint8Array => sha256(new Uint8Array(0))

/** One hash for neighbouring complete subtrees, given from the left, each smaller than the one before it. */
export const foldSubtrees = (hashes: ReadonlyArray<Uint8Array>, sha256: Sha256): Uint8Array =>
  hashes.length === 0 ? emptyRoot(sha256) : hashes.reduceRight((right, left) => hashNodes(left, right, sha256))
