/** Exported proofs that every implementation must refuse, each for one reason. */
import {
  base64,
  checkpointText,
  fillerLine,
  noteOf,
  origin,
  otherOrigin,
  signatureLine,
  stranger,
  textOf,
  tracker,
  witness
} from "../checkpoint/sampleNotes.ts"
import { bodyText, lineOf, otherFarmId, second as rotated, rotation, turn } from "../keys/sampleRotations.ts"
import { agent, chain, nextKey, rotating, signed, withFields, withoutField } from "../proof/sampleProofs.ts"
import { type BundleVector, refused } from "./bundleVector.ts"
import { bodyOf, extraOf, fileOf, ledger, ledgerRoot, type Parts, partsOf, partsOfOne, place } from "./sampleBundles.ts"

const size = ledger.length
const parts = partsOf(place)
const good = fileOf(parts)
const record = chain(2).at(-1)?.record ?? {}
const text = signed(record).text
const body = bodyOf(size, ledgerRoot(size))
const byRotated = signatureLine(body, origin, rotated)
const zeroHash = base64(Buffer.alloc(32))
const identityKey = `01${"00".repeat(31)}`
const bundleBytesMax = 65_536

const changed = (fault: string, name: string, change: Partial<Parts>) =>
  refused(fault, name, fileOf({ ...parts, ...change }))
const rewritten = (name: string, from: string | RegExp, to: string): BundleVector => {
  const bundle = good.replace(from, to)
  if (bundle === good) throw new Error(`${name}: nothing to rewrite`)
  return refused("bundle: bad_bundle", name, bundle)
}
/** The line is the whole ledger, so that only the record can be at fault. */
const holding = (code: string, name: string, line: string, agent_key?: string | null) =>
  refused(`record: ${code}`, `record-${name}`, fileOf(partsOfOne(line)), agent_key === undefined ? {} : { agent_key })
const signing = (lines: string, ...signatures: ReadonlyArray<string>): Partial<Parts> => ({
  checkpoint: noteOf(lines, ...signatures)
})

export const invalidVectors: ReadonlyArray<BundleVector> = [
  refused("bundle: too_large", "one-byte-too-large", good + fillerLine(bundleBytesMax + 1 - Buffer.byteLength(good))),
  refused("bundle: too_large", "too-large-and-no-file-of-this-form", " ".repeat(bundleBytesMax + 1)),
  refused("bundle: too_large", "too-large-in-bytes-only", good + "\u00e9".repeat(bundleBytesMax / 2)),
  // the form of the file
  refused("bundle: bad_bundle", "empty", ""),
  refused("bundle: bad_bundle", "of-line-feeds", "\n\n\n\n"),
  rewritten("version-two", "@v1", "@v2"),
  rewritten("header-before-a-space", "@v1", "@v1 "),
  refused("bundle: bad_bundle", "byte-order-mark", `\ufeff${good}`),
  refused("bundle: bad_bundle", "line-before-the-first", `\n${good}`),
  refused("bundle: bad_bundle", "not-unicode", `\ud800${good}`),
  refused("bundle: bad_bundle", "carriage-returns", good.replaceAll("\n", "\r\n")),
  rewritten("extra-absent", /extra .*\n/, ""),
  rewritten("extra-without-a-space", /extra .*\n/, "extra\n"),
  rewritten("extra-with-a-capital", "extra", "Extra"),
  rewritten("extra-twice", /(extra .*\n)/, "$1$1"),
  rewritten("extra-in-the-url-alphabet", /extra ....(.*)\n/, "extra ____$1\n"),
  rewritten("extra-without-padding", /(extra .*[^=])=+\n/, "$1\n"),
  rewritten("extra-in-clear", /extra .*\n/, `extra ${ledger[place]}\n`),
  rewritten("index-absent", "index 4\n", ""),
  rewritten("index-with-a-capital", "index", "Index"),
  rewritten("index-before-extra", /(extra .*\n)(index 4\n)/, "$2$1"),
  rewritten("index-empty", "index 4", "index "),
  rewritten("index-with-a-leading-zero", "index 4", "index 04"),
  rewritten("index-with-a-plus", "index 4", "index +4"),
  rewritten("index-negative", "index 4", "index -4"),
  rewritten("index-as-a-fraction", "index 4", "index 4.0"),
  rewritten("index-before-a-space", "index 4", "index 4 "),
  rewritten("index-past-2-to-the-53-less-1", "index 4", "index 9007199254740992"),
  changed("bundle: bad_bundle", "hash-of-31-bytes", { hashes: [base64(Buffer.alloc(31)), ...parts.hashes.slice(1)] }),
  changed("bundle: bad_bundle", "hash-without-padding", { hashes: [zeroHash.slice(0, -1), ...parts.hashes.slice(1)] }),
  changed("bundle: bad_bundle", "hash-before-a-space", { hashes: [`${parts.hashes[0]} `, ...parts.hashes.slice(1)] }),
  changed("bundle: bad_bundle", "hash-with-bits-left-over", {
    hashes: [`${"A".repeat(42)}B=`, ...parts.hashes.slice(1)]
  }),
  changed("bundle: bad_bundle", "hash-in-hex", { hashes: ["00".repeat(32), ...parts.hashes.slice(1)] }),
  changed("bundle: bad_bundle", "55-hashes", { hashes: Array.from({ length: 55 }, () => zeroHash) }),
  changed("bundle: bad_bundle", "another-line-below-the-path", { hashes: [...parts.hashes, "hello"] }),
  refused("bundle: bad_bundle", "without-an-empty-line", good.replaceAll("\n\n", "\n")),
  refused("bundle: bad_bundle", "without-a-checkpoint", good.slice(0, good.indexOf("\n\n") + 1)),
  // the checkpoint
  changed("checkpoint: bad_note", "checkpoint-empty", { checkpoint: "" }),
  changed("checkpoint: bad_note", "checkpoint-without-signatures", { checkpoint: body }),
  changed("checkpoint: bad_note", "two-empty-lines-in-a-row", {
    checkpoint: `\n${parts.checkpoint.replace("\n\n", "\n")}`
  }),
  refused("checkpoint: bad_note", "line-below-the-signatures", `${good}hello\n`),
  refused("checkpoint: bad_key", "tracker-key-upper-case", good, { tracker_key: tracker.publicKey.toUpperCase() }),
  refused("checkpoint: bad_key", "tracker-key-of-small-order", good, { tracker_key: identityKey }),
  refused("checkpoint: unsigned", "tracker-key-of-another", good, { tracker_key: stranger.publicKey }),
  refused("checkpoint: wrong_origin", "origin-of-another-farm", good, { origin: otherOrigin }),
  changed(
    "checkpoint: wrong_origin",
    "origin-of-another-program",
    signing(bodyOf(size, ledgerRoot(size), "example.com/log"))
  ),
  changed(
    "checkpoint: unsigned",
    "checkpoint-of-a-witness-only",
    signing(body, signatureLine(body, "village.example", witness))
  ),
  changed(
    "checkpoint: bad_signature",
    "checkpoint-signed-for-another",
    signing(body, signatureLine(checkpointText(5)))
  ),
  changed("checkpoint: bad_size", "checkpoint-of-no-size", signing(textOf(origin, "013", base64(ledgerRoot(size))))),
  changed("checkpoint: bad_root", "checkpoint-of-no-root", signing(textOf(origin, "13", "AAAA"))),
  changed("checkpoint: bad_extension", "checkpoint-with-another-line", signing(`${body}hello\n`)),
  refused("checkpoint: unsigned", "tracker-key-of-another-and-no-path", fileOf({ ...parts, hashes: [] }), {
    tracker_key: stranger.publicKey
  }),
  // the tracker's key was rotated
  refused("checkpoint: unsigned", "by-the-old-key-after-its-rotation", good, { rotations: [rotation()] }),
  refused("checkpoint: unsigned", "by-the-old-key-over-its-rotation", good, {
    rotations: [rotation({ position: size - 1 })]
  }),
  refused(
    "checkpoint: unsigned",
    "by-the-new-key-before-the-rotation",
    fileOf({ ...parts, ...signing(body, byRotated) }),
    {
      rotations: [rotation({ position: size })]
    }
  ),
  refused(
    "checkpoint: unsigned",
    "by-the-new-key-and-no-rotation-given",
    fileOf({ ...parts, ...signing(body, byRotated) })
  ),
  refused("checkpoint: wrong_origin", "rotations-of-another-farm", good, {
    rotations: [rotation({ position: size, farm: otherFarmId })]
  }),
  refused("checkpoint: wrong_origin", "rotations-of-another-farm-when-any-will-do", good, {
    rotations: [rotation({ position: size, farm: otherFarmId })],
    origin: null
  }),
  refused(
    "checkpoint: bad_size",
    "by-the-first-key-and-of-no-size",
    fileOf({ ...parts, ...signing(textOf(origin, "013", base64(ledgerRoot(size)))) }),
    {
      rotations: [rotation()]
    }
  ),
  refused("keys: unknown_key", "rotations-of-another-tracker", good, {
    rotations: [rotation({ position: size })],
    tracker_key: stranger.publicKey
  }),
  refused("keys: bad_possession", "rotation-without-a-possession", good, {
    rotations: [lineOf(bodyText(turn({ position: size }), "0".repeat(128)), tracker)]
  }),
  refused("bundle: bad_bundle", "rotations-and-no-bundle", "hello", { rotations: [rotation()] }),
  // the path
  changed("bundle: bad_inclusion", "index-of-another-line", { index: "index 5" }),
  changed("bundle: bad_inclusion", "index-is-the-size", { index: `index ${size}` }),
  changed("bundle: bad_inclusion", "index-larger-by-2-to-the-32", { index: `index ${2 ** 32 + place}` }),
  changed("bundle: bad_inclusion", "record-of-another-line", { extra: extraOf(ledger[place + 1] ?? "") }),
  changed("bundle: bad_inclusion", "record-with-a-line-feed", { extra: extraOf(`${ledger[place]}\n`) }),
  changed("bundle: bad_inclusion", "record-edited", {
    extra: extraOf((ledger[place] ?? "").replace("52 pods", "53 pods"))
  }),
  changed("bundle: bad_inclusion", "record-empty-and-elsewhere", { extra: "extra " }),
  changed("bundle: bad_inclusion", "path-empty", { hashes: [] }),
  changed("bundle: bad_inclusion", "path-without-its-first", { hashes: parts.hashes.slice(1) }),
  changed("bundle: bad_inclusion", "path-without-its-last", { hashes: parts.hashes.slice(0, -1) }),
  changed("bundle: bad_inclusion", "path-with-one-more", { hashes: [...parts.hashes, zeroHash] }),
  changed("bundle: bad_inclusion", "path-reversed", { hashes: parts.hashes.toReversed() }),
  changed("bundle: bad_inclusion", "path-of-54-hashes", { hashes: Array.from({ length: 54 }, () => zeroHash) }),
  changed("bundle: bad_inclusion", "checkpoint-of-an-earlier-ledger", signing(bodyOf(9, ledgerRoot(9)))),
  changed("bundle: bad_inclusion", "checkpoint-of-no-lines", signing(bodyOf(0, ledgerRoot(0)))),
  changed("bundle: bad_inclusion", "checkpoint-of-another-root", signing(bodyOf(size, ledgerRoot(size - 1)))),
  refused("bundle: bad_inclusion", "agent-key-of-another-and-no-path", fileOf({ ...parts, hashes: [] }), {
    agent_key: stranger.publicKey
  }),
  // the record
  refused("record: bad_key", "agent-key-upper-case", good, { agent_key: agent.publicKey.toUpperCase() }),
  refused("record: bad_key", "agent-key-of-small-order", good, { agent_key: identityKey }),
  refused("record: bad_signature", "agent-key-of-another", good, { agent_key: stranger.publicKey }),
  refused("record: bad_key", "agent-key-short-and-no-record", fileOf(partsOf(size - 2)), { agent_key: "" }),
  holding("not_json", "empty", ""),
  holding("not_json", "that-is-not-json", "hello", null),
  holding("missing_field", "that-is-an-event", ledger[0] ?? ""),
  holding("missing_field", "that-is-an-event-when-nobody-looks", ledger[0] ?? "", null),
  holding("too_large", "too-large", `${text}${" ".repeat(8192)}`, null),
  holding("not_canonical", "with-a-space", text.replace(",", ", ")),
  holding("not_canonical", "with-a-space-when-nobody-looks", text.replace(",", ", "), null),
  holding("missing_field", "without-a-signature", text.replace(/,"signature":"[0-9a-f]*"/, ""), null),
  holding("unknown_field", "with-a-note", signed(withFields(record, { note: "hello" })).text),
  holding("missing_field", "without-an-outcome", signed(withoutField(record, "outcome")).text, null),
  holding(
    "rotation_mismatch",
    "that-rotates-and-verifies",
    signed(withFields(rotating(record), { "action.action_type": "verify" })).text,
    null
  ),
  holding("bad_signature", "signed-by-a-stranger", signed(record, stranger).text),
  holding("bad_signature", "signed-by-the-key-it-hands-over-to", signed(rotating(record), nextKey).text),
  holding("bad_possession", "with-a-false-possession", signed(rotating(record, nextKey, "0".repeat(128))).text),
  holding(
    "bad_key",
    "that-rotates-to-a-key-of-small-order",
    signed(withFields(rotating(record), { "key_rotation.new_public_key": identityKey })).text
  )
]
