/**
 * What must hold of every record there can be: one text for each accepted record, and nothing accepted but that text. Runs
 * `CASES` random records (100,000 unless told), each spelled, parsed and respelled in ways that keep its meaning.
 */
import { assert, describe, it } from "@effect/vitest"
import { canonicalJson } from "@farmops/proof/canonicalJson"
import { FarmProof } from "@farmops/proof/FarmProof"
import { checkForm, type FarmProof as Proof } from "@farmops/proof/proofForm"
import { serializeProof } from "@farmops/proof/serializeProof"
import { parseProof } from "@farmops/proof/verify"
import { Schema } from "effect"

const cases = Number(process.env.CASES ?? 100_000)
const options = { arbitrary: { runs: cases } }

/** A random record that keeps the rules which no single field can show: those of the first proof and of a rotation. */
const placed = (proof: Proof): Proof => {
  const first = proof.sequence === 0 || proof.prev_proof_id === null || proof.prev_proof_hash === null
  const linked = first ? { ...proof, sequence: 0, prev_proof_id: null, prev_proof_hash: null } : proof
  if (linked.key_rotation === undefined) return linked
  return { ...linked, action: { ...linked.action, action_type: "configure" } }
}

/** Other texts for the same JSON value, and texts that a lenient reader would take for it. */
const respellings: ReadonlyArray<(line: string, at: number) => string> = [
  (line) => `${line} `,
  (line) => ` ${line}`,
  (line) => `${line}\n`,
  (line) => `\ufeff${line}`,
  (line) => JSON.stringify(JSON.parse(line), null, 1),
  (line) => line.replaceAll("/", "\\/"),
  (line) => line.replace(/"sequence":(\d+)/, '"sequence":$1.0'),
  (line) => line.replace(/"sequence":(\d+)/, '"sequence":$1e0'),
  (line) => line.replace(/"sequence":(\d+)/, '"sequence":+$1'),
  (line) => line.replace(/"sequence":(\d+)/, '"sequence":0$1'),
  (line) => line.replace(/"artifacts_touched":(\d+)/, '"artifacts_touched":-0'),
  (line) => line.replace(/("sequence":\d+)/, "$1,$1"),
  (line) => line.replace(/,"timestamp":"([^"]*)"\}$/, "}").replace("{", (open) => `${open}"timestamp":"x",`),
  (line) =>
    `{${line
      .slice(1, -1)
      .split(/,(?="[a-z_]+":)/)
      .toReversed()
      .join(",")}}`,
  (line, at) => {
    const unit = line.charCodeAt(at % line.length)
    const escaped = `\\u${unit.toString(16).padStart(4, "0")}`
    return line.slice(0, at % line.length) + escaped + line.slice((at % line.length) + 1)
  },
  (line, at) => line.slice(0, at % line.length) + line.slice((at % line.length) + 1),
  (line, at) => line.slice(0, at % line.length) + line.charAt(at % line.length) + line.slice(at % line.length),
  (line) => line.replace(/"[0-9a-f]{64}"/, (hex) => hex.toUpperCase()),
  (line) => line.normalize("NFD")
]

describe(`with ${cases} random records`, () => {
  it.prop(
    "writes each as the general canonical form does, and reads back exactly it",
    [FarmProof],
    ([random]) => {
      const proof = placed(random)
      assert.isTrue(checkForm(proof).ok)
      const { signature: _, ...unsigned } = proof
      const texts = serializeProof(proof)
      assert.strictEqual(texts.line, canonicalJson(proof))
      assert.strictEqual(texts.unsigned, canonicalJson(unsigned))
      const parsed = parseProof(texts.line)
      if (!parsed.ok) return assert.strictEqual(parsed.fault.code, "too_large")
      assert.deepStrictEqual(parsed.value, { proof, ...texts })
      assert.deepStrictEqual(parseProof(new TextEncoder().encode(texts.line)), parsed)
    },
    options
  )

  it.prop(
    "takes no second spelling of any",
    [FarmProof, Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 8191 }))],
    ([random, at]) => {
      const { line } = serializeProof(placed(random))
      for (const respell of respellings) {
        const text = respell(line, at)
        const parsed = parseProof(text)
        // What is accepted after all is another record, and that record has this text alone.
        if (!parsed.ok || text === line) continue
        assert.notDeepEqual(parsed.value.proof, placed(random))
        assert.strictEqual(parsed.value.line, text)
      }
    },
    options
  )
})
