/**
 * Trees of any size and the proofs over them, written as docs/protocol/checkpoints-v1.md defines them: by recursion, with
 * nothing of the code that the vectors test.
 */
import { createHash } from "node:crypto"

/** SHA-256 over the parts, joined. */
export const sha256 = (...parts: ReadonlyArray<string | Uint8Array>): Buffer => {
  const hash = createHash("sha256")
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** The leaf of a line's text. */
export const leafOf = (line: string): Buffer => sha256(Uint8Array.of(0), line)

export const nodeOf = (left: Uint8Array, right: Uint8Array): Buffer => sha256(Uint8Array.of(1), left, right)

/** The largest power of two below `length`, which is at least 2. Multiplies: shifts end at 32 bits. */
const half = (length: number): number => {
  let width = 1
  while (width * 2 < length) width *= 2
  return width
}

// From here on a complete part that nobody looks into has a root without lines under it, or large trees would take for ever.
const madeUpFrom = 1024

/** The tree over these lines; `edges` are the places, between lines, on both sides of which a proof needs hashes of their own. */
const treeOf = (leafAt: (index: number) => Buffer, edges: ReadonlyArray<number>) => {
  const part = (from: number, to: number): Buffer => {
    const length = to - from
    if (length === 0) return sha256()
    if (length === 1) return leafAt(from)
    const middle = from + half(length)
    const isComplete = to - middle === middle - from
    if (isComplete && length >= madeUpFrom && edges.every((edge) => edge <= from || edge >= to)) {
      return sha256(`lines ${from} to ${to}`)
    }
    return nodeOf(part(from, middle), part(middle, to))
  }
  return part
}

const lineAt = (index: number): Buffer => leafOf(`line ${index}`)

/** That the line at `index` is among the first `size`. */
export const inclusionOf = (index: number, size: number, leafAt: (index: number) => Buffer = lineAt) => {
  const part = treeOf(leafAt, [index, index + 1])
  const proof: Array<Buffer> = []
  let [from, to] = [0, size]
  while (to - from > 1) {
    const middle = from + half(to - from)
    proof.push(index < middle ? part(middle, to) : part(from, middle))
    ;[from, to] = index < middle ? [from, middle] : [middle, to]
  }
  return { leafHash: leafAt(index), root: part(0, size), proof: proof.reverse() }
}

/** That the first `size1` lines are the beginning of the first `size2`. */
export const consistencyOf = (size1: number, size2: number, leafAt: (index: number) => Buffer = lineAt) => {
  const part = treeOf(leafAt, [size1])
  const proof: Array<Buffer> = []
  let [from, to] = [0, size2]
  while (to !== size1) {
    const middle = from + half(to - from)
    proof.push(size1 <= middle ? part(middle, to) : part(from, middle))
    ;[from, to] = size1 <= middle ? [from, middle] : [middle, to]
  }
  if (from > 0) proof.push(part(from, to))
  return { root1: part(0, size1), root2: part(0, size2), proof: proof.reverse() }
}

/** The root over the first `size` lines. */
export const rootOf = (size: number, leafAt: (index: number) => Buffer = lineAt): Buffer => treeOf(leafAt, [])(0, size)
