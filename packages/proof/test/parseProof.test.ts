import { assert, describe, it } from "@effect/vitest"
import { chain } from "../../../conformance/proof/sampleProofs.ts"
import { FarmProof } from "../src/FarmProof.ts"
import { encodeHex } from "../src/hex.ts"
import { UsualRecord } from "../src/internal/usualRecord.ts"
import { checkValue, parseProof } from "../src/parseProof.ts"
import { recordBytesMax, textLengthMax } from "../src/proofForm.ts"
import { serializeProof } from "../src/serializeProof.ts"
import { proofVectors } from "./vectors.ts"

const utf8 = new TextEncoder()
const usual = new UsualRecord()
const ascii = new TextDecoder("latin1")
const isUsual = (text: string): boolean => usual.load(utf8.encode(text))

/** What the specification says of a text, in its order and without the walk. */
const readTheLongWay = (text: string): FarmProof | null => {
  if (new TextEncoder().encode(text).length > recordBytesMax || !text.isWellFormed()) return null
  try {
    const checked = checkValue(JSON.parse(text))
    return checked.ok && serializeProof(checked.value).line === text ? checked.value : null
  } catch {
    return null
  }
}

const assertAgrees = (text: string): void => {
  const long = readTheLongWay(text)
  if (text.isWellFormed()) assert.strictEqual(isUsual(text), usual.load(text), text)
  if (usual.load(text)) {
    assert.isNotNull(long, text)
    if (long === null) return
    const place = (from: number, length: number) => ascii.decode(usual.bytes.subarray(from, from + length))
    const { agent, prev_proof_hash, prev_proof_id, proof_id, sequence, signature } = long
    assert.deepStrictEqual(
      [place(usual.agentId, 36), place(usual.prevHash, 64), place(usual.prevId, 36), place(usual.proofId, 36)],
      [agent.agent_id, prev_proof_hash, prev_proof_id, proof_id]
    )
    assert.deepStrictEqual([usual.sequence, encodeHex(usual.signature)], [sequence, signature])
    assert.strictEqual(new TextDecoder().decode(usual.toUnsigned()), serializeProof(long).unsigned)
  }
  const parsed = parseProof(text)
  assert.strictEqual(parsed.ok, long !== null, text)
  if (parsed.ok && long !== null) {
    assert.deepStrictEqual(parsed.value, { proof: long, line: text, unsigned: serializeProof(long).unsigned })
  }
}

const line = chain(2)[1]?.text ?? ""

describe("the walk over a canonical record", () => {
  it("reads an ordinary record, so that what follows is about it", () => {
    assert.isTrue(isUsual(line))
    for (const text of ["é", "\u2028", "🚜", "\u007f"]) assert.isTrue(isUsual(line.replace("Pinged", text)), text)
  })

  it("accepts nothing that the long way refuses, in any vector", () => {
    const texts = proofVectors.flatMap(({ proof, proofs }) => proofs ?? (proof === undefined ? [] : [proof]))
    for (const text of texts) assertAgrees(text)
    assert.isAbove(texts.filter((text) => isUsual(text)).length, 20)
  })

  it.prop("reads a proof as the long way does, whatever is in it", [FarmProof], ([random]) => {
    const place = { sequence: random.sequence + 1, prev_proof_hash: "ab".repeat(32), prev_proof_id: random.proof_id }
    for (const proof of [random, { ...random, ...place }]) assertAgrees(serializeProof(proof).line)
  })

  it("agrees when any unit of a record is left out, doubled or another", () => {
    const others = ['"', "\\", "0", "9", "a", "G", " ", "{", "}", "\n", "\u007f", "\u2028", "é", "\ud83d", "🚜"]
    for (let at = 0; at < line.length; at++) {
      const [before, after] = [line.slice(0, at), line.slice(at + 1)]
      for (const other of ["", line.slice(at, at + 1).repeat(2), ...others]) assertAgrees(before + other + after)
    }
  })

  it("agrees at the edges of lengths, numbers, words and times", () => {
    const replaced = (from: RegExp, to: string) => {
      const text = line.replace(from, () => to)
      assert.notStrictEqual(text, line)
      return text
    }
    for (const unit of ["x", "é", "\u2028", "🚜", '\\"']) {
      for (const [name, max] of Object.entries(textLengthMax)) {
        for (const length of [0, 1, max - 1, max, max + 1]) {
          assertAgrees(
            line.replace(new RegExp(`"${name}":(?:null|"[^"]*")`), () => `"${name}":"${unit.repeat(length)}"`)
          )
        }
      }
    }
    const numbers = ["0", "1", "00", "-0", "1.0", "1e3", "999999999999999", "1000000000000000", "9007199254740991"]
    for (const number of [...numbers, "9007199254740992", "9999999999999999", "99999999999999999", "null", '"1"', ""]) {
      for (const name of ["impact_radius", "artifacts_touched", "sequence", "time_spent_seconds"]) {
        assertAgrees(line.replace(new RegExp(`"${name}":(?:null|\\d+)`), () => `"${name}":${number}`))
      }
    }
    for (const word of ["deployed", "deplo", "Deploy", "", "deploy|verify"]) {
      assertAgrees(replaced(/"action_type":"[a-z_]+"/, `"action_type":"${word}"`))
    }
    for (const time of [
      "2026-02-29T00:00:00Z",
      "2028-02-29T00:00:00Z",
      "2026-13-01T00:00:00Z",
      "2026-01-01T24:00:00Z"
    ]) {
      assertAgrees(replaced(/"timestamp":"[^"]+"/, `"timestamp":"${time}"`))
    }
    for (const time of [
      "0000-01-01T00:00:00Z",
      "0001-01-01T00:00:00Z",
      "2026-01-01T00:00:60Z",
      "2026-01-01 00:00:00Z"
    ]) {
      assertAgrees(replaced(/"timestamp":"[^"]+"/, `"timestamp":"${time}"`))
    }
    for (const end of ["\n", " ", "x", line]) assertAgrees(line + end)
  })
})
