import { assert, describe, it } from "@effect/vitest"
import { encodeBase64 } from "../src/base64.ts"
import { nobleBackend } from "../src/NobleBackend.ts"
import { nodeBackend } from "../src/NodeBackend.ts"
import {
  formatVerifierKey,
  noteBytesMax,
  noteSignaturesMax,
  parseNote,
  parseVerifierKey,
  signNote,
  verifyNote
} from "../src/signedNote.ts"
import { flippedTexts, noteKey } from "./noteKeys.ts"

const tracker = noteKey("tracker")
const name = "farm.example/düngung"
const key = { name, publicKey: tracker.publicKey }
const text = "Wheat, 12 sacks\n\nBarley, none\n"
// Made with Python and the format's page alone.
const vkey = "farm.example/düngung+226a44e7+Acy5C1yi+f72JmOcCntm6TfAMC0Gr/c9AXAWXpV2evi4"
const line =
  "— farm.example/düngung ImpE54Sptxf4mOin61w0xOGPwwQtvC1KLHuzAfn7hY6Kt/iJnIcgtAVKIIis2h0fJhZl4Caefbco6X26UVKV6U6FaAM=\n"
const note = `${text}\n${line}`

const judge = (received: string, by = key) => {
  const parsed = parseNote(received)
  return parsed === null ? "no note" : verifyNote(parsed, by, nodeBackend)
}
const lineOf = (by: string, signature: Uint8Array) => `— ${by} ${encodeBase64(signature)}\n`

describe("a signed note", () => {
  it("is written and read as other tools do, on both backends", () => {
    assert.strictEqual(signNote(tracker, name, text), note)
    const parsed = parseNote(note) ?? assert.fail("not read")
    assert.strictEqual(parsed.text, text)
    for (const backend of [nodeBackend, nobleBackend]) assert.strictEqual(verifyNote(parsed, key, backend), "signed")
  })

  it("is refused with any bit flipped", () => {
    let edits = 0
    for (const edited of flippedTexts(note)) {
      if (judge(edited) === "signed") assert.fail(JSON.stringify(edited))
      edits++
    }
    assert.isAbove(edits, 1000)
  })

  it("ignores the signatures of other keys, also those that share the name or the key id", () => {
    const parsed = parseNote(note) ?? assert.fail("not read")
    const keyId = parsed.signatures[0]?.keyId ?? assert.fail("no signature")
    const others = [
      signNote(noteKey("witness"), "witness.example/one", text).slice(text.length + 1),
      signNote(noteKey("stranger"), name, text).slice(text.length + 1),
      lineOf("other.example", Uint8Array.of(...keyId, ...new Uint8Array(64))),
      lineOf("quantum.example", new Uint8Array(2424).fill(7))
    ]
    assert.strictEqual(judge(`${text}\n${others.join("")}${line}`), "signed")
    assert.strictEqual(judge(`${note}${others.join("")}`), "signed")
    assert.strictEqual(judge(`${text}\n${others.join("")}`), "unsigned")
    assert.strictEqual(judge(note, { ...key, name: "farm.example/other" }), "unsigned")
    assert.strictEqual(judge(note, { ...key, publicKey: noteKey("stranger").publicKey }), "unsigned")
    assert.strictEqual(judge(note, { ...key, publicKey: `01${"00".repeat(31)}` }), "unsigned")
  })

  it("is refused when one signature in the key's name is false, whatever the others are", () => {
    const keyId = parseNote(note)?.signatures[0]?.keyId ?? assert.fail("no signature")
    for (const length of [1, 63, 64, 65]) {
      const false1 = lineOf(name, Uint8Array.of(...keyId, ...new Uint8Array(length)))
      assert.strictEqual(judge(`${text}\n${false1}`), "bad_signature")
      assert.strictEqual(judge(`${text}\n${false1}${line}`), "bad_signature")
      assert.strictEqual(judge(`${note}${false1}`), "bad_signature")
    }
    assert.strictEqual(judge(note + line), "signed")
    // After another empty line the first signature belongs to the text.
    assert.strictEqual(judge(`${note}\n${line}`), "bad_signature")
  })

  it.each([
    ["an empty text", ""],
    ["no signature line", `${text}\n`],
    ["no empty line", text.replace("\n\n", "\n") + line],
    ["no newline at the end", note.slice(0, -1)],
    ["text after the signatures", `${note}more\n`],
    ["an empty line at the end", `${note}\n`],
    ["carriage returns", note.replaceAll("\n", "\r\n")],
    ["a tab in the text", note.replace(" 12", "\t12")],
    ["a NUL in the name", note.replace("— farm", "— \u0000farm")],
    ["a hyphen for the dash", note.replace("—", "-")],
    ["two spaces before the name", note.replace("— ", "—  ")],
    ["no name", note.replace("— farm.example/düngung", "— ")],
    ["a plus sign in the name", note.replace("— farm.", "— farm+")],
    ["a no-break space in the name", note.replace("— farm.", "— farm\u00a0")],
    ["a space after the signature", note.replace("=\n", "= \n")],
    ["a third part", note.replace("=\n", "= x\n")],
    ["a signature without padding", note.replace("=\n", "\n")],
    ["a signature with loose bits", note.replace("M=\n", "N=\n")],
    ["a signature of a key id only", `${text}\n${lineOf(name, new Uint8Array(4))}`],
    ["a lone surrogate", note.replace("Wheat", "\ud800")]
  ])("has no other form: not %s", (_, edited) => {
    assert.notStrictEqual(edited, note)
    assert.isNull(parseNote(edited))
  })

  it("has bounds", () => {
    const lines = (count: number) => `${text}\n${line.repeat(count)}`
    assert.strictEqual(judge(lines(noteSignaturesMax)), "signed")
    assert.isNull(parseNote(lines(noteSignaturesMax + 1)))
    const filled = (bytes: number) => signNote(tracker, "n", `${"x".repeat(bytes - 101)}\n`)
    assert.strictEqual(Buffer.byteLength(filled(noteBytesMax)), noteBytesMax)
    assert.throws(() => filled(noteBytesMax + 1), RangeError)
    assert.isNull(parseNote(`x${filled(noteBytesMax)}`))
    assert.isNull(parseNote(`${"é".repeat(noteBytesMax / 2)}\n\n${line}`))
  })

  it("cannot be made of a text or a name that no note can have", () => {
    for (const bad of ["", "no newline", "a\r\n", "\ud800\n"]) {
      assert.throws(() => signNote(tracker, name, bad), RangeError)
    }
    for (const bad of ["", "two words", "a+b", "a\nb", "a\u0000b", "\ud800"]) {
      assert.throws(() => signNote(tracker, bad, text), RangeError)
      assert.throws(() => formatVerifierKey({ name: bad, publicKey: key.publicKey }), RangeError)
    }
  })
})

describe("a verifier key", () => {
  it("is written and read as other tools do", () => {
    assert.strictEqual(formatVerifierKey(key), vkey)
    assert.deepStrictEqual(parseVerifierKey(vkey), key)
  })

  it.each([
    ["another key id", vkey.replace("226a44e7", "226a44e8")],
    ["an upper-case key id", vkey.replace("226a44e7", "226A44E7")],
    ["another name", vkey.replace("farm", "barn")],
    ["a space in the name", vkey.replace("farm", "fa rm")],
    ["another type", vkey.replace("+Acy5", "+Bcy5")],
    ["a shorter key", vkey.slice(0, -4)],
    ["no key", vkey.replace(/\+Acy5.*/, "")],
    ["a newline", `${vkey}\n`],
    ["nothing", ""]
  ])("is refused with %s", (_, edited) => {
    assert.isNull(parseVerifierKey(edited))
  })

  it("is refused for a key of small order", () => {
    const weak = { name, publicKey: `01${"00".repeat(31)}` }
    assert.throws(() => formatVerifierKey(weak), RangeError)
  })
})
