import { assert, describe, it } from "@effect/vitest"
import { agent, chain, stranger, withFields } from "../../../conformance/proof/sampleProofs.ts"
import { canonicalJson } from "../src/canonicalJson.ts"
import { checkpointOrigin, signCheckpoint } from "../src/checkpoint.ts"
import { makeMerkleTree } from "../src/merkle.ts"
import { nobleBackend } from "../src/NobleBackend.ts"
import { nodeBackend } from "../src/NodeBackend.ts"
import {
  type BundleCheck,
  type BundleTrust,
  bundleBytesMax,
  type CheckedBundle,
  formatProofBundle,
  type ProofBundle,
  verifyProofBundle
} from "../src/proofBundle.ts"
import { signNote } from "../src/signedNote.ts"
import { flippedTexts, noteKey } from "./noteKeys.ts"

const { sha256 } = nodeBackend
const utf8 = new TextEncoder()
const tracker = noteKey("tracker")
const origin = checkpointOrigin("019400d5-8b0a-7c3e-9f21-0123456789ab")
const otherOrigin = checkpointOrigin("019400d5-8b0a-7c3e-9f21-0123456789ac")
const trust: BundleTrust = { origin, trackerKey: tracker.publicKey, agentKey: agent.publicKey }

// A ledger holds other lines beside proofs.
const proofs = chain(9).map(({ record, text }) => ({ record, text }))
const lines = ['{"body":{"kind":"agent_approved"}}', ...proofs.map(({ text }) => text), "not JSON at all"]
const tree = makeMerkleTree(
  lines.map((line) => utf8.encode(line)),
  sha256
)
const checkpointAt = (size: number) => signCheckpoint(tracker, { origin, size, root: tree.root(size), previous: null })
const partsAt = (index: number, size = lines.length): ProofBundle => ({
  line: lines[index] ?? "",
  index,
  hashes: tree.inclusion(index, size),
  checkpoint: checkpointAt(size)
})
const good = formatProofBundle(partsAt(4))

const verify = (text: string, change: Partial<BundleTrust> = {}) =>
  verifyProofBundle(text, { ...trust, ...change }, nodeBackend)
const faultOf = (checked: CheckedBundle) => (checked.ok ? null : `${checked.fault.part}: ${checked.fault.code}`)

describe("an exported proof", () => {
  it("verifies from the file and two keys alone, for every proof of the ledger and on both backends", () => {
    for (const backend of [nodeBackend, nobleBackend]) {
      proofs.forEach(({ record, text }, at) => {
        for (const size of [at + 2, lines.length]) {
          const checked = verifyProofBundle(formatProofBundle(partsAt(at + 1, size)), trust, backend)
          if (!checked.ok) assert.fail(faultOf(checked) ?? "")
          const { checkpoint, index, line, proof } = checked.value
          assert.deepStrictEqual([index, line, checkpoint.size, checkpoint.origin], [at + 1, text, size, origin])
          assert.deepEqual<unknown>(proof, record)
        }
      })
    }
  })

  it("is a file that other tools of the format can read", () => {
    const [header, extra, index, ...path] = good.slice(0, good.indexOf("\n\n")).split("\n")
    assert.deepStrictEqual([header, index], ["c2sp.org/tlog-proof@v1", "index 4"])
    assert.strictEqual(Buffer.from((extra ?? "").replace("extra ", ""), "base64").toString("utf8"), lines[4])
    assert.deepStrictEqual(
      path,
      tree.inclusion(4).map((hash) => Buffer.from(hash).toString("base64"))
    )
    assert.isTrue(good.endsWith(`\n\n${checkpointAt(lines.length)}`))
  })

  it("says which checks were made", () => {
    const checksOf = (change: Partial<BundleTrust>) => {
      const checked = verify(good, change)
      return checked.ok ? checked.value.checks : faultOf(checked)
    }
    const always: ReadonlyArray<BundleCheck> = ["checkpoint_signature", "inclusion", "record_form"]
    assert.deepStrictEqual(checksOf({}), [...always, "origin", "agent_signature"])
    assert.deepStrictEqual(checksOf({ agentKey: null }), [...always, "origin"])
    assert.deepStrictEqual(checksOf({ origin: null }), [...always, "agent_signature"])
    assert.deepStrictEqual(checksOf({ origin: null, agentKey: null }), always)
    const [whole, unsigned] = [verify(good), verify(good, { agentKey: null })]
    assert.isTrue(whole.ok && unsigned.ok && whole.value.hash === unsigned.value.hash)
  })

  it("is refused with any bit flipped, even where the agent's key and the farm are not known", () => {
    for (const edited of flippedTexts(good)) {
      if (verify(edited, { origin: null, agentKey: null }).ok) assert.fail(JSON.stringify(edited))
    }
  })

  it("is refused with another position, path, record or checkpoint", () => {
    const parts = partsAt(4)
    for (let index = 0; index < lines.length + 2; index++) {
      if (index === 4) continue
      assert.strictEqual(faultOf(verify(formatProofBundle({ ...parts, index }))), "bundle: bad_inclusion")
      if (index >= lines.length) continue
      const line = lines[index] ?? ""
      assert.strictEqual(faultOf(verify(formatProofBundle({ ...parts, line }))), "bundle: bad_inclusion")
    }
    for (const hashes of [[], parts.hashes.slice(1), [...parts.hashes, tree.root()], parts.hashes.toReversed()]) {
      assert.strictEqual(faultOf(verify(formatProofBundle({ ...parts, hashes }))), "bundle: bad_inclusion")
    }
    for (let size = 0; size < lines.length; size++) {
      const checked = verify(formatProofBundle({ ...parts, checkpoint: checkpointAt(size) }))
      assert.strictEqual(faultOf(checked), "bundle: bad_inclusion")
    }
  })

  it("needs the tracker's key, the farm's origin and the agent's key, when they are given", () => {
    assert.strictEqual(faultOf(verify(good, { trackerKey: stranger.publicKey })), "checkpoint: unsigned")
    assert.strictEqual(faultOf(verify(good, { trackerKey: "" })), "checkpoint: bad_key")
    assert.strictEqual(faultOf(verify(good, { origin: otherOrigin })), "checkpoint: wrong_origin")
    assert.strictEqual(faultOf(verify(good, { agentKey: stranger.publicKey })), "record: bad_signature")
    assert.strictEqual(faultOf(verify(good, { agentKey: "" })), "record: bad_key")
  })

  it("holds a FarmProof, and no other line that a ledger has", () => {
    assert.strictEqual(faultOf(verify(formatProofBundle(partsAt(0)))), "record: missing_field")
    const last = formatProofBundle(partsAt(lines.length - 1))
    assert.strictEqual(faultOf(verify(last, { agentKey: null })), "record: not_json")
  })

  it("shows that the tracker took a record that no agent signed, only when it is asked", () => {
    const forged = canonicalJson(withFields(proofs[3]?.record ?? {}, { "scoring_hints.impact_radius": 10 }))
    const [index, size] = [0, 1]
    const forgedTree = makeMerkleTree([utf8.encode(forged)], sha256)
    const checkpoint = signCheckpoint(tracker, { origin, size, root: forgedTree.root(), previous: null })
    const text = formatProofBundle({ line: forged, index, hashes: [], checkpoint })
    assert.strictEqual(faultOf(verify(text)), "record: bad_signature")
    assert.isNull(faultOf(verify(text, { agentKey: null })))
  })

  it.each([
    ["another version", good.replace("@v1", "@v2")],
    ["a line before the first", `\n${good}`],
    ["no record", good.replace(/extra .*\n/, "")],
    ["an empty record line", good.replace(/extra .*\n/, "extra\n")],
    ["a record in another alphabet", good.replace(/extra ....(.*)\n/, "extra ____$1\n")],
    ["no position", good.replace(/index 4\n/, "")],
    ["a position with a leading zero", good.replace("index 4", "index 04")],
    ["a position with a sign", good.replace("index 4", "index +4")],
    ["a position past 2^53 - 1", good.replace("index 4", "index 9007199254740992")],
    ["carriage returns", good.replaceAll("\n", "\r\n")],
    ["a short hash", good.replace(/index 4\n..../, "index 4\n")],
    ["a space after a hash", good.replace("=\n", "= \n")],
    ["too long a path", good.replace("index 4\n", `index 4\n${`${"A".repeat(43)}=\n`.repeat(51)}`)],
    ["no checkpoint", good.slice(0, good.indexOf("\n\n") + 1)],
    ["no empty line", good.replaceAll("\n\n", "\n")],
    ["nothing", ""]
  ])("is not read with %s", (_, edited) => {
    assert.notStrictEqual(edited, good)
    assert.strictEqual(faultOf(verify(edited)), "bundle: bad_bundle")
  })

  it("is not read past its bound", () => {
    const filler = (bytes: number) => signNote(noteKey("witness"), "w", `${"x".repeat(bytes)}\n`)
    assert.strictEqual(faultOf(verify(good + " ".repeat(bundleBytesMax))), "bundle: too_large")
    assert.strictEqual(faultOf(verify(good + "é".repeat(bundleBytesMax / 2))), "bundle: too_large")
    // The em dash takes three bytes.
    assert.strictEqual(faultOf(verify(good.padEnd(bundleBytesMax - 2, " "))), "checkpoint: bad_note")
    assert.throws(() => formatProofBundle({ ...partsAt(4), checkpoint: filler(65_000) }), RangeError)
  })

  it("is not written from what makes no such file", () => {
    for (const change of [
      { index: -1 },
      { index: 0.5 },
      { hashes: [new Uint8Array(31)] },
      { hashes: Array.from({ length: 55 }, () => tree.root()) },
      { checkpoint: "no note" }
    ]) {
      assert.throws(() => formatProofBundle({ ...partsAt(4), ...change }), RangeError)
    }
  })
})
