import { assert, describe, it } from "@effect/vitest"
import { agent, body, signed as signSample } from "../../../conformance/proof/sampleProofs.ts"
import {
  checkForm,
  checkUnsignedForm,
  hex32Pattern,
  hex64Pattern,
  isUtcSecond,
  recordBytesMax,
  textLengthMax
} from "../src/proofForm.ts"
import { signProof } from "../src/signProof.ts"
import { parseProof } from "../src/verify.ts"

type Json = Readonly<Record<string, unknown>>

const sample = parseProof(signSample(body()).text)
if (!sample.ok) throw new Error(sample.fault.detail)
const good = { ...sample.value.proof } satisfies Json
const { signature: _, ...unsigned } = sample.value.proof
const objects = ["agent", "actor", "action", "outcome", "scoring_hints"] as const
const next: Json = { ...good, sequence: 1, prev_proof_id: good.proof_id, prev_proof_hash: "a".repeat(64) }
const rotating: Json = {
  ...good,
  action: { ...good.action, action_type: "configure" },
  key_rotation: { new_public_key: "b".repeat(64), possession: "c".repeat(128) }
}

/** The record with another value at a path such as `agent.agent_id`. */
const at = (record: Json, path: string, value: unknown): Json => {
  const [name = "", member] = path.split(".")
  return { ...record, [name]: member === undefined ? value : { ...(record[name] as Json), [member]: value } }
}

const valueAt = (record: Json, path: string): unknown => {
  const [name = "", member] = path.split(".")
  return member === undefined ? record[name] : (record[name] as Json)[member]
}

interface Place {
  readonly code: string
  readonly path: string | null
}

const faultOf = (record: unknown): Place | null => {
  const checked = checkForm(record)
  return checked.ok ? null : { code: checked.fault.code, path: checked.fault.path }
}

const digits = {
  "actor.actor_hash": good,
  "outcome.evidence_hash": good,
  prev_proof_hash: next,
  "key_rotation.new_public_key": rotating,
  "key_rotation.possession": rotating,
  signature: good
}
const patterned = { ...digits, proof_id: good, prev_proof_id: next, "agent.agent_id": good, timestamp: good }

describe("the form of a record", () => {
  it("is met by a first proof, by a later one and by a rotation", () => {
    for (const record of [good, next, rotating]) assert.isNull(faultOf(record))
  })

  it.each(Object.entries(patterned))("takes no more and no less than the whole of %s", (path, record) => {
    const text = valueAt(record, path)
    assert.isString(text)
    for (const other of [
      `0${text}`,
      `${text}0`,
      ` ${text}`,
      `${text}${text}`,
      `${text}\n`,
      String(text).slice(1),
      String(text).slice(0, -1),
      ""
    ])
      assert.deepStrictEqual(faultOf(at(record, path, other)), { code: "bad_format", path }, other)
    assert.deepStrictEqual(faultOf(at(record, path, 5)), { code: "wrong_type", path })
  })

  it.each(Object.entries(digits))("takes lowercase hex only as %s", (path, record) => {
    const { length } = String(valueAt(record, path))
    for (const digit of ["A", "g", " ", "é"])
      assert.deepStrictEqual(faultOf(at(record, path, digit.repeat(length))), { code: "bad_format", path })
  })

  it("tells a version 7 from other UUIDs where one is asked for", () => {
    const v4 = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
    assert.isNull(faultOf(at(good, "agent.agent_id", v4)))
    assert.deepStrictEqual(faultOf(at(good, "proof_id", v4)), { code: "bad_format", path: "proof_id" })
    const variant = good.proof_id.replace(/^(.{19})./, "$1c")
    assert.deepStrictEqual(faultOf(at(good, "proof_id", variant)), { code: "bad_format", path: "proof_id" })
  })

  it("says what was expected", () => {
    const details = [at(good, "proof_id", "x"), at(good, "agent.agent_id", "x"), at(good, "signature", "x")].map(
      (record) => {
        const checked = checkForm(record)
        return checked.ok ? "" : checked.fault.detail
      }
    )
    assert.deepStrictEqual(details, [
      "must be a lowercase UUID version 7",
      "must be a lowercase UUID",
      "must be 128 lowercase hex digits"
    ])
  })

  it("names the object in which a field is unknown or missing, and one that is none", () => {
    assert.deepStrictEqual(faultOf({ ...good, more: 1 }), { code: "unknown_field", path: "(record)" })
    for (const name of [null, [], "text", 3])
      assert.deepStrictEqual(faultOf(name), { code: "wrong_type", path: "(record)" })
    for (const [record, name] of [...objects.map((one) => [good, one] as const), [rotating, "key_rotation"] as const]) {
      const object = record[name] as Json
      assert.deepStrictEqual(faultOf(at(record, `${name}.more`, 1)), { code: "unknown_field", path: name })
      assert.deepStrictEqual(faultOf({ ...record, [name]: null }), { code: "wrong_type", path: name })
      for (const key of Object.keys(object)) {
        const { [key]: _, ...less } = object
        assert.deepStrictEqual(faultOf({ ...record, [name]: less }), { code: "missing_field", path: `${name}.${key}` })
      }
    }
    for (const name of Object.keys(good)) {
      const { [name]: _, ...less }: Json = good
      assert.deepStrictEqual(faultOf(less), { code: "missing_field", path: name })
    }
  })

  it("counts a free text in code points, from 1 to its most", () => {
    const paths = {
      "agent.cluster_alias": textLengthMax.cluster_alias,
      "action.plugin": textLengthMax.plugin,
      "action.subcategory": textLengthMax.subcategory,
      "action.description": textLengthMax.description
    }
    for (const [path, max] of Object.entries(paths)) {
      for (const text of ["x", "x".repeat(max), "🌾".repeat(max)]) assert.isNull(faultOf(at(good, path, text)))
      for (const text of ["", "x".repeat(max + 1), `${"🌾".repeat(max)}x`, "🌾".repeat(max + 1)])
        assert.deepStrictEqual(faultOf(at(good, path, text)), { code: "out_of_range", path })
    }
  })

  it("knows which seconds there are", () => {
    const real: ReadonlyArray<Parameters<typeof isUtcSecond>> = [
      [2026, 1, 31, 23, 59, 59],
      [2024, 2, 29, 0, 0, 0],
      [2000, 2, 29, 0, 0, 0],
      [1, 1, 1, 0, 0, 0]
    ]
    const unreal: ReadonlyArray<Parameters<typeof isUtcSecond>> = [
      [2026, 2, 29, 0, 0, 0],
      [1900, 2, 29, 0, 0, 0],
      [2024, 1, 32, 0, 0, 0],
      [2024, 4, 31, 0, 0, 0],
      [2026, 1, 0, 0, 0, 0],
      [2026, 0, 1, 0, 0, 0],
      [2026, 13, 1, 0, 0, 0],
      [2026, 1, 1, 24, 0, 0],
      [2026, 1, 1, 0, 60, 0],
      [2026, 1, 1, 0, 0, 60],
      [0, 1, 1, 0, 0, 0]
    ]
    for (const time of real) assert.isTrue(isUtcSecond(...time), time.join(" "))
    for (const time of unreal) assert.isFalse(isUtcSecond(...time), time.join(" "))
    const refused = { code: "bad_format", path: "timestamp" }
    for (const time of ["2026-01-01T00:60:00Z", "2026-04-31T00:00:00Z"])
      assert.deepStrictEqual(faultOf(at(good, "timestamp", time)), refused)
  })

  it("has both links or neither, by whether it is the first", () => {
    const misplaced = [
      at(good, "sequence", 1),
      at(next, "sequence", 0),
      at(next, "prev_proof_id", null),
      at(next, "prev_proof_hash", null)
    ]
    for (const record of misplaced)
      assert.deepStrictEqual(faultOf(record), { code: "genesis_mismatch", path: "sequence" })
  })

  it("changes keys in a configuration only", () => {
    const path = "action.action_type"
    assert.deepStrictEqual(faultOf(at(rotating, path, "verify")), { code: "rotation_mismatch", path })
  })

  it("has no signature yet where it is to be signed", () => {
    assert.isTrue(checkUnsignedForm(unsigned).ok)
    const signed = checkUnsignedForm(good)
    assert.isTrue(!signed.ok && signed.fault.code === "unknown_field")
  })

  it("asks for exactly as many digits as a hash and a signature have", () => {
    for (const [pattern, length] of [
      [hex32Pattern, 64],
      [hex64Pattern, 128]
    ] as const) {
      assert.match("0".repeat(length), pattern)
      for (const text of [
        "0".repeat(length - 1),
        "0".repeat(length + 1),
        `x${"0".repeat(length)}`,
        `${"0".repeat(length)}x`
      ])
        assert.notMatch(text, pattern)
    }
  })
})

describe("a record's text", () => {
  const codeOf = (text: string | Uint8Array) => {
    const parsed = parseProof(text)
    return parsed.ok ? null : parsed.fault.code
  }

  it("has at most so many bytes, however many units", () => {
    const most = { " ": recordBytesMax, é: recordBytesMax / 2, "€": Math.floor(recordBytesMax / 3) }
    for (const [character, count] of Object.entries(most)) {
      const [fits, tooMuch] = [character.repeat(count), character.repeat(count + 1)]
      assert.deepStrictEqual([codeOf(fits), codeOf(tooMuch)], ["not_json", "too_large"])
      assert.deepStrictEqual([codeOf(Buffer.from(fits)), codeOf(Buffer.from(tooMuch))], ["not_json", "too_large"])
    }
  })

  it("is no record with half a character in any of its texts", () => {
    for (const path of ["agent.cluster_alias", "action.plugin", "action.subcategory", "action.description"])
      assert.strictEqual(codeOf(JSON.stringify(at(good, path, "a\ud800"))), "not_utf8")
  })
})

describe("signing", () => {
  const key = { sign: (message: Uint8Array) => agent.sign(Buffer.from(message).toString()) }
  const faultOfSigning = (change: Json, sign = (_: Uint8Array): string => assert.fail("was signed")): Place | null => {
    const signed = signProof({ ...unsigned, ...change }, null, { sign })
    return signed.ok ? null : { code: signed.fault.code, path: signed.fault.path }
  }

  it("puts no character into a record that could drive a terminal", () => {
    const paths = ["agent.cluster_alias", "action.plugin", "action.subcategory", "action.description"]
    for (const path of paths) {
      for (const text of ["a\u001bb", "a\u007f", "\u202eb", "a\u2028b"])
        assert.deepStrictEqual(faultOfSigning(at({ ...unsigned }, path, text)), { code: "bad_format", path }, path)
    }
    assert.isNull(faultOfSigning(at({ ...unsigned }, "action.subcategory", null), key.sign))
    assert.isNull(faultOfSigning(at({ ...unsigned }, "action.subcategory", "grünkohl"), key.sign))
  })

  it("takes no signature that is none", () => {
    const refused = { code: "bad_format", path: "signature" }
    for (const signature of ["", "0".repeat(127), "0".repeat(129), "g".repeat(128)])
      assert.deepStrictEqual(
        faultOfSigning({}, () => signature),
        refused
      )
  })
})
