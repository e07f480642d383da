/** What is no evidence of a fork, each for one reason. The records are signed unless that is the fault. */
import { canonicalJson } from "@farmops/proof/canonicalJson"
import {
  agent,
  body,
  type Loose,
  nextKey,
  recovery,
  rotating,
  signed,
  stranger,
  withFields,
  withoutField
} from "../proof/sampleProofs.ts"
import { evidenceOf, type ForkVector, lineInOrder, lineOf, parent, refused, second, sorted } from "./forkVector.ts"
import { signedAgain } from "./signedAgain.ts"

const one = signed(second)
const saying = (description: string): Loose => withFields(second, { "action.description": description })
const other = signed(saying("Did something else"))
const good = lineOf(one, other)
const texts = sorted(one, other).map(({ text }) => text)
const forkBytesMax = 33_280
const identityKey = `01${"00".repeat(31)}`
const otherId = "4b1f7f0c-6a52-4a6e-8d0e-3f6d2a9c5b18"

const evidence = (name: string, text: string): ForkVector => {
  if (text === good) throw new Error(`${name}: nothing is broken`)
  return refused(name, "bad_evidence", text)
}
const changed = (name: string, change: Loose) => evidence(name, canonicalJson({ ...evidenceOf(texts), ...change }))
/** A good record and one at fault: whichever comes first. */
const besides = (name: string, code: string, broken: string): ReadonlyArray<ForkVector> => [
  refused(`first-record-${name}`, code, lineInOrder(broken, one.text), 1),
  refused(`second-record-${name}`, code, lineInOrder(one.text, broken), 2)
]
const noFork = (name: string, ...records: Parameters<typeof sorted>) => {
  const [before, after] = sorted(...records).map(({ text }) => text)
  return [
    refused(name, "no_fork", lineInOrder(before ?? "", after ?? "")),
    refused(`${name}-the-other-way-round`, "no_fork", lineInOrder(after ?? "", before ?? ""))
  ]
}

export const invalidVectors: ReadonlyArray<ForkVector> = [
  // size
  refused("one-byte-too-large", "too_large", `${good}${" ".repeat(forkBytesMax + 1 - Buffer.byteLength(good))}`),
  refused("too-large-in-bytes-only", "too_large", "\u00e9".repeat(forkBytesMax / 2 + 1)),
  evidence("as-large-as-may-be-and-not-canonical", good.padEnd(forkBytesMax)),
  // form
  evidence("empty", ""),
  evidence("not-json", "hello"),
  evidence("cut-short", good.slice(0, -1)),
  evidence("null", "null"),
  evidence("array", `[${good}]`),
  evidence("records-only", canonicalJson(texts)),
  evidence("deep-nesting", "[".repeat(20_000)),
  evidence("byte-order-mark", `\ufeff${good}`),
  evidence("lone-surrogate", good.replace("Did something", "\ud800")),
  evidence("escaped-lone-surrogate", good.replace("Did something", "\\ud800")),
  evidence("trailing-line-feed", `${good}\n`),
  evidence("leading-space", ` ${good}`),
  evidence("white-space", good.replace('"public_key":', '"public_key": ')),
  evidence(
    "keys-in-another-order",
    JSON.stringify({ public_key: agent.publicKey, format: "farmops/fork/1", records: texts })
  ),
  evidence("escape-that-need-not-be", good.replace("farmops/fork", "farmops\\/fork")),
  evidence("key-twice", good.replace(/("public_key":"[0-9a-f]*")/, "$1,$1")),
  evidence(
    "key-twice-with-another-value",
    good.replace('"public_key"', `"public_key":"${stranger.publicKey}","public_key"`)
  ),
  changed("another-field", { reason: "stolen" }),
  changed("version-two", { format: "farmops/fork/2" }),
  changed("version-as-number", { format: 1 }),
  changed("another-format", { format: "farmops/archive/1" }),
  evidence("format-absent", canonicalJson(withoutField(evidenceOf(texts), "format"))),
  evidence("key-absent", canonicalJson(withoutField(evidenceOf(texts), "public_key"))),
  evidence("records-absent", canonicalJson(withoutField(evidenceOf(texts), "records"))),
  changed("key-null", { public_key: null }),
  changed("key-upper-case", { public_key: agent.publicKey.toUpperCase() }),
  changed("key-short", { public_key: agent.publicKey.slice(2) }),
  changed("key-long", { public_key: `${agent.publicKey}00` }),
  changed("key-with-a-line-feed", { public_key: `${agent.publicKey}\n` }),
  changed("records-null", { records: null }),
  changed("records-as-text", { records: texts.join("\n") }),
  changed("no-records", { records: [] }),
  changed("one-record", { records: texts.slice(1) }),
  changed("three-records", { records: [...texts, signed(saying("Did a third thing")).text] }),
  changed("records-as-objects", { records: sorted(one, other).map(({ record }) => record) }),
  changed("record-null", { records: [texts[0], null] }),
  evidence("records-out-of-order", lineInOrder(texts[1] ?? "", texts[0] ?? "")),
  evidence(
    "rotation-and-work-out-of-order",
    canonicalJson(
      evidenceOf(
        sorted(signed(rotating(second)), one)
          .map(({ text }) => text)
          .reverse()
      )
    )
  ),
  // a record
  refused("key-of-small-order", "bad_key", lineInOrder(one.text, other.text, identityKey), 1),
  refused("key-of-small-order-and-no-records", "bad_key", lineInOrder("", "", identityKey), 1),
  refused("key-of-another", "bad_signature", lineInOrder(one.text, other.text, stranger.publicKey), 1),
  refused("both-records-broken", "not_json", lineInOrder("hello", ""), 1),
  ...besides("empty", "not_json", ""),
  ...besides("with-a-line-feed", "not_canonical", `${other.text}\n`),
  ...besides("with-a-space", "not_canonical", other.text.replace(",", ", ")),
  ...besides("too-large", "too_large", `${other.text}${" ".repeat(8192)}`),
  ...besides("unsigned", "missing_field", other.text.replace(/,"signature":"[0-9a-f]*"/, "")),
  ...besides(
    "with-a-zero-signature",
    "bad_signature",
    other.text.replace(/(?<="signature":")[0-9a-f]*/, "0".repeat(128))
  ),
  ...besides("signed-by-a-stranger", "bad_signature", signed(saying("Forged"), stranger).text),
  ...besides("signed-by-the-next-key", "bad_signature", signed(saying("Did something else"), nextKey).text),
  ...besides("edited", "bad_signature", one.text.replace("52 pods", "53 pods")),
  ...besides("of-version-two", "unsupported_version", signed(withFields(second, { schema_version: "2" })).text),
  ...besides("without-a-parent", "genesis_mismatch", signed(withFields(second, { prev_proof_hash: null })).text),
  ...besides("rotating-by-the-recovery-key", "bad_signature", signed(rotating(second), recovery).text),
  ...besides("rotating-without-possession", "bad_possession", signed(rotating(second, nextKey, "0".repeat(128))).text),
  ...besides(
    "rotating-to-a-key-of-small-order",
    "bad_key",
    signed(withFields(rotating(second), { "key_rotation.new_public_key": identityKey })).text
  ),
  ...besides(
    "rotating-and-verifying",
    "rotation_mismatch",
    signed(withFields(rotating(second), { "action.action_type": "verify" })).text
  ),
  // two good records that do not contradict each other
  refused("same-record-twice", "no_fork", lineInOrder(one.text, one.text)),
  refused("same-rotation-twice", "no_fork", lineInOrder(signed(rotating(second)).text, signed(rotating(second)).text)),
  refused("one-record-signed-with-two-nonces", "no_fork", lineInOrder(one.text, signedAgain(second, "agent").text)),
  ...noFork("two-agents", one, signed(withFields(saying("Did something else"), { "agent.agent_id": otherId }))),
  ...noFork("two-links-of-a-chain", one, signed(body(2, second))),
  ...noFork("a-record-and-its-parent", one, signed(parent)),
  ...noFork("one-id-at-two-places", one, signed(withFields(body(2, second), { proof_id: second.proof_id }))),
  ...noFork("a-rotation-and-work-after-it", signed(rotating(second)), signed(body(2, rotating(second)))),
  ...noFork("two-agents-and-two-sequences", one, signed(withFields(body(2, second), { "agent.agent_id": otherId })))
]
