/** Claims that a line is in a tree: true ones of every shape of tree, and false ones, each for one reason. */
import type { Vector } from "../vectorFiles.ts"
import { inclusionOf, leafOf, nodeOf, rootOf, sha256 } from "./sampleTree.ts"

interface Claim {
  readonly leafIdx: number
  readonly treeSize: number
  readonly root: Uint8Array
  readonly leafHash: Uint8Array
  readonly proof: ReadonlyArray<Uint8Array> | null
}

/** One vector, with the fields of transparency-dev's files beside ours. */
export interface InclusionVector extends Vector {
  readonly kind: "inclusion"
  readonly leafIdx: number
  readonly treeSize: number
  readonly root: string
  readonly leafHash: string
  readonly proof: ReadonlyArray<string> | null
  readonly desc: string
  readonly wantErr: boolean
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64")

const vector = (name: string, code: string | null, claim: Claim): InclusionVector => ({
  name: `inclusion-${name}`,
  kind: "inclusion",
  leafIdx: claim.leafIdx,
  treeSize: claim.treeSize,
  root: base64(claim.root),
  leafHash: base64(claim.leafHash),
  proof: claim.proof === null ? null : claim.proof.map(base64),
  desc: name.replaceAll("-", " "),
  wantErr: code !== null,
  code
})

const claimOf = (leafIdx: number, treeSize: number): Claim & { readonly proof: ReadonlyArray<Uint8Array> } => ({
  leafIdx,
  treeSize,
  ...inclusionOf(leafIdx, treeSize)
})

const holds = (leafIdx: number, treeSize: number) =>
  vector(`of-${leafIdx}-in-${treeSize}`, null, claimOf(leafIdx, treeSize))
const fails = (name: string, claim: Claim, change: Partial<Claim>) =>
  vector(name, "bad_inclusion", { ...claim, ...change })

const sizeMax = Number.MAX_SAFE_INTEGER
const seven = claimOf(5, 7)
const eight = claimOf(2, 8)
const last = claimOf(8, 9)
const alone = claimOf(0, 1)
const large = claimOf(1, 2 ** 33)
const [first = sha256(), ...others] = eight.proof
const short = first.subarray(1)

export const inclusionVectors: ReadonlyArray<InclusionVector> = [
  holds(0, 1),
  vector("of-0-in-1-with-a-proof-of-null", null, { ...alone, proof: null }),
  holds(0, 2),
  holds(1, 2),
  holds(0, 3),
  holds(2, 3),
  holds(3, 7),
  holds(5, 7),
  holds(6, 7),
  holds(0, 8),
  holds(7, 8),
  holds(3, 9),
  holds(8, 9),
  holds(2 ** 31, 2 ** 32 - 1),
  holds(2 ** 32 - 1, 2 ** 32),
  holds(2 ** 32, 2 ** 32 + 1),
  holds(1, 2 ** 33),
  holds(2 ** 32 + 3, 2 ** 33 + 5),
  holds(2 ** 52 + 2 ** 31, 2 ** 52 + 2 ** 31 + 1),
  holds(0, sizeMax),
  holds(sizeMax - 1, sizeMax),
  // A size is only as good as the signature that ties it to its root.
  vector("under-another-size-that-the-hashes-fit", null, { ...claimOf(0, 7), treeSize: 8 }),

  fails("index-is-the-size", seven, { leafIdx: 7 }),
  fails("index-far-beyond", seven, { leafIdx: sizeMax }),
  fails("index-negative", claimOf(0, 2), { leafIdx: -2 }),
  fails("in-an-empty-tree", alone, { treeSize: 0, root: sha256() }),
  fails("size-past-2-to-the-53-less-1", claimOf(0, 2 ** 53), {}),
  fails("index-of-the-sibling", eight, { leafIdx: 3 }),
  fails("index-of-another-line", eight, { leafIdx: 6 }),
  fails("index-larger-by-2-to-the-32", large, { leafIdx: 2 ** 32 + 1 }),
  fails("size-one-more", claimOf(6, 7), { treeSize: 8 }),
  fails("size-one-less", last, { leafIdx: 7, treeSize: 8 }),
  fails("size-larger-by-2-to-the-32", seven, { treeSize: 2 ** 32 + 7 }),
  fails("size-smaller-by-2-to-the-32", claimOf(5, 2 ** 32 + 7), { treeSize: 7 }),
  fails("root-of-another-size", eight, { root: rootOf(9) }),
  fails("root-is-the-leaf", eight, { root: eight.leafHash }),
  fails("root-without-its-last-byte", eight, { root: eight.root.subarray(0, 31) }),
  fails("root-with-one-more-byte", eight, { root: Buffer.concat([eight.root, Buffer.alloc(1)]) }),
  fails("root-empty", eight, { root: new Uint8Array(0) }),
  fails("leaf-of-another-line", eight, { leafHash: leafOf("line 3") }),
  fails("leaf-and-root-of-31-bytes", alone, { leafHash: alone.root.subarray(1), root: alone.root.subarray(1) }),
  fails("leaf-hashed-as-a-node", claimOf(0, 1), { leafHash: sha256(Uint8Array.of(1), "line 0") }),
  fails("sides-swapped", claimOf(0, 2), { root: nodeOf(leafOf("line 1"), leafOf("line 0")) }),
  fails("proof-empty", eight, { proof: [] }),
  fails("proof-of-null", eight, { proof: null }),
  fails("proof-without-its-first", eight, { proof: others }),
  fails("proof-without-its-last", eight, { proof: eight.proof.slice(0, -1) }),
  fails("proof-with-one-more-at-the-end", eight, { proof: [...eight.proof, eight.root] }),
  fails("proof-with-one-more-at-the-start", eight, { proof: [eight.leafHash, ...eight.proof] }),
  fails("proof-of-one-where-none-is-due", alone, { proof: [alone.root] }),
  fails("proof-reversed", eight, { proof: eight.proof.toReversed() }),
  fails("proof-with-a-hash-of-31-bytes", eight, { proof: [short, ...others] }),
  fails("proof-with-a-hash-of-33-bytes", eight, { proof: [Buffer.concat([first, Buffer.alloc(1)]), ...others] }),
  fails("proof-with-a-hash-of-31-bytes-that-gives-the-root", claimOf(0, 2), {
    root: nodeOf(leafOf("line 0"), short),
    proof: [short]
  }),
  fails("proof-with-an-empty-hash", eight, { proof: [new Uint8Array(0), ...others] }),
  fails("proof-of-55-hashes", eight, { proof: Array.from({ length: 55 }, () => first) })
]
