/** Files that are no signed note: each breaks one rule of the form around a text that is signed well. */
import { type CheckpointVector, refused } from "./checkpointVector.ts"
import {
  checkpointText,
  fillerLine,
  keyId,
  lineOf,
  noteOf,
  origin,
  signatureLine,
  tracker,
  witness
} from "./sampleNotes.ts"

const text = checkpointText(5)
const good = noteOf(text)
const own = signatureLine(text)
const noteBytesMax = 65_536

const note = (name: string, received: string): CheckpointVector => {
  if (received === good) throw new Error(`${name}: nothing is broken`)
  return refused(`note-${name}`, "bad_note", received)
}
const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
/** As the last digit before one `=`, it stands for the same bytes. */
const nextDigit = (digit: string): string => digits.charAt(digits.indexOf(digit) + 1)
/** The tracker's good line, and below it one of a key that nobody knows, with a rule of the form broken. */
const below = (name: string, line: string) => note(name, good + line)
const other = signatureLine(text, "village.example", witness)

export const invalidNotes: ReadonlyArray<CheckpointVector> = [
  note("empty", ""),
  note("of-a-line-feed", "\n"),
  note("without-signatures", text),
  note("with-no-signature-line", `${text}\n`),
  note("without-an-empty-line", text + own),
  note("without-its-last-line-feed", good.slice(0, -1)),
  note("with-another-character-for-its-last-line-feed", `${good.slice(0, -1)}x`),
  note("with-an-empty-line-at-the-end", `${good}\n`),
  note("with-text-below-the-signatures", `${good}more\n`),
  note("with-carriage-returns", good.replaceAll("\n", "\r\n")),
  note("with-a-tab", noteOf(text.replace("\n5", "\n\t5"))),
  note("with-a-nul", noteOf(`${text}\u0000\n`)),
  note("with-an-escape-character-in-a-name", good + other.replace("village", "vill\u001bage")),
  note("with-a-lone-surrogate", noteOf(`${text}\ud800\n`)),
  note("with-a-hyphen-for-the-dash", good.replace("\u2014", "-")),
  note("with-an-en-dash", good.replace("\u2014", "\u2013")),
  note("with-two-spaces-before-the-name", good.replace("\u2014 ", "\u2014  ")),
  note("with-two-spaces-after-the-name", good.replace("ab D", "ab  D")),
  note("with-a-third-part", good.replace(/\n$/, " x\n")),
  note("with-a-space-at-the-end", good.replace(/\n$/, " \n")),
  note("with-a-signature-without-padding", good.replace(/=\n$/, "\n")),
  note("with-a-signature-with-bits-left-over", good.replace(/.(?==\n$)/, nextDigit)),
  note(
    "with-a-signature-in-the-url-alphabet",
    noteOf(text, lineOf(origin, keyId(origin, tracker), Buffer.alloc(64, 0xff)).replaceAll("/", "_"))
  ),
  note("with-a-signature-that-is-not-base64", noteOf(text, `\u2014 ${origin} ????\n`)),
  note("with-a-key-id-only", noteOf(text, lineOf(origin, keyId(origin, tracker), Buffer.alloc(0)))),
  note("with-an-empty-signature", noteOf(text, `\u2014 ${origin} \n`)),
  // the good line does not make up for another that is none
  below("with-a-line-of-no-name", other.replace("village.example", "")),
  below("with-a-plus-in-a-name", other.replace("village", "village+")),
  below("with-a-no-break-space-in-a-name", other.replace("village", "village\u00a0")),
  below("with-a-line-separator-in-a-name", other.replace("village", "village\u2028")),
  below("with-an-ideographic-space-in-a-name", other.replace("village", "village\u3000")),
  below("with-a-next-line-in-a-name", other.replace("village", "village\u0085")),
  below("with-an-unknown-signature-that-is-not-base64", "\u2014 village.example ????\n"),
  below("with-an-unknown-key-id-only", lineOf("village.example", Buffer.alloc(4), Buffer.alloc(0))),
  below("with-an-unknown-line-of-two-parts", "\u2014 village.example\n"),
  note("with-65-signatures", good + other.repeat(64)),
  note("one-byte-too-large", good + fillerLine(noteBytesMax + 1 - Buffer.byteLength(good))),
  // Each em dash and each letter is of more bytes than characters.
  note("too-large-in-bytes-only", good + signatureLine(text, "\u00fc".repeat(32_700), witness))
]
