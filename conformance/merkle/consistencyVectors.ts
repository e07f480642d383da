/** Claims that one tree is the beginning of another: true ones of every shape, and false ones, each for one reason. */
import type { Vector } from "../vectorFiles.ts"
import { consistencyOf, leafOf, nodeOf, rootOf, sha256 } from "./sampleTree.ts"

interface Claim {
  readonly size1: number
  readonly size2: number
  readonly root1: Uint8Array
  readonly root2: Uint8Array
  readonly proof: ReadonlyArray<Uint8Array> | null
}

/** One vector, with the fields of transparency-dev's files beside ours. */
export interface ConsistencyVector extends Vector {
  readonly kind: "consistency"
  readonly size1: number
  readonly size2: number
  readonly root1: string
  readonly root2: string
  readonly proof: ReadonlyArray<string> | null
  readonly desc: string
  readonly wantErr: boolean
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64")

const vector = (name: string, code: string | null, claim: Claim): ConsistencyVector => ({
  name: `consistency-${name}`,
  kind: "consistency",
  size1: claim.size1,
  size2: claim.size2,
  root1: base64(claim.root1),
  root2: base64(claim.root2),
  proof: claim.proof === null ? null : claim.proof.map(base64),
  desc: name.replaceAll("-", " "),
  wantErr: code !== null,
  code
})

const claimOf = (size1: number, size2: number): Claim & { readonly proof: ReadonlyArray<Uint8Array> } => ({
  size1,
  size2,
  ...consistencyOf(size1, size2)
})

const holds = (size1: number, size2: number) => vector(`of-${size1}-with-${size2}`, null, claimOf(size1, size2))
const fails = (name: string, claim: Claim, change: Partial<Claim>) =>
  vector(name, "bad_consistency", { ...claim, ...change })

const sizeMax = Number.MAX_SAFE_INTEGER
const three = claimOf(3, 7)
const four = claimOf(4, 8)
const seven = claimOf(7, 9)
const same = claimOf(7, 7)
const large = claimOf(3, 2 ** 32 + 7)
const [first = sha256(), ...others] = three.proof
const second = leafOf("line 1")
/** The claim that these bytes were the root of one line, and what the second line makes of them. */
const madeFrom = (root1: Uint8Array): Claim => ({
  size1: 1,
  size2: 2,
  root1,
  root2: nodeOf(root1, second),
  proof: [second]
})
const rewritten = consistencyOf(3, 7, (index) => leafOf(`line ${index === 1 ? "1, rewritten" : index}`))

export const consistencyVectors: ReadonlyArray<ConsistencyVector> = [
  holds(1, 1),
  vector("of-1-with-1-and-a-proof-of-null", null, { ...claimOf(1, 1), proof: null }),
  holds(7, 7),
  holds(sizeMax, sizeMax),
  holds(1, 2),
  holds(1, 3),
  holds(2, 3),
  holds(3, 7),
  holds(6, 7),
  holds(1, 8),
  holds(4, 8),
  holds(6, 8),
  holds(7, 8),
  holds(7, 9),
  holds(8, 9),
  holds(2 ** 32 - 1, 2 ** 32),
  holds(2 ** 32, 2 ** 32 + 1),
  holds(3, 2 ** 32 + 7),
  holds(2 ** 32 + 1, 2 ** 33 + 5),
  holds(2 ** 52, 2 ** 52 + 2 ** 31 + 1),
  holds(1, sizeMax),
  holds(3, sizeMax),
  holds(sizeMax - 1, sizeMax),
  // A size is only as good as the signature that ties it to its root.
  vector("under-another-size-that-the-hashes-fit", null, { ...seven, size2: 10 }),

  fails("from-none", { ...three, size1: 0, root1: sha256() }, { proof: [] }),
  fails("from-none-with-a-proof", { ...three, size1: 0, root1: sha256() }, {}),
  fails("from-none-to-none", same, { size1: 0, size2: 0, root1: sha256(), root2: sha256(), proof: [] }),
  fails("from-none-to-none-with-a-hash", same, {
    size1: 0,
    size2: 0,
    root1: sha256(),
    root2: sha256(),
    proof: [first]
  }),
  fails("from-none-to-none-with-other-roots", same, { size1: 0, size2: 0, root2: rootOf(8) }),
  fails("from-none-with-hashes-that-give-the-roots", madeFrom(sha256()), { size1: 0, proof: [sha256(), second] }),
  fails("sizes-the-wrong-way-round", three, { size1: 7, size2: 3, root1: three.root2, root2: three.root1 }),
  fails("sizes-the-wrong-way-round-with-equal-roots", same, { size1: 2, size2: 1, root1: first, root2: first }),
  fails("size-negative", madeFrom(first), { size1: -1, proof: [first, second] }),
  fails("size-past-2-to-the-53-less-1", claimOf(1, 2 ** 53), {}),
  fails("equal-sizes-with-other-roots", same, { root2: rootOf(8) }),
  fails("equal-sizes-with-a-proof", same, { proof: [same.root1] }),
  fails("first-size-one-more", three, { size1: 4 }),
  fails("first-size-one-less", three, { size1: 2 }),
  fails("first-size-larger-by-2-to-the-32", large, { size1: 2 ** 32 + 3 }),
  fails("second-size-one-more", claimOf(7, 8), { size2: 9 }),
  fails("second-size-one-less", seven, { size2: 8 }),
  fails("second-size-smaller-by-2-to-the-32", large, { size2: 7 }),
  fails("first-root-of-another-size", three, { root1: rootOf(2) }),
  fails("second-root-of-another-size", three, { root2: rootOf(8) }),
  fails("roots-the-wrong-way-round", four, { root1: four.root2, root2: four.root1 }),
  fails("first-root-without-its-last-byte", four, { root1: four.root1.subarray(0, 31) }),
  fails("first-root-of-31-bytes-that-gives-the-second", madeFrom(first.subarray(1)), {}),
  fails("second-root-with-one-more-byte", three, { root2: Buffer.concat([three.root2, Buffer.alloc(1)]) }),
  fails("second-root-empty", three, { root2: new Uint8Array(0) }),
  fails("line-rewritten", three, { root2: rewritten.root2 }),
  fails("line-rewritten-with-its-own-proof", three, { root2: rewritten.root2, proof: rewritten.proof }),
  fails("first-root-written-down-though-it-is-left-out", four, { proof: [four.root1, ...four.proof] }),
  fails("proof-empty", three, { proof: [] }),
  fails("proof-empty-from-a-power-of-two", four, { proof: [] }),
  fails("proof-without-its-first", three, { proof: others }),
  fails("proof-without-its-last", three, { proof: three.proof.slice(0, -1) }),
  fails("proof-with-one-more-at-the-end", three, { proof: [...three.proof, three.root2] }),
  fails("proof-with-one-more-at-the-start", three, { proof: [three.root1, ...three.proof] }),
  fails("proof-reversed", three, { proof: three.proof.toReversed() }),
  fails("proof-with-a-hash-of-31-bytes", three, { proof: [first.subarray(1), ...others] }),
  fails("proof-with-a-hash-of-33-bytes", three, { proof: [Buffer.concat([first, Buffer.alloc(1)]), ...others] }),
  fails("proof-with-a-hash-of-31-bytes-that-gives-the-root", claimOf(1, 2), {
    root2: nodeOf(leafOf("line 0"), first.subarray(1)),
    proof: [first.subarray(1)]
  }),
  fails("proof-of-55-hashes", three, { proof: Array.from({ length: 55 }, () => first) })
]
