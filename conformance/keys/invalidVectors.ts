/** Rotations of a tracker's key that every implementation must refuse, each for one reason. */
import { stranger, tracker } from "../checkpoint/sampleNotes.ts"
import { type KeysVector, refused } from "./keysVector.ts"
import { bodyText, lineOf, otherFarmId, possessionOf, rotation, row, second, third, turn } from "./sampleRotations.ts"

const [first = "", next = ""] = row
const identityKey = `01${"00".repeat(31)}`
const body = bodyText(turn())
const signedBody = (text: string) => lineOf(text, tracker)
const one = (name: string, code: string, line: string) => refused(name, code, 1, [line])
const malformed = (name: string, line: string) => one(name, "bad_rotation", line)
const claimedBy = (key: { readonly publicKey: string }, line: string) =>
  line.replace(`"public_key":"${tracker.publicKey}"`, `"public_key":"${key.publicKey}"`)

export const invalidVectors: ReadonlyArray<KeysVector> = [
  refused(
    "more-than-512",
    "too_many",
    null,
    Array.from({ length: 513 }, () => "")
  ),
  // the form
  malformed("empty", ""),
  malformed("not-json", "hello"),
  malformed("with-a-space", first.replace(",", ", ")),
  malformed("with-a-line-feed", `${first}\n`),
  malformed("with-a-note-beside-the-body", first.replace('{"body"', '{"a":1,"body"')),
  malformed("with-a-note-in-the-body", signedBody(body.replace('{"at"', '{"a":1,"at"'))),
  malformed("of-another-kind", signedBody(bodyText(turn(), undefined, "agent_approved"))),
  malformed("of-another-schema", signedBody(body.replace("farmops/event/1", "farmops/event/2"))),
  malformed("without-a-possession", signedBody(body.replace(/"possession":"[0-9a-f]*",/, ""))),
  malformed("with-an-empty-possession", signedBody(bodyText(turn(), ""))),
  malformed("with-a-key-in-upper-case", signedBody(body.replace(second.publicKey, second.publicKey.toUpperCase()))),
  malformed("at-no-real-time", signedBody(bodyText(turn({ at: "2026-02-30T09:30:00Z" })))),
  malformed("at-half-a-position", signedBody(bodyText(turn({ position: 0.5 })))),
  malformed("at-a-position-below-0", signedBody(bodyText(turn({ position: -1 })))),
  malformed("of-a-farm-without-an-id", signedBody(bodyText(turn({ farm: "farm" })))),
  // whose, and where
  one("of-another-farm", "wrong_farm", rotation({ farm: otherFarmId })),
  refused(
    "of-two-farms",
    "wrong_farm",
    2,
    [first, rotation({ position: 9, from: second, to: third, farm: otherFarmId })],
    { farm_id: null }
  ),
  refused("in-the-wrong-order", "wrong_position", 2, [next, first], { farm_id: null }),
  refused("the-same-twice", "wrong_position", 2, [first, first]),
  refused("two-at-one-position", "wrong_position", 2, [first, rotation({ from: second, to: third })]),
  // by whom
  refused("by-the-old-key-again", "wrong_signer", 2, [first, rotation({ position: 9, to: third })]),
  refused("by-a-stranger", "wrong_signer", 2, [first, rotation({ position: 9, from: stranger, to: third })]),
  one("claimed-by-the-new-key", "bad_signature", claimedBy(second, first)),
  refused("claimed-by-the-key-in-force", "bad_signature", 2, [
    first,
    rotation({ position: 9, from: stranger, to: third }).replaceAll(stranger.publicKey, second.publicKey)
  ]),
  one("signed-for-something-else", "bad_signature", lineOf(body, tracker, "farmops/archive/v1")),
  one(
    "signature-in-upper-case",
    "bad_signature",
    first.replace(/(signature":")(.*)(")/, (_, a, b, c) => a + b.toUpperCase() + c)
  ),
  one("edited", "bad_signature", first.replace("09:30:00", "09:30:01")),
  // to whom
  one("to-a-key-of-small-order", "bad_key", signedBody(body.replace(second.publicKey, identityKey))),
  one("to-itself", "key_reused", rotation({ to: tracker })),
  refused("back-to-the-first-key", "key_reused", 2, [first, rotation({ position: 9, from: second, to: tracker })]),
  one("with-a-false-possession", "bad_possession", signedBody(bodyText(turn(), "0".repeat(128)))),
  one(
    "with-the-old-key-s-possession",
    "bad_possession",
    signedBody(bodyText(turn(), possessionOf(turn({ to: tracker }))))
  ),
  one(
    "with-the-possession-of-another-place",
    "bad_possession",
    signedBody(bodyText(turn(), possessionOf(turn({ position: 6 }))))
  ),
  one(
    "with-the-possession-of-another-time",
    "bad_possession",
    signedBody(bodyText(turn(), possessionOf(turn({ at: "2026-02-21T09:30:01Z" }))))
  ),
  one(
    "with-the-possession-of-another-farm",
    "bad_possession",
    signedBody(bodyText(turn(), possessionOf(turn({ farm: otherFarmId }))))
  ),
  one(
    "with-the-possession-after-another-key",
    "bad_possession",
    signedBody(bodyText(turn(), possessionOf(turn({ from: stranger }))))
  ),
  one(
    "with-the-possession-of-something-else",
    "bad_possession",
    signedBody(bodyText(turn(), possessionOf(turn(), "farmops/rotation/v1")))
  ),
  // which lead elsewhere
  refused("of-a-stranger", "unknown_key", null, row, { tracker_key: stranger.publicKey }),
  refused("that-end-too-early", "unknown_key", null, [first], { tracker_key: third.publicKey }),
  refused("that-begin-too-late", "unknown_key", null, [next])
]
