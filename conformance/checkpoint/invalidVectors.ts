/** Notes that are no checkpoint of this tracker, each for one reason. The text is signed unless that is the fault. */

import { type CheckpointVector, refused } from "./checkpointVector.ts"
import { invalidNotes } from "./invalidNotes.ts"
import {
  checkpointText,
  hashText,
  keyId,
  lineOf,
  noteOf,
  origin,
  otherOrigin,
  rootText,
  signatureLine,
  stranger,
  textOf,
  tracker,
  witness
} from "./sampleNotes.ts"

const first = checkpointText(5)
const second = checkpointText(7, first)
const good = noteOf(first)
const own = signatureLine(first)
const hash = hashText(first)
const identityKey = `01${"00".repeat(31)}`
const signature = Buffer.from(tracker.sign(first), "hex")
const ownLine = (bytes: Uint8Array) => lineOf(origin, keyId(origin, tracker), bytes)

/** A note whose text has these lines, signed under the first. */
const lines = (name: string, code: string, ...text: ReadonlyArray<string>) =>
  refused(name, code, noteOf(textOf(...text), signatureLine(textOf(...text), text[0])), { origin: null })

const order = 2n ** 252n + 27742317777372353535851937790883648493n
/** The same signature with S + L for S: the equation still holds. */
const otherScalar = (): Buffer => {
  const scalar = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString("hex")}`) + order
  return Buffer.concat([signature.subarray(0, 32), Buffer.from(scalar.toString(16).padStart(64, "0"), "hex").reverse()])
}

export const invalidVectors: ReadonlyArray<CheckpointVector> = [
  ...invalidNotes,
  // the key that is asked for
  refused("key-upper-case", "bad_key", good, { public_key: tracker.publicKey.toUpperCase() }),
  refused("key-short", "bad_key", good, { public_key: tracker.publicKey.slice(2) }),
  refused("key-of-small-order", "bad_key", good, { public_key: identityKey }),
  refused("key-short-and-no-note", "bad_key", "hello", { public_key: "" }),
  // the origin
  refused("origin-of-another-farm", "wrong_origin", good, { origin: otherOrigin }),
  refused(
    "origin-of-another-farm-and-unsigned",
    "wrong_origin",
    noteOf(first, signatureLine(first, origin, stranger)),
    { origin: otherOrigin }
  ),
  refused("origin-after-a-byte-order-mark", "wrong_origin", `\ufeff${good}`),
  lines("origin-of-version-two", "wrong_origin", origin.replace("v1", "v2"), "5", rootText(5)),
  lines("origin-of-another-program", "wrong_origin", "example.com/log", "5", rootText(5)),
  lines("origin-upper-case", "wrong_origin", origin.replace("0123456789ab", "0123456789AB"), "5", rootText(5)),
  lines("origin-without-a-farm", "wrong_origin", "farmops/checkpoint/v1/", "5", rootText(5)),
  lines("origin-with-more-behind", "wrong_origin", `${origin}/x`, "5", rootText(5)),
  refused(
    "origin-empty",
    "wrong_origin",
    noteOf(textOf("", "5", rootText(5)), signatureLine(textOf("", "5", rootText(5))))
  ),
  refused("origin-with-a-space", "wrong_origin", noteOf(textOf(`${origin} `, "5", rootText(5)))),
  // whose signature
  refused("unsigned", "unsigned", noteOf(first, signatureLine(first, "village.example", witness))),
  refused("signed-by-a-stranger", "unsigned", noteOf(first, signatureLine(first, origin, stranger))),
  refused("signed-under-another-name", "unsigned", noteOf(first, signatureLine(first, otherOrigin))),
  refused("signed-under-another-type", "unsigned", noteOf(first, lineOf(origin, keyId(origin, tracker, 4), signature))),
  // Hex digits are base64 digits too.
  refused("signature-in-hex", "unsigned", noteOf(first, `\u2014 ${origin} ${tracker.sign(first)}\n`)),
  refused("another-key-is-asked-for", "unsigned", good, { public_key: stranger.publicKey }),
  refused(
    "signed-by-a-stranger-in-the-name-of-the-key",
    "bad_signature",
    noteOf(first, ownLine(Buffer.from(stranger.sign(first), "hex")))
  ),
  refused("signed-for-another-text", "bad_signature", noteOf(first, signatureLine(second))),
  refused("signed-without-the-last-line-feed", "bad_signature", noteOf(first, signatureLine(first.slice(0, -1)))),
  refused("signed-with-the-empty-line", "bad_signature", noteOf(first, signatureLine(`${first}\n`))),
  refused("one-of-two-own-signatures-is-false", "bad_signature", noteOf(first, own, ownLine(Buffer.alloc(64)))),
  refused("the-other-of-two-own-signatures-is-false", "bad_signature", noteOf(first, ownLine(Buffer.alloc(64)), own)),
  refused(
    "false-signature-among-witnesses",
    "bad_signature",
    noteOf(first, signatureLine(first, "village.example", witness), own, ownLine(signature.subarray(1)))
  ),
  refused("signature-of-63-bytes", "bad_signature", noteOf(first, ownLine(signature.subarray(0, 63)))),
  refused(
    "signature-of-65-bytes",
    "bad_signature",
    noteOf(first, ownLine(Buffer.concat([signature, Buffer.alloc(1)])))
  ),
  refused("signature-scalar-not-reduced", "bad_signature", noteOf(first, ownLine(otherScalar()))),
  refused("edited-size", "bad_signature", good.replace("\n5\n", "\n6\n")),
  refused("signatures-in-two-blocks", "bad_signature", `${good}\n${own}`),
  refused(
    "unsigned-and-of-no-size",
    "unsigned",
    noteOf(textOf(origin, "many", rootText(5)), signatureLine(first, origin, stranger))
  ),
  // the size
  lines("size-absent", "bad_size", origin),
  lines("size-empty", "bad_size", origin, "", rootText(5)),
  lines("size-with-a-leading-zero", "bad_size", origin, "05", rootText(5)),
  lines("size-of-two-zeros", "bad_size", origin, "00", rootText(0)),
  lines("size-with-a-plus", "bad_size", origin, "+5", rootText(5)),
  lines("size-negative", "bad_size", origin, "-5", rootText(5)),
  lines("size-minus-zero", "bad_size", origin, "-0", rootText(0)),
  lines("size-as-a-fraction", "bad_size", origin, "5.0", rootText(5)),
  lines("size-with-an-exponent", "bad_size", origin, "5e0", rootText(5)),
  lines("size-in-hex", "bad_size", origin, "0x5", rootText(5)),
  lines("size-after-a-space", "bad_size", origin, " 5", rootText(5)),
  lines("size-before-a-space", "bad_size", origin, "5 ", rootText(5)),
  lines("size-in-arabic-digits", "bad_size", origin, "\u0665", rootText(5)),
  lines("size-past-2-to-the-53-less-1", "bad_size", origin, "9007199254740992", rootText(5)),
  lines("size-of-400-digits", "bad_size", origin, "1".repeat(400), rootText(5)),
  lines("size-bad-and-root-too", "bad_size", origin, "many", "none"),
  // the root
  lines("root-absent", "bad_root", origin, "5"),
  lines("root-empty", "bad_root", origin, "5", ""),
  lines("root-of-31-bytes", "bad_root", origin, "5", Buffer.alloc(31, 7).toString("base64")),
  lines("root-of-33-bytes", "bad_root", origin, "5", Buffer.alloc(33, 7).toString("base64")),
  lines("root-without-padding", "bad_root", origin, "5", rootText(5).slice(0, -1)),
  lines("root-with-bits-left-over", "bad_root", origin, "5", `${"A".repeat(42)}B=`),
  lines("root-in-the-url-alphabet", "bad_root", origin, "5", `${"_".repeat(42)}8=`),
  lines("root-in-hex", "bad_root", origin, "5", Buffer.from(rootText(5), "base64").toString("hex")),
  lines("root-before-a-space", "bad_root", origin, "5", `${rootText(5)} `),
  lines("root-of-more-than-no-lines", "bad_root", origin, "0", rootText(5)),
  lines("root-bad-and-another-line", "bad_root", origin, "5", "none", "hello"),
  // what may follow
  lines("fourth-line-of-another-form", "bad_extension", origin, "5", rootText(5), "hello"),
  lines("fourth-line-empty", "bad_extension", origin, "5", rootText(5), ""),
  lines("fourth-line-like-a-signature", "bad_extension", origin, "5", rootText(5), own.trimEnd()),
  lines("previous-without-a-hash", "bad_extension", origin, "5", rootText(5), "previous "),
  lines("previous-without-a-space", "bad_extension", origin, "5", rootText(5), `previous${hash}`),
  lines("previous-with-two-spaces", "bad_extension", origin, "5", rootText(5), `previous  ${hash}`),
  lines("previous-before-a-space", "bad_extension", origin, "5", rootText(5), `previous ${hash} `),
  lines("previous-with-a-capital", "bad_extension", origin, "5", rootText(5), `Previous ${hash}`),
  lines("previous-of-3-bytes", "bad_extension", origin, "5", rootText(5), "previous AAAA"),
  lines(
    "previous-in-hex",
    "bad_extension",
    origin,
    "5",
    rootText(5),
    `previous ${Buffer.from(hash, "base64").toString("hex")}`
  ),
  lines("previous-twice", "bad_extension", origin, "5", rootText(5), `previous ${hash}`, `previous ${hash}`),
  lines("fifth-line", "bad_extension", origin, "5", rootText(5), `previous ${hash}`, "hello"),
  // its place after another
  refused("names-none-after-another", "wrong_previous", noteOf(checkpointText(7)), { before: good }),
  refused("names-one-where-it-should-be-the-first", "wrong_previous", noteOf(second), { before: null }),
  refused("names-one-that-was-left-out", "wrong_previous", noteOf(checkpointText(9, second)), { before: good }),
  refused(
    "names-the-hash-of-a-whole-note",
    "wrong_previous",
    noteOf(textOf(origin, "7", rootText(7), `previous ${hashText(good)}`)),
    { before: good }
  ),
  refused(
    "names-another-and-has-fewer-lines",
    "wrong_previous",
    noteOf(textOf(origin, "4", rootText(9), `previous ${rootText(1)}`)),
    { before: good }
  ),
  refused("has-fewer-lines", "smaller_size", noteOf(checkpointText(4, first)), { before: good }),
  refused("has-no-lines-any-more", "smaller_size", noteOf(checkpointText(0, first)), { before: good }),
  refused(
    "has-another-root-over-as-many-lines",
    "other_root",
    noteOf(textOf(origin, "5", rootText(6), `previous ${hash}`)),
    { before: good }
  ),
  refused(
    "is-of-another-ledger",
    "wrong_origin",
    noteOf(checkpointText(7, first, otherOrigin), signatureLine(checkpointText(7, first, otherOrigin), otherOrigin)),
    { before: good, origin: null }
  )
]
