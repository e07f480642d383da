import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { agent, body, chain, signed, withFields } from "../../../conformance/proof/sampleProofs.ts"
import { canonicalJson } from "../src/canonicalJson.ts"
import { FarmProof, hashProof } from "../src/FarmProof.ts"
import { nobleBackend } from "../src/NobleBackend.ts"
import { nodeBackend } from "../src/NodeBackend.ts"
import { checkForm, proofFaultCodes } from "../src/proofForm.ts"
import { serializeProof, serializeUnsigned } from "../src/serializeProof.ts"
import { followsHead, headOf, parseProof, verifyChain, verifyProof } from "../src/verify.ts"
import { proofVectors } from "./vectors.ts"

const good = signed(body()).text
const utf8 = new TextEncoder()
const verify = (text: string | Uint8Array) => verifyProof(text, agent.publicKey, nodeBackend)
const codeOf = (checked: ReturnType<typeof verify>) => (checked.ok ? null : checked.fault.code)

describe.each([
  ["node", nodeBackend],
  ["noble", nobleBackend]
] as const)("with the %s backend", (_, backend) => {
  it.each(proofVectors.map((vector) => [`${vector.verdict}/${vector.name}`, vector] as const))(
    "gives the committed verdict on %s",
    (_name, { code, hash, line, proof, proofs, public_key }) => {
      const verdict =
        proofs === undefined ? verifyProof(proof ?? "", public_key, backend) : verifyChain(proofs, public_key, backend)
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
    assert.deepStrictEqual(verifyChain(texts.slice(3), agent.publicKey, nodeBackend, head), { ...whole, count: 3 })
    assert.isFalse(verifyChain(texts.slice(4), agent.publicKey, nodeBackend, head).ok)
    const other = head === null ? null : { ...head, hash: "0".repeat(64) }
    const verdict = verifyChain(texts.slice(3), agent.publicKey, nodeBackend, other)
    assert.strictEqual(verdict.ok ? null : verdict.fault.code, "wrong_parent")
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
    assert.deepStrictEqual(JSON.parse(line), proof)
    const form = checkForm(proof)
    const parsed = parseProof(line)
    // A random proof may break the rule of the first proof, and nothing else.
    assert.deepStrictEqual(parsed.ok, form.ok)
    if (parsed.ok) assert.deepStrictEqual(parsed.value, { proof, line, unsigned: signedText })
    else assert.include(["genesis_mismatch", "too_large"], parsed.fault.code)
  })

  it("hashes what is signed", () => {
    const verdict = verify(good)
    assert.isTrue(verdict.ok && hashProof(verdict.value.proof) === verdict.value.hash)
  })
})

describe("the FarmProof schema", () => {
  it("accepts every valid vector and refuses every one whose form is wrong", () => {
    const decode = Schema.decodeUnknownOption(FarmProof, { onExcessProperty: "error" })
    for (const { code, name, proof, verdict } of proofVectors) {
      if (proof === undefined || ["not_json", "too_large", "not_utf8"].includes(code ?? "")) continue
      const sameForm =
        verdict === "valid" || ["not_canonical", "bad_signature", "bad_key", "genesis_mismatch"].includes(code ?? "")
      assert.strictEqual(decode(JSON.parse(proof))._tag === "Some", sameForm, name)
    }
  })
})
