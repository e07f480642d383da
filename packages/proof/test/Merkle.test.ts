import { createHash } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { decodeBase64 } from "../src/base64.ts"
import {
  emptyRoot,
  foldPlan,
  hashLeaf,
  hashNodes,
  makeCompactRange,
  makeMerkleTree,
  planConsistency,
  planInclusion,
  planRoot,
  proofHashesMax,
  type Sha256,
  verifyConsistency,
  verifyInclusion
} from "../src/merkle.ts"
import { nodeBackend } from "../src/NodeBackend.ts"
import { sharedData } from "./sharedData.ts"

const { sha256 } = nodeBackend
const utf8 = new TextEncoder()
const leafAt = (at: number) => utf8.encode(`line ${at}`)
const sizeMax = Number.MAX_SAFE_INTEGER

const leaves = Array.from({ length: 300 }, (_, at) => leafAt(at))
const leafHashes = leaves.map((leaf) => hashLeaf(leaf, sha256))
const hashAt = (at: number) => leafHashes[at] ?? assert.fail(`no leaf ${at}`)
const tree = makeMerkleTree(leaves, sha256)
const roots = Array.from({ length: leaves.length + 1 }, (_, size) => tree.root(size))
const rootAt = (size: number) => roots[size] ?? assert.fail(`no root ${size}`)

/** RFC 6962 §2.1 word by word: slow, and shares nothing with the code under test. */
const rootByDefinition = (lines: ReadonlyArray<Uint8Array>): Buffer => {
  const hash = (...parts: ReadonlyArray<Uint8Array>) => createHash("sha256").update(Buffer.concat(parts)).digest()
  const [only] = lines
  if (only === undefined) return hash()
  if (lines.length === 1) return hash(Buffer.of(0), only)
  let split = 1
  while (split * 2 < lines.length) split *= 2
  return hash(Buffer.of(1), rootByDefinition(lines.slice(0, split)), rootByDefinition(lines.slice(split)))
}

const flips = function* (hash: Uint8Array) {
  for (let bit = 0; bit < hash.length * 8; bit++) {
    const edited = Uint8Array.from(hash)
    edited[bit >> 3] = (edited[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    yield edited
  }
}

const inclusion = (index: number, size: number) => ({
  index,
  size,
  leafHash: hashAt(index),
  proof: tree.inclusion(index, size),
  root: tree.root(size)
})

const consistency = (size1: number, size2: number) => ({
  size1,
  size2,
  proof: tree.consistency(size1, size2),
  root1: tree.root(size1),
  root2: tree.root(size2)
})

describe("the tree", () => {
  it("has the roots of RFC 6962 at every size", () => {
    for (let size = 0; size <= leaves.length; size++) {
      assert.deepEqual(Buffer.from(tree.root(size)), rootByDefinition(leaves.slice(0, size)), `size ${size}`)
    }
    assert.deepEqual(tree.root(0), emptyRoot(sha256))
  })

  it("hashes a leaf apart from a node, so that two leaves are no tree of two", () => {
    const [left, right] = [hashAt(0), hashAt(1)]
    const both = Buffer.concat([left, right])
    assert.notDeepEqual(hashLeaf(both, sha256), hashNodes(left, right, sha256))
  })

  it("grows by its right edge alone, and goes on from any stored edge", () => {
    const whole = makeCompactRange(sha256)
    const stored = [{ size: 0, hashes: whole.hashes() }]
    for (const [at, leafHash] of leafHashes.entries()) {
      whole.append(leafHash)
      assert.deepStrictEqual([whole.size(), whole.root()], [at + 1, tree.root(at + 1)])
      stored.push({ size: whole.size(), hashes: whole.hashes() })
    }
    for (const edge of stored) {
      const resumed = makeCompactRange(sha256, edge)
      assert.deepEqual(resumed.root(), tree.root(edge.size))
      for (const leafHash of leafHashes.slice(edge.size)) resumed.append(leafHash)
      assert.deepEqual(resumed.root(), tree.root())
    }
  })

  it("is not taken up from hashes that do not fit the size", () => {
    const hashes = [hashAt(0), hashAt(1)]
    for (const size of [0, 1, 2, 4, 7, -1, 2.5, Number.NaN, 2 ** 53]) {
      assert.throws(() => makeCompactRange(sha256, { size, hashes }), RangeError)
    }
    assert.throws(() => makeCompactRange(sha256, { size: 1, hashes: [new Uint8Array(31)] }), RangeError)
    assert.throws(() => makeCompactRange(sha256).append(new Uint8Array(33)), RangeError)
    assert.strictEqual(makeCompactRange(sha256, { size: 3, hashes }).size(), 3)
  })

  it("refuses to plan a proof that cannot be", () => {
    for (const [index, size] of [
      [0, 0],
      [3, 3],
      [-1, 3],
      [0.5, 3],
      [0, 2 ** 53]
    ] as const) {
      assert.throws(() => planInclusion(index, size), RangeError)
    }
    for (const [size1, size2] of [
      [0, 0],
      [0, 3],
      [4, 3],
      [1.5, 3],
      [1, 2 ** 53]
    ] as const) {
      assert.throws(() => planConsistency(size1, size2), RangeError)
    }
    assert.throws(() => tree.inclusion(0, 301), RangeError)
  })
})

describe("an inclusion proof", () => {
  it("verifies for every leaf of every size, and for no other leaf or index", () => {
    for (let size = 1; size <= 48; size++) {
      for (let index = 0; index < size; index++) {
        const claim = inclusion(index, size)
        const isGood = (change: Partial<typeof claim>) => verifyInclusion({ ...claim, ...change }, sha256)
        assert.isTrue(isGood({}), `${index} of ${size}`)
        for (let other = 0; other < size + 2; other++) {
          if (other !== index && (isGood({ index: other }) || isGood({ leafHash: hashAt(other) }))) {
            assert.fail(`${index} passes as ${other} of ${size}`)
          }
        }
      }
    }
  })

  it("verifies for every leaf of the larger trees", () => {
    for (const size of [127, 128, 129, 255, 256, 257, 300]) {
      for (let index = 0; index < size; index++) assert.isTrue(verifyInclusion(inclusion(index, size), sha256))
    }
  })

  it("fails under the root of any other size, given as that size or not", () => {
    for (const [index, size] of [
      [0, 1],
      [4, 7],
      [99, 100],
      [64, 129]
    ] as const) {
      const claim = inclusion(index, size)
      for (let other = 0; other <= leaves.length; other++) {
        if (other === size) continue
        assert.isFalse(verifyInclusion({ ...claim, root: rootAt(other) }, sha256))
        assert.isFalse(verifyInclusion({ ...claim, root: rootAt(other), size: other }, sha256))
      }
    }
  })

  it("fails with any bit flipped, any hash left out, doubled, swapped or of another length", () => {
    const claim = inclusion(100, 201)
    const { leafHash, proof, root } = claim
    const isGood = (change: Partial<typeof claim>) => verifyInclusion({ ...claim, ...change }, sha256)
    for (const edited of flips(leafHash)) assert.isFalse(isGood({ leafHash: edited }))
    for (const edited of flips(root)) assert.isFalse(isGood({ root: edited }))
    for (const [at, hash] of proof.entries()) {
      for (const edited of flips(hash)) assert.isFalse(isGood({ proof: proof.with(at, edited) }))
      assert.isFalse(isGood({ proof: proof.toSpliced(at, 1) }))
      assert.isFalse(isGood({ proof: proof.toSpliced(at, 0, hash) }))
      assert.isFalse(isGood({ proof: proof.with(at, Buffer.concat([hash, hash])) }))
      if (at > 0) assert.isFalse(isGood({ proof: proof.with(at, proof[at - 1] ?? hash).with(at - 1, hash) }))
    }
    assert.isFalse(isGood({ proof: [...proof, root] }))
    assert.isFalse(isGood({ root: root.subarray(1), leafHash: leafHash.subarray(1) }))
    assert.isTrue(isGood({}))
  })

  it("cannot pass a node off as a leaf", () => {
    const { proof, root } = inclusion(6, 8)
    const node = hashNodes(hashAt(6), hashAt(7), sha256)
    assert.isTrue(verifyInclusion({ index: 3, size: 4, leafHash: node, proof: proof.slice(1), root }, sha256))
    // So a size must come from the checkpoint that signs the root.
    assert.isFalse(verifyInclusion({ index: 3, size: 8, leafHash: node, proof: proof.slice(1), root }, sha256))
  })
})

describe("a consistency proof", () => {
  it("verifies for every two sizes, and under no other size with its root", () => {
    for (let size2 = 1; size2 <= 40; size2++) {
      for (let size1 = 1; size1 <= size2; size1++) {
        const claim = consistency(size1, size2)
        const isGood = (change: Partial<typeof claim>) => verifyConsistency({ ...claim, ...change }, sha256)
        assert.isTrue(isGood({}), `${size1} to ${size2}`)
        for (let other = 0; other <= 42; other++) {
          const root = rootAt(other)
          const passes1 = other !== size1 && (isGood({ size1: other, root1: root }) || isGood({ root1: root }))
          const passes2 = other !== size2 && (isGood({ size2: other, root2: root }) || isGood({ root2: root }))
          if (passes1 || passes2) assert.fail(`${size1} to ${size2} passes with ${other}`)
        }
      }
    }
  })

  it("verifies between the larger trees", () => {
    for (let size1 = 1; size1 <= 300; size1++) {
      for (const size2 of [255, 256, 257, 300]) {
        if (size1 <= size2) assert.isTrue(verifyConsistency(consistency(size1, size2), sha256))
      }
    }
  })

  it("fails with any bit flipped, any hash left out, doubled or of another length", () => {
    for (const claim of [consistency(100, 201), consistency(64, 201), consistency(200, 201), consistency(7, 7)]) {
      const { proof, root1, root2 } = claim
      const isGood = (change: Partial<typeof claim>) => verifyConsistency({ ...claim, ...change }, sha256)
      for (const edited of flips(root1)) assert.isFalse(isGood({ root1: edited }))
      for (const edited of flips(root2)) assert.isFalse(isGood({ root2: edited }))
      for (const [at, hash] of proof.entries()) {
        for (const edited of flips(hash)) assert.isFalse(isGood({ proof: proof.with(at, edited) }))
        assert.isFalse(isGood({ proof: proof.toSpliced(at, 1) }))
        assert.isFalse(isGood({ proof: proof.toSpliced(at, 0, hash) }))
        assert.isFalse(isGood({ proof: proof.with(at, hash.subarray(1)) }))
      }
      assert.isFalse(isGood({ proof: [...proof, root1] }))
      assert.isTrue(isGood({}))
    }
  })

  it("fails when a line in the middle was changed or taken out", () => {
    for (const edited of [
      leaves.with(30, leafAt(999)),
      leaves.toSpliced(30, 1),
      leaves.toSpliced(30, 0, leafAt(999))
    ]) {
      const other = makeMerkleTree(edited, sha256)
      const claim = { size1: 100, size2: 200, root1: tree.root(100), root2: other.root(200) }
      for (const from of [tree, other]) {
        assert.isFalse(verifyConsistency({ ...claim, proof: from.consistency(100, 200) }, sha256))
      }
    }
  })

  it("takes nothing for a proof that starts from the empty tree", () => {
    const empty = { size1: 0, size2: 0, proof: [], root1: tree.root(0), root2: tree.root(0) }
    assert.isFalse(verifyConsistency(empty, sha256))
    assert.isFalse(verifyConsistency({ ...empty, root1: tree.root(1), root2: tree.root(1) }, sha256))
    assert.isFalse(verifyConsistency({ ...empty, size2: 1, root2: tree.root(1) }, sha256))
  })
})

describe("a tree past 32 bits", () => {
  // A tree whose leaves are all alike needs one hash a level, and can be as large as a number can say.
  const alike = [hashAt(0)]
  for (let level = 1; level <= 53; level++) {
    const below = alike[level - 1] ?? hashAt(0)
    alike.push(hashNodes(below, below, sha256))
  }
  const get = ({ level }: { readonly level: number }) => alike[level] ?? hashAt(0)
  const rootOf = (size: number) => foldPlan([planRoot(size)], get, sha256)[0] ?? hashAt(0)
  const sizes = [2 ** 31 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 33 + 5, 2 ** 52, 2 ** 52 + 2 ** 31 + 1, sizeMax - 1, sizeMax]

  it("has inclusion proofs that verify and are not too long", () => {
    for (const size of sizes) {
      for (const index of [0, 1, 2 ** 30, 2 ** 31 - 2, Math.floor(size / 2), size - 2, size - 1]) {
        const proof = foldPlan(planInclusion(index, size), get, sha256)
        const claim = { index, size, leafHash: hashAt(0), proof, root: rootOf(size) }
        assert.isTrue(verifyInclusion(claim, sha256), `${index} of ${size}`)
        assert.isFalse(verifyInclusion({ ...claim, proof: proof.slice(1) }, sha256))
        assert.isAtMost(proof.length, proofHashesMax - 1)
      }
    }
  })

  it("has consistency proofs that verify and are not too long", () => {
    for (const size2 of sizes) {
      for (const size1 of [1, 2 ** 30 + 1, 2 ** 31 - 1, Math.floor(size2 / 2) + 1, size2 - 1]) {
        const proof = foldPlan(planConsistency(size1, size2), get, sha256)
        const claim = { size1, size2, proof, root1: rootOf(size1), root2: rootOf(size2) }
        assert.isTrue(verifyConsistency(claim, sha256), `${size1} to ${size2}`)
        assert.isFalse(verifyConsistency({ ...claim, root2: rootOf(size2 - 1) }, sha256))
        assert.isAtMost(proof.length, proofHashesMax)
      }
    }
    assert.lengthOf(planConsistency(sizeMax - 1, sizeMax), proofHashesMax - 1)
  })

  it("grows from a stored edge", () => {
    const size = 2 ** 40 + 2 ** 32 - 1
    const range = makeCompactRange(sha256, { size, hashes: planRoot(size).map(get) })
    assert.deepEqual(range.root(), rootOf(size))
    range.append(hashAt(0))
    assert.deepEqual(range.root(), rootOf(size + 1))
    assert.lengthOf(range.hashes(), 2)
    const full = makeCompactRange(sha256, { size: sizeMax, hashes: planRoot(sizeMax).map(get) })
    assert.throws(() => full.append(hashAt(0)), RangeError)
  })

  it("answers no, without hashing on and on, to numbers and proofs that cannot be", () => {
    let hashed = 0
    const counting: Sha256 = (bytes) => {
      hashed++
      return sha256(bytes)
    }
    const long = Array.from({ length: 100_000 }, () => hashAt(0))
    const claim = inclusion(3, 7)
    const older = consistency(3, 7)
    for (const bad of [-1, 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.isFalse(verifyInclusion({ ...claim, index: bad }, counting))
      assert.isFalse(verifyInclusion({ ...claim, size: bad }, counting))
      assert.isFalse(verifyConsistency({ ...older, size1: bad }, counting))
      assert.isFalse(verifyConsistency({ ...older, size2: bad }, counting))
    }
    const short = [hashAt(0).subarray(1)]
    assert.isFalse(verifyInclusion({ ...claim, proof: [...claim.proof, ...short] }, counting))
    assert.isFalse(verifyConsistency({ ...older, proof: [...older.proof, ...short] }, counting))
    assert.isFalse(verifyInclusion({ ...claim, proof: long }, counting))
    assert.isFalse(verifyConsistency({ ...older, proof: long }, counting))
    assert.strictEqual(hashed, 0)
  })
})

interface MerkleVector {
  readonly wantErr: boolean
  readonly leafIdx: number
  readonly treeSize: number
  readonly leafHash: string
  readonly root: string
  readonly size1: number
  readonly size2: number
  readonly root1: string
  readonly root2: string
  readonly proof: ReadonlyArray<string> | null
}

const vectors = sharedData("vectors/merkle/testdata")
const vectorsOf = (kind: string) => {
  const directory = join(vectors ?? "", kind)
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".json"))
    .map((name) => ({ name, vector: JSON.parse(readFileSync(join(directory, name), "utf8")) as MerkleVector }))
}
const bytes = (text: string) => decodeBase64(text) ?? assert.fail(text)

describe.skipIf(vectors === null)("the vectors of transparency-dev/merkle", () => {
  it("have our verdict on all inclusions", () => {
    const all = vectorsOf("inclusion")
    assert.isAbove(all.length, 90)
    for (const { name, vector } of all) {
      const { leafHash, leafIdx, proof, root, treeSize, wantErr } = vector
      const claim = {
        index: leafIdx,
        size: treeSize,
        leafHash: bytes(leafHash),
        proof: (proof ?? []).map(bytes),
        root: bytes(root)
      }
      assert.strictEqual(verifyInclusion(claim, sha256), !wantErr, name)
    }
  })

  it("have our verdict on all consistencies", () => {
    const all = vectorsOf("consistency")
    assert.isAbove(all.length, 90)
    for (const { name, vector } of all) {
      const { proof, root1, root2, size1, size2, wantErr } = vector
      const claim = { size1, size2, proof: (proof ?? []).map(bytes), root1: bytes(root1), root2: bytes(root2) }
      assert.strictEqual(verifyConsistency(claim, sha256), !wantErr, name)
    }
  })
})
