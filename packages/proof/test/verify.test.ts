import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import {
  agent,
  body,
  chain,
  nextKey,
  recovery,
  rotating,
  signed,
  withFields
} from "../../../conformance/proof/sampleProofs.ts"
import { canonicalJson } from "../src/canonicalJson.ts"
import { FarmProof, hashProof } from "../src/FarmProof.ts"
import { nodeBackend } from "../src/NodeBackend.ts"
import { checkForm, proofFaultCodes } from "../src/proofForm.ts"
import { insertSignature, serializeProof, serializeUnsigned, writeUnsigned } from "../src/serializeProof.ts"
import {
  followsHead,
  headOf,
  makeChainVerifier,
  parseProof,
  verifyChain,
  verifyInChain,
  verifyProof
} from "../src/verify.ts"
import { libraries } from "./ed25519Libraries.ts"
import { proofVectors } from "./vectors.ts"

const good = signed(body()).text
const utf8 = new TextEncoder()
const verify = (text: string | Uint8Array) => verifyProof(text, agent.publicKey, nodeBackend)
const codeOf = (checked: ReturnType<typeof verify>) => (checked.ok ? null : checked.fault.code)

describe.each(libraries)("with the $name backend", ({ backend }) => {
  it.each(proofVectors.map((vector) => [`${vector.verdict}/${vector.name}`, vector] as const))(
    "gives the committed verdict on %s",
    (_name, { code, hash, line, proof, proofs, public_key, recovery_key = null }) => {
      const anchor = { publicKey: public_key, recoveryKey: recovery_key }
      const verdict =
        proofs === undefined ? verifyProof(proof ?? "", public_key, backend) : verifyChain(proofs, anchor, backend)
      assert.strictEqual(verdict.ok ? null : verdict.fault.code, code)
      if ("line" in verdict) assert.strictEqual(verdict.line, line)
      if ("head" in verdict) assert.strictEqual(verdict.head?.hash ?? null, hash)
      if ("value" in verdict) assert.strictEqual(verdict.value.hash, hash)
    }
  )
})

describe("verifyProof", () => {
  it("meets every fault code in some vector", () => {
    const met = new Set(proofVectors.map(({ code }) => code))
    assert.deepStrictEqual(
      proofFaultCodes.filter((code) => !met.has(code)),
      []
    )
  })

  it("takes the same record as text and as bytes", () => {
    assert.deepStrictEqual(verify(good), verify(utf8.encode(good)))
    assert.isTrue(verify(good).ok)
  })

  it("refuses every single flipped bit of a stored line", () => {
    const bytes = utf8.encode(good)
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const edited = bytes.slice()
      edited[bit >> 3] = (edited[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      assert.isFalse(verify(edited).ok, `bit ${bit}`)
    }
  })

  it("refuses every single byte that is left out, doubled or replaced by another digit", () => {
    const bytes = utf8.encode(good)
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0
      const replaced = [...bytes]
      replaced[at] = byte === 0x30 ? 0x31 : 0x30
      const edits = [
        [...bytes.slice(0, at), ...bytes.slice(at + 1)],
        [...bytes.slice(0, at), byte, ...bytes.slice(at)],
        replaced
      ]
      for (const edited of edits) assert.isFalse(verify(Uint8Array.from(edited)).ok, `byte ${at}`)
    }
  })

  it("refuses bytes that are not UTF-8 and a record over 8192 bytes, however it is handed over", () => {
    const broken = utf8.encode(good)
    broken[broken.indexOf(0x56)] = 0xff
    assert.strictEqual(codeOf(verify(broken)), "not_utf8")
    assert.strictEqual(codeOf(verify(new Uint8Array(8193).fill(0x20))), "too_large")
    assert.strictEqual(codeOf(verify(" ".repeat(8193))), "too_large")
    assert.strictEqual(codeOf(verify(" ".repeat(8192))), "not_json")
    assert.strictEqual(codeOf(verify("検".repeat(2731))), "too_large")
    assert.strictEqual(codeOf(verify("検".repeat(2730))), "not_json")
  })

  it("refuses a byte order mark before a good line", () => {
    assert.strictEqual(codeOf(verify(utf8.encode(`\ufeff${good}`))), "not_json")
  })

  it("names the field and never repeats what it received", () => {
    const secret = "do-not-repeat-me"
    const inputs = ["action.category", "agent.agent_id", "timestamp", "outcome.verified", secret].map(
      (path) => signed(withFields(body(), { [path]: secret })).text
    )
    for (const input of [...inputs, secret]) {
      const verdict = verify(input)
      assert.isFalse(verdict.ok)
      assert.notInclude(JSON.stringify(verdict), secret)
    }
    const verdict = verify(inputs[0] ?? "")
    assert.strictEqual(verdict.ok ? null : verdict.fault.path, "action.category")
  })

  it("checks the signature under the given key only", () => {
    const accepted = verify(good)
    assert.isTrue(accepted.ok && accepted.value.line === good)
    assert.strictEqual(codeOf(verifyProof(good, "", nodeBackend)), "bad_key")
  })

  it("never throws, whatever the text", () => {
    for (const text of ["[".repeat(8000), '{"__proto__":null}', "\u0000", "1", '"x"', "{}", "[]", "true"]) {
      assert.isFalse(verify(text).ok)
    }
  })
})

describe("a rotation", () => {
  const first = signed(body())
  const turn = signed(rotating(body(1, first.record)))
  const after = signed(body(2, turn.record), nextKey)
  const lines = [first.text, turn.text, after.text]

  it("refuses every single flipped bit of its line", () => {
    const bytes = utf8.encode(turn.text)
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const edited = bytes.slice()
      edited[bit >> 3] = (edited[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      assert.isFalse(verify(edited).ok, `bit ${bit}`)
    }
  })

  it("says who signs from which sequence on", () => {
    const verdict = verifyChain(lines, agent.publicKey, nodeBackend)
    assert.deepStrictEqual(verdict.ok ? verdict.epochs : null, [
      { firstSequence: 0, publicKey: agent.publicKey },
      { firstSequence: 2, publicKey: nextKey.publicKey }
    ])
  })

  it("is taken up behind it with the new key, and with no other", () => {
    const start = verifyChain(lines.slice(0, 2), agent.publicKey, nodeBackend)
    const head = start.ok ? start.head : null
    assert.isTrue(verifyChain(lines.slice(2), nextKey.publicKey, nodeBackend, head).ok)
    assert.isFalse(verifyChain(lines.slice(2), agent.publicKey, nodeBackend, head).ok)
  })

  it("keeps the proofs before it good under the old key and only under that", () => {
    assert.isTrue(verifyProof(first.text, agent.publicKey, nodeBackend).ok)
    assert.isFalse(verifyProof(first.text, nextKey.publicKey, nodeBackend).ok)
  })

  it("gives the recovery key nothing but rotations", () => {
    const anchor = { publicKey: agent.publicKey, recoveryKey: recovery.publicKey }
    const recovered = signed(rotating(body(1, first.record)), recovery)
    assert.isTrue(verifyInChain(recovered.text, anchor, nodeBackend).ok)
    assert.isFalse(verifyInChain(signed(body(1, first.record), recovery).text, anchor, nodeBackend).ok)
    assert.isFalse(verifyInChain(recovered.text, { ...anchor, recoveryKey: null }, nodeBackend).ok)
  })
})

describe("verifyChain", () => {
  const texts = chain(6).map(({ text }) => text)
  const judge = (lines: Iterable<string>) => verifyChain(lines, agent.publicKey, nodeBackend)

  it("refuses every pair of lines that changes places, every line dropped and every line doubled", () => {
    assert.isTrue(judge(texts).ok)
    texts.forEach((text, at) => {
      for (let other = at + 1; other < texts.length; other++) {
        const swapped = texts.with(at, texts[other] ?? "").with(other, text)
        assert.deepInclude(judge(swapped), { ok: false, line: at + 1, count: at })
      }
      assert.isFalse(judge(texts.toSpliced(at, 0, text)).ok)
      // Without its last line a chain is a shorter chain: only a known head can tell.
      if (at < texts.length - 1) assert.deepInclude(judge(texts.toSpliced(at, 1)), { ok: false, line: at + 1 })
    })
  })

  it("continues after a known head, and not after another", () => {
    const whole = judge(texts)
    const start = judge(texts.slice(0, 3))
    assert.isTrue(start.ok && whole.ok)
    const head = start.ok ? start.head : null
    assert.deepStrictEqual(verifyChain(texts.slice(3), agent.publicKey, nodeBackend, head), {
      ok: true,
      count: 3,
      head: whole.ok ? whole.head : null,
      epochs: [{ firstSequence: 3, publicKey: agent.publicKey }]
    })
    assert.isFalse(verifyChain(texts.slice(4), agent.publicKey, nodeBackend, head).ok)
    const other = head === null ? null : { ...head, hash: "0".repeat(64) }
    const verdict = verifyChain(texts.slice(3), agent.publicKey, nodeBackend, other)
    assert.strictEqual(verdict.ok ? null : verdict.fault.code, "wrong_parent")
  })

  it("remembers of each proof its id, and not its whole line", () => {
    setFlagsFromString("--expose-gc")
    const collect: () => void = runInNewContext("gc")
    const verifier = makeChainVerifier(agent.publicKey, { ...nodeBackend, verify: () => true })
    const count = 5000
    const accept = (from: number, to: number, last: ReturnType<typeof signed> | null) => {
      let parent = last
      for (let at = from; at < to; at++) {
        parent = signed(body(at, parent?.record ?? null), { ...agent, sign: () => "ab".repeat(64) })
        assert.isNull(verifier.accept(utf8.encode(parent.text)))
      }
      return parent
    }
    const warm = accept(0, 100, null)
    collect()
    const before = process.memoryUsage().heapUsed
    accept(100, 100 + count, warm)
    collect()
    assert.isBelow((process.memoryUsage().heapUsed - before) / count, good.length / 2)
    assert.strictEqual(verifier.count(), 100 + count)
  })

  it("reads no further than the first bad line", () => {
    let read = 0
    const lines = function* () {
      for (const text of [texts[0] ?? "", "bad", texts[1] ?? ""]) {
        read++
        yield text
      }
    }
    assert.deepInclude(judge(lines()), { ok: false, line: 2, count: 1 })
    assert.strictEqual(read, 2)
  })

  it("links by head: only the next proof follows", () => {
    const checked = texts.map((text) => verify(text)).map((verdict) => (verdict.ok ? verdict.value : undefined))
    checked.forEach((before, at) => {
      if (before === undefined) return
      checked.forEach((after, other) => {
        if (after === undefined) return
        assert.strictEqual(followsHead(headOf(before), after.proof).ok, other === at + 1)
        assert.strictEqual(followsHead(null, after.proof).ok, other === 0)
      })
    })
  })
})

describe("the serialiser for proofs", () => {
  it.prop("equals the general one on every proof, and parsing gives the proof back", [FarmProof], ([proof]) => {
    const { signature: _, ...unsigned } = proof
    const { line, unsigned: signedText } = serializeProof(proof)
    assert.strictEqual(line, canonicalJson(proof))
    assert.strictEqual(signedText, canonicalJson(unsigned))
    assert.strictEqual(serializeUnsigned(unsigned), signedText)
    assert.strictEqual(insertSignature(signedText, proof.signature), line)
    const room = new Uint8Array(Buffer.byteLength(line))
    assert.deepStrictEqual(writeUnsigned(line, room), utf8.encode(signedText))
    assert.deepStrictEqual(JSON.parse(line), proof)
    const form = checkForm(proof)
    const parsed = parseProof(line)
    // A random proof may break the rules of the first proof and of a rotation, and nothing else.
    assert.deepStrictEqual(parsed.ok, form.ok)
    if (parsed.ok) assert.deepStrictEqual(parsed.value, { proof, line, unsigned: signedText })
    else assert.include(["genesis_mismatch", "rotation_mismatch", "too_large"], parsed.fault.code)
  })

  it("hashes what is signed", () => {
    const verdict = verify(good)
    assert.isTrue(verdict.ok && hashProof(verdict.value.proof) === verdict.value.hash)
  })
})

/** What a schema of fields cannot see. */
const beyondTheForm = new Set([
  "not_canonical",
  "bad_signature",
  "bad_possession",
  "bad_key",
  "genesis_mismatch",
  "rotation_mismatch"
])

describe("the FarmProof schema", () => {
  it("accepts every valid vector and refuses every one whose form is wrong", () => {
    const decode = Schema.decodeUnknownOption(FarmProof, { onExcessProperty: "error" })
    for (const { code, name, proof, verdict } of proofVectors) {
      if (proof === undefined || ["not_json", "too_large", "not_utf8"].includes(code ?? "")) continue
      const wellFormed = !proof.includes("\\ud800")
      const sameForm = (verdict === "valid" || beyondTheForm.has(code ?? "")) && wellFormed
      assert.strictEqual(decode(JSON.parse(proof))._tag === "Some", sameForm, name)
    }
  })
})
