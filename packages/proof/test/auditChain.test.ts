import { assert, describe, it } from "@effect/vitest"
import {
  body,
  nextKey,
  recovery,
  rotating,
  signed,
  stranger,
  withFields
} from "../../../conformance/proof/sampleProofs.ts"
import { type AuditVerdict, auditChain, makeChainAuditor, progressEvery } from "../src/auditChain.ts"
import { FarmProof } from "../src/FarmProof.ts"
import { RawRecord } from "../src/internal/rawRecord.ts"
import { nobleBackend } from "../src/NobleBackend.ts"
import { nodeBackend } from "../src/NodeBackend.ts"
import { serializeProof } from "../src/serializeProof.ts"
import { type ChainVerdict, verifyChain } from "../src/verify.ts"
import { anchor, chainWith, damages, goodChains, misdeeds } from "./sampleChains.ts"
import { proofVectors } from "./vectors.ts"

const utf8 = new TextEncoder()
const bytesOf = (lines: ReadonlyArray<string>) => lines.map((line) => utf8.encode(line))
const full = (lines: Iterable<string | Uint8Array>) => auditChain("full", lines, anchor, nodeBackend)
const links = (lines: Iterable<string | Uint8Array>) => auditChain("links", lines, anchor, nodeBackend)

/** What two verdicts must have in common. */
const core = (verdict: AuditVerdict | ChainVerdict) =>
  verdict.ok
    ? { ok: true, count: verdict.count, head: verdict.head, epochs: verdict.epochs }
    : { ok: false, count: verdict.count, line: verdict.line, code: verdict.fault.code, path: verdict.fault.path }

const length = 12
const good = chainWith(length, [{ at: 5, to: nextKey }])
const places = [0, 1, 4, 5, 6, 9, 10]

describe.each(Object.entries(goodChains(9)))("a chain %s", (_, lines) => {
  it("is good at both levels, as text and as bytes, with the head and the epochs of verifyChain", () => {
    const expected = core(verifyChain(lines, anchor, nodeBackend))
    assert.isTrue(expected.ok)
    for (const given of [lines, bytesOf(lines)]) {
      assert.deepStrictEqual(core(full(given)), expected)
      assert.deepStrictEqual(core(links(given)), expected)
    }
    assert.deepStrictEqual(core(auditChain("links", lines, anchor, nobleBackend)), expected)
  })

  it("is taken up after any of its records, at both levels", () => {
    for (let at = 1; at < lines.length; at++) {
      const start = verifyChain(lines.slice(0, at), anchor, nodeBackend)
      assert.isTrue(start.ok)
      if (!start.ok) continue
      const keys = { ...anchor, publicKey: start.epochs.at(-1)?.publicKey ?? "" }
      const expected = core(verifyChain(lines.slice(at), keys, nodeBackend, start.head))
      assert.isTrue(expected.ok)
      for (const level of ["full", "links"] as const) {
        const rest = auditChain(level, lines.slice(at), keys, nodeBackend, { from: start.head })
        assert.deepStrictEqual(core(rest), expected)
        assert.isFalse(auditChain(level, lines.slice(at), keys, nodeBackend).ok)
        assert.isFalse(auditChain(level, lines.slice(at - 1), keys, nodeBackend, { from: start.head }).ok)
      }
    }
  })
})

describe.each(Object.entries(damages))("%s", (name, damage) => {
  it("is refused at every place, by full at the line and for the reason of verifyChain", () => {
    for (const at of places) {
      const lines = damage(good, at)
      const expected = core(verifyChain(lines, anchor, nodeBackend))
      assert.isFalse(expected.ok, `${name} at ${at}`)
      assert.deepStrictEqual(core(full(lines)), expected)
      assert.deepStrictEqual(core(full(bytesOf(lines))), expected)
    }
  })

  it("is refused by links at that line or the next", () => {
    for (const at of places) {
      for (const lines of [damage(good, at), bytesOf(damage(good, at))]) {
        const verdict = links(lines)
        assert.isFalse(verdict.ok, `${name} at ${at}`)
        if (verdict.ok) continue
        assert.include([at + 1, at + 2], verdict.line, `${name} at ${at}`)
        assert.strictEqual(verdict.count, verdict.line - 1)
      }
    }
  })
})

describe("full", () => {
  it.each(Object.entries(misdeeds))("refuses %s where verifyChain does", (_, misdeed) => {
    for (const at of [5, 8]) {
      const lines = misdeed(length, at)
      const expected = core(verifyChain(lines, anchor, nodeBackend))
      assert.deepInclude(expected, { ok: false, line: at + 1 })
      assert.deepStrictEqual(core(full(lines)), expected)
    }
  })
})

describe("links", () => {
  it("gives the code of the first fault that it sees", () => {
    const codeOf = (name: string, at: number) => {
      const verdict = links(damages[name]?.(good, at) ?? [])
      return verdict.ok ? null : [verdict.line, verdict.fault.code]
    }
    assert.deepStrictEqual(codeOf("an edited hash", 8), [10, "wrong_parent"])
    assert.deepStrictEqual(codeOf("an edited hash", 5), [6, "bad_signature"])
    assert.deepStrictEqual(codeOf("an edited hash", 11), [12, "bad_signature"])
    assert.deepStrictEqual(codeOf("an edited parent", 8), [9, "wrong_parent"])
    assert.deepStrictEqual(codeOf("an edited parent id", 8), [9, "wrong_parent"])
    assert.deepStrictEqual(codeOf("a record dropped", 8), [9, "wrong_sequence"])
    assert.deepStrictEqual(codeOf("half a record", 8), [9, "not_json"])
    assert.deepStrictEqual(codeOf("a record too large", 8), [9, "too_large"])
    assert.deepStrictEqual(codeOf("a rotation signed by a stranger", 8), [9, "bad_signature"])
  })

  it("refuses every single changed byte of a record between, but for another hex digit in its signature", () => {
    const lines = bytesOf(good.slice(0, 4))
    const target = lines[2] ?? new Uint8Array()
    const signatureEnd = target.length - 37
    for (let at = 0; at < target.length; at++) {
      for (const byte of [0x22, 0x30, 0x66, 0x67]) {
        if (target[at] === byte) continue
        const edited = target.slice()
        edited[at] = byte
        const inSignature = at >= signatureEnd - 128 && at < signatureEnd && (byte === 0x30 || byte === 0x66)
        assert.strictEqual(links(lines.with(2, edited)).ok, inSignature, `byte ${at} as ${byte}`)
      }
    }
  })

  it("refuses every single changed bit of the last record", () => {
    const lines = bytesOf(good.slice(0, 3))
    const last = lines[2] ?? new Uint8Array()
    for (let bit = 0; bit < last.length * 8; bit++) {
      const edited = last.slice()
      edited[bit >> 3] = (edited[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      assert.isFalse(links(lines.with(2, edited)).ok, `bit ${bit}`)
    }
  })

  it("does not see another signature in the middle, as it says", () => {
    const forged = (good[8] ?? "").replace(/"signature":"[0-9a-f]{128}"/, `"signature":"${"0".repeat(128)}"`)
    const verdict = links(good.with(8, forged))
    assert.isTrue(verdict.ok)
    assert.include(verdict.ok ? verdict.proves : "", "signatures of the records between are not checked")
    const fullVerdict = full(good.with(8, forged))
    assert.deepInclude(core(fullVerdict), { ok: false, line: 9, code: "bad_signature" })
  })

  it("does not see what the key holder signed out of form, under another name or with an old id, as it says", () => {
    for (const name of ["an id from the beginning", "another agent's name and an id from the beginning"]) {
      const verdict = links(misdeeds[name]?.(length, 8) ?? [])
      assert.isTrue(verdict.ok, name)
      assert.include(verdict.ok ? verdict.proves : "", "the form, the ids")
    }
  })

  it("sees what the key holder signed with a gap, with another parent or for a key from before", () => {
    for (const name of [
      "a gap in the sequence",
      "a parent of its own",
      "no parent",
      "a rotation to a key from before",
      "a rotation to the recovery key"
    ]) {
      const verdict = links(misdeeds[name]?.(length, 8) ?? [])
      assert.deepStrictEqual(core(verdict), core(full(misdeeds[name]?.(length, 8) ?? [])), name)
      assert.isFalse(verdict.ok, name)
    }
  })

  it("refuses a first record with a parent", () => {
    const lines = chainWith(3, [], (record, at) =>
      at === 0 ? { ...record, prev_proof_id: record.proof_id, prev_proof_hash: "0".repeat(64) } : record
    )
    assert.deepInclude(core(links(lines)), { ok: false, line: 1, code: "genesis_mismatch" })
  })

  it("refuses a head under another agent's name than the rotation before it", () => {
    const lines = chainWith(length, [{ at: 5, to: nextKey }], (record, at) =>
      at < length - 1 ? record : withFields(record, { "agent.agent_id": "00000000-6a52-4a6e-8d0e-3f6d2a9c5b17" })
    )
    assert.deepInclude(core(links(lines)), { ok: false, line: length, code: "wrong_agent" })
  })

  it("refuses a whole chain that is forged from a rotation on", () => {
    const forged = chainWith(length, [{ at: 5, to: stranger, by: stranger }])
    assert.deepInclude(core(links(forged)), { ok: false, line: 6, code: "bad_signature" })
  })

  it("refuses what a stranger signed before a rotation by the recovery key", () => {
    const forged: Array<ReturnType<typeof signed>> = []
    for (let at = 0; at < 5; at++) forged.push(signed(body(at, forged.at(-1)?.record ?? null), stranger))
    const turn = signed(rotating(body(5, forged.at(-1)?.record ?? null)), recovery)
    const lines = [...forged, turn].map(({ text }) => text)
    assert.deepInclude(core(links(lines)), { ok: false, line: 5, code: "bad_signature" })
  })

  it("takes a rotation by the recovery key and no other record by it", () => {
    assert.isTrue(links(chainWith(length, [{ at: 5, to: nextKey, by: recovery }])).ok)
    const last = signed(JSON.parse(good.at(-1) ?? ""), recovery).text
    assert.deepInclude(core(links(good.with(-1, last))), { ok: false, line: length, code: "bad_signature" })
  })

  it("refuses a text with a lone surrogate where the record has its replacement", () => {
    const lines = chainWith(3, [], (record, at) =>
      at === 1 ? { ...record, action: { ...(record.action as object), description: "\ufffd" } } : record
    )
    assert.isTrue(links(lines).ok)
    const verdict = links(lines.with(1, (lines[1] ?? "").replace("\ufffd", "\ud800")))
    assert.deepInclude(core(verdict), { ok: false, line: 2, code: "not_utf8" })
  })

  it("refuses a chain under a key that is none", () => {
    assert.deepInclude(core(auditChain("links", good, "", nodeBackend)), { ok: false, line: 5, code: "bad_key" })
  })

  it.each(proofVectors.filter(({ proofs, verdict }) => proofs !== undefined && verdict === "valid"))(
    "accepts the vector $name",
    ({ hash, proofs = [], public_key, recovery_key = null }) => {
      const verdict = auditChain("links", proofs, { publicKey: public_key, recoveryKey: recovery_key }, nodeBackend)
      assert.strictEqual(verdict.ok ? (verdict.head?.hash ?? null) : verdict.fault.code, hash)
    }
  )
})

describe("the walk over raw bytes", () => {
  it.prop("finds the parts of every record", [FarmProof], ([proof]) => {
    const { line, unsigned } = serializeProof(proof)
    const bytes = utf8.encode(line)
    const raw = new RawRecord()
    const mixed = (proof.prev_proof_id === null) !== (proof.prev_proof_hash === null)
    assert.strictEqual(raw.load(bytes), !mixed && bytes.length <= 8192)
    if (mixed || bytes.length > 8192) return
    assert.strictEqual(raw.sequenceNumber(), proof.sequence)
    assert.strictEqual(raw.rotates, proof.key_rotation !== undefined)
    assert.strictEqual(raw.hasParent, proof.prev_proof_id !== null)
    assert.deepStrictEqual(new Uint8Array(raw.toUnsigned()), utf8.encode(unsigned))
  })
})

describe("an audit", () => {
  it("says that an empty chain proves nothing", () => {
    for (const verdict of [full([]), links([])]) {
      assert.deepInclude(core(verdict), { ok: true, count: 0, head: null })
      assert.include(verdict.ok ? verdict.proves : "", "Nothing")
    }
  })

  it("names its level and what it proves", () => {
    assert.deepInclude(full(good), { level: "full", ok: true, count: length })
    assert.deepInclude(links(good), { level: "links", ok: true, count: length })
    assert.notStrictEqual(JSON.stringify(full(good)), JSON.stringify(links(good)))
  })

  it("reads no further than the first bad line, and stays with its fault", () => {
    for (const level of ["full", "links"] as const) {
      const auditor = makeChainAuditor(level, anchor, nodeBackend)
      assert.isNull(auditor.accept(good[0] ?? ""))
      assert.strictEqual(auditor.accept("bad")?.code, "not_json")
      assert.strictEqual(auditor.accept(good[1] ?? "")?.code, "not_json")
      assert.deepInclude(core(auditor.finish()), { ok: false, line: 2, count: 1, code: "not_json" })
    }
  })

  it("is told of progress seldom", () => {
    const lines = chainWith(2 * progressEvery + 1)
    for (const level of ["full", "links"] as const) {
      const seen: Array<number> = []
      auditChain(level, lines, anchor, nodeBackend, { onProgress: (done) => seen.push(done) })
      assert.deepStrictEqual(seen, [progressEvery, 2 * progressEvery])
    }
  })
})
