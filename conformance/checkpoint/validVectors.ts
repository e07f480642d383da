/** Notes that every implementation must take for this tracker's checkpoint. */
import { accepted, type CheckpointVector } from "./checkpointVector.ts"
import {
  checkpointText,
  fillerLine,
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
const empty = checkpointText(0)
const own = signatureLine(first)
const zeros = Buffer.alloc(64)
const noteBytesMax = 65_536
const bare = noteOf(first)

export const validVectors: ReadonlyArray<CheckpointVector> = [
  accepted("first", noteOf(first)),
  accepted("of-any-farm", noteOf(first), { origin: null }),
  accepted("with-a-previous", noteOf(second)),
  accepted("over-no-lines", noteOf(empty)),
  accepted("over-one-line", noteOf(checkpointText(1))),
  accepted("of-the-largest-size", noteOf(textOf(origin, "9007199254740991", rootText(5)))),
  accepted("size-past-32-bits", noteOf(textOf(origin, "4294967301", rootText(5)))),
  // signatures beside the tracker's
  accepted("witness-after", noteOf(first, own, signatureLine(first, "village.example", witness))),
  accepted("witness-before", noteOf(first, signatureLine(first, "village.example", witness), own)),
  accepted(
    "unknown-signatures-are-ignored",
    [
      first,
      "\n",
      lineOf("quantum.example", keyId("quantum.example", witness, 6), Buffer.alloc(2424, 7)),
      lineOf("tiny.example", Buffer.alloc(4), Buffer.alloc(1)),
      lineOf("village.example", keyId("village.example", witness), zeros),
      own
    ].join("")
  ),
  accepted(
    "false-signature-of-another-key-in-the-same-name",
    noteOf(first, own, lineOf(origin, keyId(origin, stranger), zeros))
  ),
  accepted(
    "false-signature-of-the-same-key-id-in-another-name",
    noteOf(first, own, lineOf("village.example", keyId(origin, tracker), zeros))
  ),
  accepted("own-key-under-another-type", noteOf(first, own, lineOf(origin, keyId(origin, tracker, 4), zeros))),
  accepted("signed-twice", noteOf(first, own, own)),
  accepted(
    "names-beyond-ascii",
    noteOf(first, own, signatureLine(first, "d\u00fcnger.example/\ud83c\udf3e\ufeff\u200b\u007f", witness))
  ),
  accepted("as-many-signatures-as-may-be", noteOf(first, own.repeat(64))),
  accepted("as-large-as-may-be", bare + fillerLine(noteBytesMax - Buffer.byteLength(bare))),
  // one after another
  accepted("is-the-first", noteOf(first), { before: null }),
  accepted("follows", noteOf(second), { before: noteOf(first) }),
  accepted("follows-an-empty-ledger", noteOf(checkpointText(5, empty)), { before: noteOf(empty) }),
  accepted("follows-with-nothing-new", noteOf(checkpointText(5, first)), { before: noteOf(first) }),
  accepted("follows-whatever-witnesses-signed", noteOf(second), {
    before: noteOf(first, own, signatureLine(first, "village.example", witness))
  }),
  accepted(
    "of-another-farm-when-that-is-asked-for",
    noteOf(checkpointText(5, null, otherOrigin), signatureLine(checkpointText(5, null, otherOrigin), otherOrigin)),
    { origin: otherOrigin }
  )
]
