import { assert, describe, it } from "@effect/vitest"
import {
  agent,
  body,
  chain,
  hashOf,
  rotating,
  signed,
  stranger,
  withFields
} from "../../../conformance/proof/sampleProofs.ts"
import { canonicalJson } from "../src/canonicalJson.ts"
import {
  type CheckedFork,
  forkBytesMax,
  forkFormat,
  makeForkEvidence,
  verifyForkEvidence
} from "../src/forkEvidence.ts"
import { nobleBackend } from "../src/NobleBackend.ts"
import { nodeBackend } from "../src/NodeBackend.ts"
import { ledgerVectors } from "./vectors.ts"

const [parent] = chain(1)
const one = signed(body(1, parent?.record ?? null))
const other = signed(withFields(body(1, parent?.record ?? null), { "action.description": "Did something else" }))
const turn = signed(rotating(body(1, parent?.record ?? null)))
const make = (a = one.text, b = other.text, key = agent.publicKey) => makeForkEvidence(key, a, b, nodeBackend)
const lineOf = (made: CheckedFork) => (made.ok ? made.value.line : assert.fail(made.fault.code))
const good = lineOf(make())
const codeOf = (checked: CheckedFork) =>
  checked.ok
    ? null
    : checked.fault.part === "record"
      ? `${checked.fault.record}: ${checked.fault.code}`
      : checked.fault.code
const verify = (text: string | Uint8Array) => verifyForkEvidence(text, nodeBackend)
const rewritten = (fields: object) => canonicalJson({ ...JSON.parse(good), ...fields })

describe("evidence of a fork", () => {
  it("is the same line whichever record came first, and verifies alone on both backends", () => {
    assert.strictEqual(lineOf(make(other.text, one.text)), good)
    assert.strictEqual(good, canonicalJson(JSON.parse(good)))
    for (const backend of [nodeBackend, nobleBackend]) {
      for (const text of [good, new TextEncoder().encode(good)]) {
        const checked = verifyForkEvidence(text, backend)
        if (!checked.ok) assert.fail(checked.fault.code)
        const { agentId, line, publicKey, records, sequence } = checked.value
        assert.deepStrictEqual([publicKey, sequence, line], [agent.publicKey, 1, good])
        assert.strictEqual(agentId, "4b1f7f0c-6a52-4a6e-8d0e-3f6d2a9c5b17")
        assert.deepStrictEqual(
          records.map(({ hash }) => hash),
          [hashOf(one.record), hashOf(other.record)].toSorted()
        )
      }
    }
  })

  it("takes a change of key for one of the two", () => {
    assert.isTrue(verify(lineOf(make(one.text, turn.text))).ok)
  })

  it("is not made of records that do not contradict each other", () => {
    assert.strictEqual(codeOf(make(one.text, one.text)), "no_fork")
    assert.strictEqual(codeOf(make(one.text, parent?.text)), "no_fork")
    const elsewhere = signed(
      withFields(body(1, parent?.record ?? null), { "agent.agent_id": "4b1f7f0c-6a52-4a6e-8d0e-3f6d2a9c5b18" })
    )
    assert.strictEqual(codeOf(make(one.text, elsewhere.text)), "no_fork")
  })

  it("convicts nobody of what another key signed", () => {
    const forged = signed(withFields(body(1, parent?.record ?? null), { "action.description": "Forged" }), stranger)
    assert.strictEqual(codeOf(make(one.text, forged.text)), "2: bad_signature")
    assert.strictEqual(codeOf(make(forged.text, one.text)), "1: bad_signature")
    assert.strictEqual(codeOf(make(one.text, other.text, stranger.publicKey)), "1: bad_signature")
    assert.strictEqual(codeOf(make(one.text, other.text, "00".repeat(32))), "1: bad_key")
    assert.strictEqual(codeOf(verify(rewritten({ public_key: stranger.publicKey }))), "1: bad_signature")
    assert.strictEqual(codeOf(verify(rewritten({ records: [one.text, forged.text] }))), "2: bad_signature")
  })

  it("has one spelling", () => {
    const { records } = JSON.parse(good)
    const spellings = [
      "",
      "{}",
      "[]",
      "null",
      "[".repeat(20_000),
      ` ${good}`,
      `${good}\n`,
      `\ufeff${good}`,
      good.replace(forkFormat, "farmops/fork/2"),
      good.replace('{"format"', '{"a":1,"format"'),
      good.replace(
        `"public_key":"${agent.publicKey}"`,
        `"public_key":"${agent.publicKey}","public_key":"${agent.publicKey}"`
      ),
      rewritten({ records: records.toReversed() }),
      rewritten({ records: [...records, one.text] }),
      rewritten({ records: [one.text] }),
      rewritten({ records: [1, 2] }),
      rewritten({ records: null }),
      rewritten({ public_key: agent.publicKey.toUpperCase() })
    ]
    for (const text of spellings) assert.strictEqual(codeOf(verify(text)), "bad_evidence", text.slice(0, 80))
    const broken = new TextEncoder().encode(good)
    broken[20] = 0xff
    assert.strictEqual(codeOf(verify(broken)), "bad_evidence")
    assert.strictEqual(codeOf(verify(" ".repeat(forkBytesMax + 1))), "too_large")
  })

  it.each(ledgerVectors("fork").map((vector) => [vector.name, vector] as const))(
    "agrees with the vector %s",
    (_, vector) => {
      const { code, evidence, record } = vector
      const checked = verify(String(evidence))
      assert.strictEqual(checked.ok ? null : checked.fault.code, code)
      if (!checked.ok && checked.fault.part === "record") assert.strictEqual(checked.fault.record, record)
    }
  )

  it("names the part and the room exactly", () => {
    const beside = verify(" ".repeat(forkBytesMax))
    assert.deepInclude(beside.ok ? {} : beside.fault, { part: "evidence", code: "bad_evidence" })
    const wide = "é".repeat(forkBytesMax / 2 + 1)
    assert.strictEqual(codeOf(verify(wide)), "too_large")
    assert.strictEqual(codeOf(verify(new TextEncoder().encode(wide))), "too_large")
    assert.strictEqual(codeOf(verify(new TextEncoder().encode(`\ufeff${good}`))), "bad_evidence")
    for (const fields of [{ records: [1, other.text] }, { records: [one.text, 2] }, { public_key: 7 }, { format: 7 }]) {
      assert.strictEqual(codeOf(verify(rewritten(fields))), "bad_evidence")
    }
    for (const key of ["format", "public_key", "records"]) {
      const { [key]: _, ...others } = JSON.parse(good)
      assert.strictEqual(codeOf(verify(canonicalJson({ ...others, other: 1 }))), "bad_evidence")
    }
    const lone = good.replace("Did something else", "\\ud800")
    assert.strictEqual(codeOf(verify(lone)), "bad_evidence")
    assert.isTrue(good.startsWith('{"format":"farmops/fork/1",'))
  })

  it("refuses every single flipped bit", () => {
    const bytes = new TextEncoder().encode(good)
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const edited = bytes.slice()
      edited[bit >> 3] = (edited[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      assert.isFalse(verify(edited).ok, `bit ${bit}`)
    }
  })

  it("has room for the longest records", () => {
    const long = (text: string) =>
      signed(
        withFields(body(1, parent?.record ?? null), { "action.description": '"'.repeat(500), "action.plugin": text })
      )
    const line = lineOf(make(long('"a').text, long('"b').text))
    assert.isBelow(new TextEncoder().encode(line).length, forkBytesMax)
    assert.isTrue(verify(line).ok)
  })
})
