import { assert, describe, it } from "@effect/vitest"
import { nextKey } from "../../../conformance/proof/sampleProofs.ts"
import { hashDigits, idBytes, RawRecord } from "../src/internal/rawRecord.ts"
import { recordBytesMax } from "../src/proofForm.ts"
import { chainWith } from "./sampleChains.ts"

const lines = chainWith(3, [{ at: 1, to: nextKey }])
const [first = "", turned = "", plain = ""] = lines
const utf8 = new TextEncoder()

const load = (line: string | Uint8Array): boolean => new RawRecord().load(line)

/** What an offset of a loaded record points at. */
const partsOf = (line: string) => {
  const raw = new RawRecord()
  assert.isTrue(raw.load(line))
  const text = (from: number, length: number) => Buffer.from(raw.bytes.subarray(from, from + length)).toString()
  return {
    sequence: raw.sequenceNumber(),
    proof_id: text(raw.proofId, idBytes),
    prev_proof_id: raw.hasParent ? text(raw.prevId, idBytes) : null,
    prev_proof_hash: raw.hasParent ? text(raw.prevHash, hashDigits) : null,
    rotates: raw.rotates,
    unsigned: Buffer.from(raw.toUnsigned()).toString()
  }
}

const expected = (line: string) => {
  const { prev_proof_hash, prev_proof_id, proof_id, sequence, ...rest } = JSON.parse(line)
  const unsigned = line.replace(/,"signature":"[0-9a-f]{128}"/, "")
  return { sequence, proof_id, prev_proof_id, prev_proof_hash, rotates: "key_rotation" in rest, unsigned }
}

/** Everything of a record's end that is the same in each, in the order in which it stands there. */
const fixed = [
  '"outcome":{"evidence_hash":"',
  '","status":"',
  '","verified":',
  "e}",
  ',"prev_proof_hash":"',
  '","prev_proof_id":"',
  '","proof_id":"',
  '","schema_version":"1","scoring_hints":',
  '},"sequence":',
  ',"signature":"',
  '","timestamp":"',
  '"}'
]

/** The places of the fixed texts in a line, each looked for behind the one before it. */
const places = (line: string): ReadonlyArray<readonly [text: string, at: number]> => {
  let from = line.indexOf('"outcome":')
  return fixed.map((text) => {
    const at = line.indexOf(text, from)
    assert.isAtLeast(at, 0, text)
    from = at + text.length
    return [text, at] as const
  })
}

const spoilt = (line: string, at: number): string => `${line.slice(0, at)}~${line.slice(at + 1)}`

describe("a record's parts", () => {
  it.each([
    ["of a chain's first record", first],
    ["of one with a parent", plain],
    ["of one that hands the chain over", turned],
    ["of a failure, which is one letter longer", plain.replace('"verified":true', '"verified":false')],
    ["of the longest status", plain.replace('"status":"success"', `"status":"${"s".repeat(16)}"`)],
    ["of a large sequence", plain.replace('"sequence":2', '"sequence":9007199254740991')],
    ["beside a text of many bytes", plain.replace("Verified", "\u{1f33b}é")]
  ])("are found: %s", (_, line) => {
    assert.deepStrictEqual(partsOf(line), expected(line))
    assert.isTrue(load(utf8.encode(line)))
  })

  it.each([
    ["a record with a parent", plain],
    ["one that hands the chain over", turned]
  ])("are not looked for where any byte of what is fixed is another: %s", (_, line) => {
    for (const [text, at] of places(line)) {
      for (let byte = at; byte < at + text.length; byte++) {
        assert.isFalse(load(spoilt(line, byte)), `${text} at ${byte - at}`)
      }
    }
  })

  it("are not looked for in a first record whose nulls are none", () => {
    const at = first.indexOf('"prev_proof_hash":null')
    const end = first.indexOf('"proof_id":')
    for (let byte = at; byte < end; byte++) assert.isFalse(load(spoilt(first, byte)), `${byte - at}`)
  })

  it("are no rotation where any byte of its keys is another", () => {
    for (const text of ['"key_rotation":{"new_public_key":"', '","possession":"']) {
      const at = turned.indexOf(text)
      for (let byte = at + 1; byte < at + text.length; byte++) {
        const raw = new RawRecord()
        assert.isTrue(raw.load(spoilt(turned, byte)))
        assert.isFalse(raw.rotates, `${text} at ${byte - at}`)
      }
    }
  })

  it("are not looked for where a digit of the signature is none", () => {
    const at = plain.indexOf('"signature":"') + '"signature":"'.length
    for (let digit = 0; digit < 128; digit++) {
      assert.isFalse(load(spoilt(plain, at + digit)))
      assert.isFalse(load(`${plain.slice(0, at + digit)}A${plain.slice(at + digit + 1)}`))
    }
  })

  it("are not looked for where the sequence has no digit, or one too early", () => {
    assert.isFalse(load(plain.replace('"sequence":2', '"sequence":')))
    assert.isFalse(load(plain.replace('"sequence":2', '"sequence":/')))
    assert.isFalse(load(plain.replace('"sequence":2', '"sequence":1.2')))
    assert.isFalse(load(plain.replace('"sequence":2', '"sequence":-2')))
  })

  it("give no number for a sequence that JSON would not spell so", () => {
    for (const [text, number] of [
      ["0", 0],
      ["00", -1],
      ["02", -1],
      ["10", 10]
    ] as const) {
      assert.strictEqual(partsOf(plain.replace('"sequence":2', `"sequence":${text}`)).sequence, number)
    }
  })

  it("end where no status and no hints could still be", () => {
    assert.isFalse(load(plain.replace('"status":"success"', `"status":"${"s".repeat(40)}"`)))
    assert.isFalse(load(plain.replace('"artifacts_touched":52', `"artifacts_touched":${"5".repeat(200)}`)))
  })

  it("are those of one whole record and of no piece of one", () => {
    for (let at = 0; at < plain.length; at += 11) {
      assert.isFalse(load(plain.slice(0, at)), `up to ${at}`)
    }
    assert.isFalse(load(""))
    assert.isFalse(load(plain.slice(plain.indexOf('"verified":'))))
    assert.isFalse(load(plain.slice(plain.indexOf('"sequence":'))))
  })

  it("may be as many bytes as a record may have, and no more", () => {
    const room = recordBytesMax - plain.length
    const wide = (bytes: number) => plain.replace("Verified", `Verified${"x".repeat(bytes)}`)
    assert.isTrue(load(wide(room)))
    assert.isFalse(load(wide(room + 1)))
    assert.isTrue(load(utf8.encode(wide(room))))
    assert.isFalse(load(utf8.encode(wide(room + 1))))
    // Two bytes each: as a text it is short enough, as bytes it is not.
    assert.isFalse(load(plain.replace("Verified", `Verified${"é".repeat(room)}`)))
    assert.isTrue(load(plain.replace("Verified", `Verified${"é".repeat(room >> 1)}`)))
  })

  it("are not looked for in a text with a lone surrogate", () => {
    assert.isTrue(load(plain.replace("Verified", "\ufffd")))
    assert.isFalse(load(plain.replace("Verified", "\ud800")))
  })

  it("are those of the record that was loaded last", () => {
    const raw = new RawRecord()
    for (const line of [turned, first, plain, turned]) {
      assert.isTrue(raw.load(line))
      assert.strictEqual(raw.rotates, line === turned)
      assert.strictEqual(raw.hasParent, line !== first)
    }
  })
})
