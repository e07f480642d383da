import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { encodeBase64 } from "../src/base64.ts"
import {
  type Checkpoint,
  type CheckpointBody,
  checkpointOrigin,
  followsCheckpoint,
  signCheckpoint,
  verifyCheckpoint
} from "../src/checkpoint.ts"
import { hashLeaf, makeMerkleTree, verifyConsistency } from "../src/merkle.ts"
import { nobleBackend } from "../src/NobleBackend.ts"
import { nodeBackend } from "../src/NodeBackend.ts"
import { signNote } from "../src/signedNote.ts"
import { flippedTexts, noteKey } from "./noteKeys.ts"

const { sha256 } = nodeBackend
const tracker = noteKey("tracker")
const { publicKey } = tracker
const origin = checkpointOrigin("019400d5-8b0a-7c3e-9f21-0123456789ab")
const otherOrigin = checkpointOrigin("019400d5-8b0a-7c3e-9f21-0123456789ac")
const utf8 = new TextEncoder()
const spell = (bytes: Uint8Array | undefined) => encodeBase64(bytes ?? new Uint8Array(0))

const tree = makeMerkleTree(
  Array.from({ length: 12 }, (_, at) => utf8.encode(`line ${at}`)),
  sha256
)
const body = (size: number, previous: Uint8Array | null = null): CheckpointBody => ({
  origin,
  size,
  root: tree.root(size),
  previous
})
const check = (note: string, asked: string | null = origin) =>
  verifyCheckpoint(note, { origin: asked, publicKey }, nodeBackend)
const opened = (note: string): Checkpoint => {
  const checked = check(note)
  return checked.ok ? checked.value : assert.fail(checked.fault.code)
}
const next = (before: Checkpoint | null, size: number) =>
  opened(signCheckpoint(tracker, body(size, before?.hash ?? null)))

const codeOf = (checked: ReturnType<typeof check>) => (checked.ok ? null : checked.fault.code)
/** What the tracker could sign if its program were wrong, or its key stolen. */
const loose = (...lines: ReadonlyArray<string>) => signNote(tracker, lines[0] ?? "", `${lines.join("\n")}\n`)
const rootText = encodeBase64(tree.root(5))
const hashText = encodeBase64(tree.root(1))

describe("a checkpoint", () => {
  it("says what was signed, on both backends", () => {
    const first = signCheckpoint(tracker, body(5))
    assert.isTrue(first.startsWith(`${origin}\n5\n${rootText}\n\n— ${origin} `))
    for (const backend of [nodeBackend, nobleBackend]) {
      const checked = verifyCheckpoint(first, { origin, publicKey }, backend)
      assert.isTrue(checked.ok)
      if (!checked.ok) continue
      const { hash, previous, root, size } = checked.value
      assert.deepStrictEqual([size, previous, encodeBase64(root)], [5, null, rootText])
      assert.strictEqual(encodeBase64(hash), encodeBase64(sha256(utf8.encode(`${origin}\n5\n${rootText}\n`))))
    }
    const second = signCheckpoint(tracker, body(7, tree.root(1)))
    assert.isTrue(second.split("\n\n")[0]?.endsWith(`\nprevious ${hashText}`))
    assert.deepEqual(opened(second).previous, Uint8Array.from(tree.root(1)))
  })

  it("says the same with the signature of a witness under it", () => {
    const note = signCheckpoint(tracker, body(5))
    const text = note.slice(0, note.indexOf("\n\n") + 1)
    const witness = signNote(noteKey("witness"), "village.example", text).slice(text.length + 1)
    assert.deepStrictEqual(opened(note + witness), opened(note))
  })

  it("is refused with any bit flipped", () => {
    const note = signCheckpoint(tracker, body(5, tree.root(1)))
    for (const edited of flippedTexts(note)) {
      if (check(edited).ok) assert.fail(JSON.stringify(edited))
    }
    assert.isNull(codeOf(check(note)))
  })

  it("is taken for one farm only, unless any will do", () => {
    const note = signCheckpoint(tracker, body(5))
    assert.strictEqual(codeOf(check(note, otherOrigin)), "wrong_origin")
    assert.isNull(codeOf(check(note, null)))
    // A note that this key signed for another purpose is no checkpoint of any farm.
    for (const name of ["farmops/other/v1/x", `${origin}/x`, "farmops/checkpoint/v1/"]) {
      assert.strictEqual(codeOf(check(loose(name, "5", rootText), null)), "wrong_origin")
    }
  })

  it("needs a signature of the key that is asked for", () => {
    const stranger = noteKey("stranger")
    const note = signCheckpoint(stranger, body(5))
    assert.strictEqual(codeOf(check(note)), "unsigned")
    const signature = signCheckpoint(tracker, body(6)).split("\n\n")[1]
    const text = note.slice(0, note.indexOf("\n\n") + 2)
    assert.strictEqual(codeOf(check(text + signature)), "bad_signature")
    assert.strictEqual(codeOf(check("a note without end")), "bad_note")
    for (const key of ["", publicKey.toUpperCase(), `01${"00".repeat(31)}`]) {
      assert.strictEqual(codeOf(verifyCheckpoint(note, { origin, publicKey: key }, nodeBackend)), "bad_key")
    }
  })

  it.each([
    ["bad_size", [origin]],
    ["bad_size", [origin, "", rootText]],
    ["bad_size", [origin, "05", rootText]],
    ["bad_size", [origin, "+5", rootText]],
    ["bad_size", [origin, "5.0", rootText]],
    ["bad_size", [origin, "9007199254740992", rootText]],
    ["bad_size", [origin, "1".repeat(400), rootText]],
    ["bad_root", [origin, "5"]],
    ["bad_root", [origin, "5", ""]],
    ["bad_root", [origin, "5", rootText.slice(4)]],
    ["bad_root", [origin, "5", `${rootText} `]],
    ["bad_root", [origin, "0", rootText]],
    ["bad_extension", [origin, "5", rootText, ""]],
    ["bad_extension", [origin, "5", rootText, "hello"]],
    ["bad_extension", [origin, "5", rootText, `previous  ${hashText}`]],
    ["bad_extension", [origin, "5", rootText, `Previous ${hashText}`]],
    ["bad_extension", [origin, "5", rootText, "previous AAAA"]],
    ["bad_extension", [origin, "5", rootText, `previous ${hashText}`, `previous ${hashText}`]],
    [null, [origin, "9007199254740991", rootText]],
    [null, [origin, "5", rootText, `previous ${hashText}`]],
    [null, [origin, "0", encodeBase64(tree.root(0))]]
  ] as const)("gives %s for %j, however well it is signed", (code, lines) => {
    assert.strictEqual(codeOf(check(loose(...lines))), code)
  })

  it("is not signed when it says nothing sensible", () => {
    const good = body(5)
    for (const bad of [
      { ...good, origin: "farmops/checkpoint/v1/my farm" },
      { ...good, size: -1 },
      { ...good, size: 2 ** 53 },
      { ...good, size: 0.5 },
      { ...good, root: good.root.subarray(1) },
      { ...good, previous: new Uint8Array(0) }
    ]) {
      assert.throws(() => signCheckpoint(tracker, bad), RangeError)
    }
  })
})

describe("a chain of checkpoints", () => {
  const followCode = (before: Checkpoint | null, after: Checkpoint) => followsCheckpoint(before, after)?.code ?? null

  it("holds when each names the one before it and the ledger only grows", () => {
    let before: Checkpoint | null = null
    for (const size of [0, 3, 3, 12]) {
      const after = next(before, size)
      assert.isNull(followCode(before, after))
      if (before !== null && before.size > 0) {
        const claim = { size1: before.size, size2: size, root1: before.root, root2: after.root }
        assert.isTrue(verifyConsistency({ ...claim, proof: tree.consistency(before.size, size) }, sha256))
      }
      before = after
    }
  })

  it("breaks at a checkpoint that was left out, put first, made smaller, changed or taken from another farm", () => {
    const first = next(null, 5)
    const second = next(first, 7)
    const third = next(second, 9)
    assert.strictEqual(followCode(first, third), "wrong_previous")
    assert.strictEqual(followCode(null, second), "wrong_previous")
    assert.strictEqual(followCode(second, first), "wrong_previous")
    assert.strictEqual(followCode(second, next(second, 6)), "smaller_size")
    const rewritten = { ...body(7, second.hash), root: tree.root(8) }
    assert.strictEqual(followCode(second, opened(signCheckpoint(tracker, rewritten))), "other_root")
    const elsewhere = verifyCheckpoint(
      signCheckpoint(tracker, { ...body(9, second.hash), origin: otherOrigin }),
      { origin: null, publicKey },
      nodeBackend
    )
    assert.strictEqual(elsewhere.ok ? followCode(second, elsewhere.value) : null, "wrong_origin")
  })
})

describe("the example of the protocol page", () => {
  const page = readFileSync(new URL("../../../docs/protocol/checkpoints-v1.md", import.meta.url), "utf8")
  const example = page.slice(page.indexOf("## An example"))
  const lines = Array.from({ length: 3 }, (_, at) => utf8.encode(`line ${at}`))
  const small = makeMerkleTree(lines, sha256)

  it("has the hashes that the rules give", () => {
    for (const hash of [...lines.map((line) => hashLeaf(line, sha256)), small.root(0), small.root(2), small.root(3)]) {
      assert.include(example, `\`${encodeBase64(hash)}\``)
    }
    assert.deepStrictEqual(small.inclusion(1).map(spell), [small.root(1), small.consistency(2)[0]].map(spell))
  })

  it("has checkpoints that verify and follow one another", () => {
    const notes = [...example.matchAll(/```\n([^`]*)```/g)].map(([, note]) => opened(note ?? ""))
    const [first, second] = notes
    assert.lengthOf(notes, 2)
    if (first === undefined || second === undefined) return
    assert.isNull(followsCheckpoint(null, first))
    assert.isNull(followsCheckpoint(first, second))
    assert.deepStrictEqual([first.root, second.root].map(spell), [small.root(2), small.root(3)].map(spell))
    assert.include(example, publicKey)
  })
})
