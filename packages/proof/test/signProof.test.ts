import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { agent, body, signed as signSample } from "../../../conformance/proof/sampleProofs.ts"
import { FarmProof } from "../src/FarmProof.ts"
import { nodeBackend } from "../src/NodeBackend.ts"
import { recordBytesMax, textLengthMax } from "../src/proofForm.ts"
import { serializeProof } from "../src/serializeProof.ts"
import { signProof } from "../src/signProof.ts"
import { type ChainHead, headOf, parseProof, verifyProof } from "../src/verify.ts"

const sample = parseProof(signSample(body()).text)
if (!sample.ok) throw new Error(sample.fault.detail)
const { signature: _, ...unsigned } = sample.value.proof
const key = { sign: (message: Uint8Array) => agent.sign(Buffer.from(message).toString()) }

describe("signProof", () => {
  it("makes a line that verifies, and its hash", () => {
    const signed = signProof(unsigned, null, key)
    if (!signed.ok) return assert.fail(signed.fault.detail)
    const { hash, line, proof } = signed.value
    assert.deepStrictEqual(verifyProof(line, agent.publicKey, nodeBackend), { ok: true, value: { hash, line, proof } })
  })

  it.prop("makes exactly the line that is read back as the same proof, or nothing", [FarmProof], ([random]) => {
    const { prev_proof_hash: hash, prev_proof_id: proofId, sequence } = random
    const head = hash === null || proofId === null || sequence === 0 ? null : { hash, proofId, sequence: sequence - 1 }
    const proof: FarmProof =
      head === null ? { ...random, prev_proof_hash: null, prev_proof_id: null, sequence: 0 } : random
    const { signature, ...rest } = proof
    const signed = signProof(rest, head, { sign: () => signature })
    const { line, unsigned } = serializeProof(proof)
    const read = parseProof(line)
    if (signed.ok) {
      assert.deepStrictEqual(read, {
        ok: true,
        value: { proof: signed.value.proof, line: signed.value.line, unsigned }
      })
      assert.strictEqual(signed.value.hash, createHash("sha256").update(unsigned).digest("hex"))
    } else if (read.ok) {
      // The one thing that we never make and yet accept from others.
      assert.strictEqual(signed.fault.detail, "must not have control characters")
    }
  })

  it("refuses what a tracker would refuse, and does not sign it", () => {
    const { action, outcome } = unsigned
    const never = (): string => assert.fail("was signed")
    const codeOf = (change: object, sign: typeof key.sign = never) => {
      const signed = signProof({ ...unsigned, ...change }, null, { sign })
      return signed.ok ? null : signed.fault.code
    }
    assert.strictEqual(codeOf({}, key.sign), null)
    assert.strictEqual(codeOf({ action: { ...action, plugin: "a\ud800" } }), "not_utf8")
    assert.strictEqual(codeOf({ action: { ...action, description: "" } }), "out_of_range")
    assert.strictEqual(codeOf({ outcome: { ...outcome, evidence_hash: 'x"' } }), "bad_format")
    assert.strictEqual(codeOf({ extra: 1 }), "unknown_field")
    assert.strictEqual(codeOf({ signature: "0".repeat(128) }), "unknown_field")
    assert.strictEqual(codeOf({ timestamp: "2026-02-30T00:00:00Z" }), "bad_format")
    assert.strictEqual(
      codeOf({}, () => "AB".repeat(64)),
      "bad_format"
    )
    assert.strictEqual(codeOf({ sequence: 1 }), "genesis_mismatch")
  })

  it("signs for the place after the head and for no other", () => {
    const first = signProof(unsigned, null, key)
    if (!first.ok) return assert.fail(first.fault.detail)
    const head = headOf(first.value)
    const place = { sequence: 1, prev_proof_id: head.proofId, prev_proof_hash: head.hash }
    const codeAfter = (from: ChainHead | null, change: object) => {
      const signed = signProof({ ...unsigned, ...place, ...change }, from, key)
      return signed.ok ? null : signed.fault.code
    }
    assert.strictEqual(codeAfter(head, {}), null)
    assert.strictEqual(codeAfter(null, {}), "wrong_sequence")
    assert.strictEqual(codeAfter(head, { sequence: 2 }), "wrong_sequence")
    assert.strictEqual(codeAfter(head, { prev_proof_hash: "ab".repeat(32) }), "wrong_parent")
  })

  it("cannot make a record that is too large", () => {
    const longest = (length: number) => "\u{1f69c}".repeat(length)
    const max = Number.MAX_SAFE_INTEGER
    const head = { sequence: max - 1, proofId: unsigned.proof_id, hash: "ab".repeat(32) }
    const signed = signProof(
      {
        ...unsigned,
        prev_proof_id: head.proofId,
        prev_proof_hash: head.hash,
        sequence: max,
        agent: { ...unsigned.agent, cluster_alias: longest(textLengthMax.cluster_alias) },
        action: {
          ...unsigned.action,
          action_type: "configure",
          plugin: longest(textLengthMax.plugin),
          subcategory: longest(textLengthMax.subcategory),
          description: longest(textLengthMax.description)
        },
        key_rotation: { new_public_key: "ab".repeat(32), possession: "ab".repeat(64) },
        scoring_hints: { complexity: "medium", impact_radius: max, artifacts_touched: max, time_spent_seconds: max }
      },
      head,
      key
    )
    assert.isTrue(signed.ok && Buffer.byteLength(signed.value.line) < recordBytesMax)
  })
})
