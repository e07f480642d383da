import { assert, describe, expect, it } from "@effect/vitest"
import { type ArchiveTrust, verifyArchive } from "../src/archiveFile.ts"
import { nobleBackend } from "../src/NobleBackend.ts"
import { nodeBackend } from "../src/NodeBackend.ts"
import { followTrackerKeys, type TrackerKeyRow } from "../src/trackerRotation.ts"
import { verifyFile } from "../src/verifyFile.ts"
import { noteKey } from "./noteKeys.ts"
import {
  approvalBy,
  farmId,
  first,
  ledger,
  type RotatedArchive,
  rotatedArchive,
  rotationOf,
  rotations,
  second,
  third
} from "./rotatedArchiveFixture.ts"

const check = (bytes: Uint8Array, trackerKey: string, keys?: TrackerKeyRow) => {
  const trust: ArchiveTrust = { trackerKey, farmId, ...(keys === undefined ? {} : { keys }) }
  return verifyArchive(bytes, trust, nodeBackend)
}
const codeOf = (verdict: ReturnType<typeof check>) => (verdict.ok ? null : verdict.fault.code)
const rowOf = (lines: ReadonlyArray<string>, trackerKey: string): TrackerKeyRow => {
  const followed = followTrackerKeys(lines, { farmId, trackerKey }, nodeBackend)
  return followed.ok ? followed.value : assert.fail(followed.fault.code)
}
const [one = "", two = ""] = rotations
const stranger = noteKey("stranger")

describe("an archive whose tracker rotated its key", () => {
  it("verifies alone with any one key of the tracker, wherever it begins", () => {
    for (const key of [first, second, third]) {
      for (const from of [0, 2, 3, 4, 6])
        assert.isNull(codeOf(check(rotatedArchive({ from }), key.publicKey)), `${from}`)
      expect(
        verifyFile(rotatedArchive(), { publicKey: null, recoveryKey: null, trackerKey: key.publicKey }, nobleBackend)
      ).toMatchObject({
        kind: "archive",
        fault: null,
        proofs: 4
      })
    }
    assert.strictEqual(codeOf(check(rotatedArchive(), stranger.publicKey)), "unsigned")
  })

  it("verifies with all keys of the tracker, also when it was made before they changed", () => {
    const known = rowOf(rotations, third.publicKey)
    const early: Partial<RotatedArchive> = {
      lines: ledger.slice(0, 3),
      rotations: null,
      checkpointBy: first,
      headerBy: first
    }
    const between: Partial<RotatedArchive> = { rotations: [one], headerBy: second }
    for (const made of [early, between, {}]) {
      assert.isNull(codeOf(check(rotatedArchive(made), third.publicKey, known)))
    }
    // The key alone does not say whose file it is: nothing in it leads there.
    assert.strictEqual(codeOf(check(rotatedArchive(early), third.publicKey)), "unsigned")
    assert.isNull(codeOf(check(rotatedArchive(early), first.publicKey)))
    // Whoever knows an early key may meet a file of later ones.
    assert.isNull(codeOf(check(rotatedArchive(), second.publicKey, rowOf([one], second.publicKey))))
    assert.strictEqual(
      codeOf(check(rotatedArchive(), first.publicKey, rowOf([rotationOf(first, stranger, 3)], first.publicKey))),
      "unsigned"
    )
  })

  const byThird = rotationOf(third, stranger, 9)
  it.each<[string, string, Partial<RotatedArchive>]>([
    ["its first line is signed by a key that was retired", "unsigned", { headerBy: second }],
    ["its first line is signed by a key that is not in force yet", "unsigned", { rotations: [one] }],
    ["its checkpoint is signed by a key that was retired", "unsigned", { checkpointBy: first }],
    ["its checkpoint is signed by a key that was not in force yet", "unsigned", { checkpointBy: third }],
    ["its rotations are left out", "unsigned", { rotations: null }],
    ["its rotations are an empty list", "bad_header", { rotations: [] }],
    ["its rotations are in another order", "wrong_position", { rotations: [two, one] }],
    ["a rotation of it was changed", "bad_signature", { rotations: [one.replace("09:30:00", "09:30:01"), two] }],
    [
      "a rotation of it leads back to a retired key",
      "key_reused",
      { rotations: [one, rotationOf(second, first, 8)], headerBy: first }
    ],
    [
      "it tells of a rotation that is not among its lines",
      "bad_event",
      { lines: ledger.with(3, approvalBy(first, 3)) }
    ],
    [
      "a rotation of it has no word of the new key's holder",
      "bad_possession",
      { rotations: [rotationOf(first, second, 3, stranger), two] }
    ],
    ["an event is signed by a key after its rotation", "bad_event", { lines: ledger.with(5, approvalBy(first, 5)) }],
    ["an event is signed by a key before its rotation", "bad_event", { lines: ledger.with(0, approvalBy(second, 0)) }],
    [
      "a rotation among its lines is not told of",
      "bad_event",
      { lines: ledger.with(5, rotationOf(second, stranger, 5)) }
    ],
    ["another rotation stands among its lines", "bad_event", { lines: ledger.with(3, rotationOf(first, stranger, 3)) }],
    [
      "a proof stands where it tells of a rotation",
      "bad_event",
      { rotations: [rotationOf(first, second, 1), two], checkpointBy: second }
    ],
    ["it tells of a rotation by a stranger", "wrong_signer", { rotations: [one, byThird], headerBy: stranger }]
  ])("is refused when %s", (_, code, changed) => {
    const bytes = rotatedArchive(changed)
    const codes = [first, second, third].map((key) => codeOf(check(bytes, key.publicKey)))
    assert.isFalse(codes.includes(null), String(codes))
    assert.include(codes, code)
  })
})
