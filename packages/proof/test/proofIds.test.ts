import { assert, describe, it } from "@effect/vitest"
import { ProofIds, packedIdBytes, packId, packIdAt } from "../src/internal/proofIds.ts"

const idOf = (at: number): string => `019400d5-8b0a-7c3e-9f21-${at.toString(16).padStart(12, "0")}`
const count = 5000
const packed = Array.from({ length: count }, (_, at) => packId(idOf(at)))

describe("a set of packed ids", () => {
  it("packs an id alike as a text and where its bytes lie", () => {
    const into = new Uint8Array(packedIdBytes)
    packIdAt(new TextEncoder().encode(`x${idOf(0xabcdef)}`), 1, into)
    assert.deepStrictEqual(into, packId(idOf(0xabcdef)))
    assert.strictEqual(Buffer.from(into).toString("hex"), "019400d58b0a7c3e9f21000000abcdef")
  })

  it("knows what was added and nothing else, however much it grows", () => {
    const ids = new ProofIds()
    for (const [at, id] of packed.entries()) {
      assert.isFalse(ids.has(id))
      ids.add(id)
      ids.add(id)
      assert.isTrue(ids.has(id))
      assert.isTrue(ids.has(packed[at >> 1] ?? id))
    }
    assert.isTrue(packed.every((id) => ids.has(id)))
    // The last two bytes count: an edit there is another of the ids.
    for (let at = 0; at < packedIdBytes; at++) {
      const other = packed[7]?.with(at, (packed[7][at] ?? 0) ^ 1) ?? new Uint8Array(packedIdBytes)
      assert.strictEqual(ids.has(other), at >= packedIdBytes - 2)
    }
  })

  it("takes many at once, or none of them", () => {
    const ids = new ProofIds()
    const joined = (from: number, to: number) => Buffer.concat(packed.slice(from, to))
    assert.isTrue(ids.addAll(joined(0, 300)))
    assert.isFalse(ids.addAll(joined(299, 400)))
    assert.isFalse(ids.has(packed[300] ?? new Uint8Array(packedIdBytes)))
    assert.isTrue(ids.addAll(joined(300, 400)))
    assert.isTrue(ids.has(joined(0, 400), 399 * packedIdBytes))
    assert.isTrue(packed.slice(0, 400).every((id) => ids.has(id)))
    assert.isTrue(ids.addAll(new Uint8Array(0)))
  })
})
