/** Records and chains that every implementation must refuse, each for one reason. All are signed unless that is the fault. */
import { agent, body, chain, filledTo, type Loose, signed, stranger, withFields } from "./sampleProofs.ts"

/** One vector: `line` is the first bad line of a chain, counted from 1. */
export interface InvalidVector {
  readonly name: string
  readonly public_key: string
  /** The recovery key fixed at enrolment, where there is one. */
  readonly recovery_key?: string
  readonly proof?: string
  readonly proofs?: ReadonlyArray<string>
  readonly code: string
  readonly line?: number
}

const proof = (name: string, code: string, text: string, public_key = agent.publicKey): InvalidVector => ({
  name,
  public_key,
  proof: text,
  code
})
const field = (name: string, code: string, path: string, value: unknown) =>
  proof(name, code, signed(withFields(body(), { [path]: value })).text)

const good = signed(body()).text
const rewrite = (name: string, code: string, from: string, to: string): InvalidVector => {
  if (!good.includes(from)) throw new Error(`${name}: nothing to rewrite`)
  return proof(name, code, good.replace(from, to))
}

const three = chain(3)
const texts = three.map((part) => part.text)
const [one = "", two = "", last = ""] = texts
const records = three.map((part) => part.record)
const [first = {}, middle = {}] = records
const proofs = (name: string, code: string, line: number, parts: ReadonlyArray<string>): InvalidVector => ({
  name,
  public_key: agent.publicKey,
  proofs: parts,
  code,
  line
})
const next = (parent: Loose, sequence: number, fields: Loose = {}) =>
  signed(withFields(body(sequence, parent), fields)).text

const order = 2n ** 252n + 27742317777372353535851937790883648493n
/** The same signature with S + L for S: the equation still holds. */
const otherScalar = (text: string): string =>
  text.replace(/("signature":"[0-9a-f]{64})([0-9a-f]{64})/, (_, before: string, scalar: string) => {
    const value = BigInt(`0x${Buffer.from(scalar, "hex").reverse().toString("hex")}`) + order
    return before + Buffer.from(value.toString(16).padStart(64, "0"), "hex").reverse().toString("hex")
  })
const identityKey = `01${"00".repeat(31)}`
/** S = 0 and R the identity: for the identity as key the equation holds over any message. */
const emptySignature = `${identityKey}${"00".repeat(32)}`

export const invalidVectors: ReadonlyArray<InvalidVector> = [
  // bytes
  proof("too-large", "too_large", signed(withFields(body(), { "action.description": "x".repeat(8192) })).text),
  proof(
    "too-large-in-bytes-only",
    "too_large",
    signed(withFields(body(), { "action.description": "検".repeat(2800) })).text
  ),
  rewrite("lone-surrogate", "not_utf8", "Verified", "\ud800"),
  rewrite("escaped-lone-surrogate", "not_utf8", "Verified", "\\ud800"),
  proof(
    "escaped-lone-surrogate-and-a-parent-too-many",
    "genesis_mismatch",
    good.replace("Verified", "\\ud800").replace('"prev_proof_hash":null', `"prev_proof_hash":"${"ab".repeat(32)}"`)
  ),
  proof("one-byte-too-large", "too_large", signed(withFields(body(), filledTo(8193))).text),
  // JSON
  proof("empty", "not_json", ""),
  proof("not-json", "not_json", "hello"),
  proof("cut-short", "not_json", good.slice(0, -1)),
  proof("trailing-garbage", "not_json", `${good}x`),
  proof("two-records", "not_json", good + good),
  proof("byte-order-mark", "not_json", `\ufeff${good}`),
  proof("deep-nesting", "not_json", "[".repeat(8000)),
  rewrite("raw-newline-in-a-text", "not_json", "Verified", "Veri\nfied"),
  rewrite("leading-zero", "not_json", '"sequence":0', '"sequence":00'),
  rewrite("not-a-number", "not_json", '"sequence":0', '"sequence":NaN'),
  // form
  proof("array", "wrong_type", `[${good}]`),
  proof("null", "wrong_type", "null"),
  field("sequence-as-text", "wrong_type", "sequence", "0"),
  field("verified-as-number", "wrong_type", "outcome.verified", 1),
  field("true-as-a-count", "wrong_type", "scoring_hints.artifacts_touched", true),
  proof("without-signature", "missing_field", good.replace(/,"signature":"[0-9a-f]*"/, "")),
  field("unknown-field", "unknown_field", "note", "hello"),
  field("unknown-inner-field", "unknown_field", "agent.hostname", "node-1"),
  field("version-two", "unsupported_version", "schema_version", "2"),
  field("version-as-number", "wrong_type", "schema_version", 1),
  field("upper-case-uuid", "bad_format", "proof_id", "019400D5-8B0A-7C3E-9F21-000000000000"),
  field("uuid-version-four", "bad_format", "proof_id", "019400d5-8b0a-4c3e-9f21-000000000000"),
  field("uuid-with-a-wrong-variant", "bad_format", "proof_id", "019400d5-8b0a-7c3e-1f21-000000000000"),
  field("uuid-in-braces", "bad_format", "agent.agent_id", "{4b1f7f0c-6a52-4a6e-8d0e-3f6d2a9c5b17}"),
  field("upper-case-hash", "bad_format", "outcome.evidence_hash", "AB".repeat(32)),
  field("short-hash", "bad_format", "actor.actor_hash", "ab".repeat(31)),
  field("hash-with-a-newline", "bad_format", "actor.actor_hash", `${"ab".repeat(32)}\n`),
  field("timestamp-with-milliseconds", "bad_format", "timestamp", "2026-02-21T09:30:00.000Z"),
  field("timestamp-with-an-offset", "bad_format", "timestamp", "2026-02-21T09:30:00+00:00"),
  field("timestamp-on-a-day-that-is-not", "bad_format", "timestamp", "2026-02-29T09:30:00Z"),
  field("timestamp-in-a-common-century", "bad_format", "timestamp", "1900-02-29T09:30:00Z"),
  field("timestamp-on-a-leap-second", "bad_format", "timestamp", "2016-12-31T23:59:60Z"),
  field("timestamp-at-hour-24", "bad_format", "timestamp", "2026-02-21T24:00:00Z"),
  field("timestamp-in-the-year-zero", "bad_format", "timestamp", "0000-01-01T00:00:00Z"),
  field("timestamp-with-arabic-digits", "bad_format", "timestamp", "٢٠٢٦-02-21T09:30:00Z"),
  field("unknown-category", "not_in_vocabulary", "action.category", "glory"),
  field("unknown-action-type", "not_in_vocabulary", "action.action_type", "Verify"),
  field("unknown-actor-type", "not_in_vocabulary", "actor.actor_type", ""),
  field("unknown-status", "not_in_vocabulary", "outcome.status", "ok"),
  field("unknown-complexity", "not_in_vocabulary", "scoring_hints.complexity", "epic"),
  field("negative-count", "out_of_range", "scoring_hints.artifacts_touched", -1),
  field("fraction", "out_of_range", "scoring_hints.impact_radius", 1.5),
  field("integer-beyond-double", "out_of_range", "sequence", 2 ** 53),
  rewrite("number-beyond-double", "out_of_range", '"sequence":0', '"sequence":1e400'),
  field("empty-alias", "out_of_range", "agent.cluster_alias", ""),
  field("long-alias", "out_of_range", "agent.cluster_alias", "a".repeat(65)),
  field("empty-plugin", "out_of_range", "action.plugin", ""),
  field("long-plugin", "out_of_range", "action.plugin", "p".repeat(129)),
  field("empty-subcategory", "out_of_range", "action.subcategory", ""),
  field("long-subcategory", "out_of_range", "action.subcategory", "s".repeat(65)),
  field("empty-description", "out_of_range", "action.description", ""),
  field("long-description", "out_of_range", "action.description", "🌾".repeat(1025)),
  field("first-with-a-parent", "genesis_mismatch", "prev_proof_hash", "ab".repeat(32)),
  field("first-with-a-parent-id", "genesis_mismatch", "prev_proof_id", "019400d5-8b0a-7c3e-9f21-0000000000ff"),
  field("second-without-a-parent", "genesis_mismatch", "sequence", 1),
  // spelling
  rewrite("minus-zero", "not_canonical", '"sequence":0', '"sequence":-0'),
  rewrite("zero-with-a-fraction", "not_canonical", '"sequence":0', '"sequence":0.0'),
  rewrite("exponent", "not_canonical", '"artifacts_touched":52', '"artifacts_touched":5.2e1'),
  rewrite("integer-that-rounds", "not_canonical", '"artifacts_touched":52', '"artifacts_touched":52.0000000000000001'),
  rewrite("white-space", "not_canonical", '"sequence":0', '"sequence": 0'),
  proof("trailing-newline", "not_canonical", `${good}\n`),
  rewrite("escape-that-need-not-be", "not_canonical", "Verified", "\\u0056erified"),
  rewrite("escaped-slash", "not_canonical", "farmops/", "farmops\\/"),
  rewrite("duplicate-key", "not_canonical", '"sequence":0', '"sequence":0,"sequence":0'),
  rewrite("duplicate-key-with-another-value", "not_canonical", '"sequence":0', '"sequence":7,"sequence":0'),
  proof("keys-in-another-order", "not_canonical", JSON.stringify(signed(body()).record)),
  // signature
  proof("signed-by-another", "bad_signature", signed(body(), stranger).text),
  proof("under-another-key", "bad_signature", good, stranger.publicKey),
  rewrite("one-more-pod", "bad_signature", "52 pods", "53 pods"),
  rewrite("more-touched", "bad_signature", '"artifacts_touched":52', '"artifacts_touched":53'),
  proof("empty-signature", "bad_format", good.replace(/"signature":"[0-9a-f]*"/, '"signature":""')),
  proof(
    "upper-case-signature",
    "bad_format",
    good.replace(/(?<="signature":")[0-9a-f]*/, (hex) => hex.toUpperCase())
  ),
  proof("zero-signature", "bad_signature", good.replace(/(?<="signature":")[0-9a-f]*/, "0".repeat(128))),
  proof("scalar-not-reduced", "bad_signature", otherScalar(good)),
  proof("identity-as-key", "bad_key", good.replace(/(?<="signature":")[0-9a-f]*/, emptySignature), identityKey),
  proof("upper-case-key", "bad_key", good, agent.publicKey.toUpperCase()),
  proof("short-key", "bad_key", good, agent.publicKey.slice(2)),
  proof("key-off-the-curve", "bad_signature", good, `02${"00".repeat(31)}`),
  // chain
  proofs("chain-swapped", "wrong_sequence", 2, [one, last, two]),
  proofs("chain-with-one-dropped", "wrong_sequence", 2, [one, last]),
  proofs("chain-without-its-first", "wrong_sequence", 1, [two, last]),
  proofs("chain-with-one-twice", "wrong_sequence", 3, [one, two, two, last]),
  proofs("chain-edited", "bad_signature", 2, [one, two.replace("52 pods", "99 pods"), last]),
  proofs("chain-edited-and-signed-again", "wrong_parent", 3, [
    one,
    next(first, 1, { "scoring_hints.artifacts_touched": 99 }),
    last
  ]),
  proofs("chain-with-another-parent-id", "wrong_parent", 2, [
    one,
    next(first, 1, { prev_proof_id: "019400d5-8b0a-7c3e-9f21-0000000000ff" })
  ]),
  proofs("chain-of-another-agent-name", "wrong_agent", 2, [
    one,
    next(first, 1, { "agent.agent_id": "5b1f7f0c-6a52-4a6e-8d0e-3f6d2a9c5b17" })
  ]),
  proofs("chain-with-an-id-used-twice", "repeated_id", 3, [one, two, next(middle, 2, { proof_id: first.proof_id })]),
  proofs("chain-with-one-by-another-key", "bad_signature", 2, [one, signed(body(1, first), stranger).text, last]),
  proofs("chain-with-an-empty-line", "not_json", 2, [one, "", two])
]
