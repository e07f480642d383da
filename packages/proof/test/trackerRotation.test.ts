import { assert, describe, it } from "@effect/vitest"
import { nobleBackend } from "../src/NobleBackend.ts"
import { nodeBackend } from "../src/NodeBackend.ts"
import { followTrackerKeys, trackerKeyAt, trackerRotationsMax } from "../src/trackerRotation.ts"
import { flippedTexts, noteKey } from "./noteKeys.ts"
import { farmId, first, rotationOf, rotations, second, third } from "./rotatedArchiveFixture.ts"
import { ledgerVectors } from "./vectors.ts"

interface KeysVector {
  readonly rotations: ReadonlyArray<string>
  readonly tracker_key: string
  readonly farm_id: string | null
  readonly from?: ReadonlyArray<number>
  readonly line?: number | null
}

const follow = (lines: ReadonlyArray<string>, trackerKey = first.publicKey, backend = nodeBackend) =>
  followTrackerKeys(lines, { farmId, trackerKey }, backend)

describe("a row of rotations of a tracker's key", () => {
  it("leads from key to key, on both backends, from whichever is known", () => {
    for (const backend of [nodeBackend, nobleBackend]) {
      for (const { publicKey } of [first, second, third]) {
        const followed = follow(rotations, publicKey, backend)
        assert.deepStrictEqual(followed, {
          ok: true,
          value: {
            farmId,
            epochs: [
              { from: 0, publicKey: first.publicKey },
              { from: 4, publicKey: second.publicKey },
              { from: 9, publicKey: third.publicKey }
            ]
          }
        })
      }
    }
  })

  it("says who signs at each position, the rotation itself by the key that it retires", () => {
    const followed = follow(rotations)
    if (!followed.ok) assert.fail(followed.fault.code)
    const names = Array.from({ length: 11 }, (_, place) => trackerKeyAt(followed.value, place)).map((key) =>
      [first, second, third].findIndex(({ publicKey }) => publicKey === key)
    )
    assert.deepStrictEqual(names, [0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2])
  })

  it("is refused with any bit flipped", () => {
    const [line = ""] = rotations
    for (const edited of flippedTexts(line)) {
      // A flipped digit of the one key that is asked for would only ask for another.
      if (follow([edited], second.publicKey).ok || follow([edited]).ok) assert.fail(edited)
    }
  })

  it("is as long as it may be, and no longer", () => {
    const keys = Array.from({ length: trackerRotationsMax + 2 }, (_, at) => noteKey(`tracker of ${at}`))
    const long = keys.slice(1).map((to, at) => rotationOf(keys[at] ?? to, to, 2 * at))
    const known = keys[0]?.publicKey ?? ""
    assert.isTrue(follow(long.slice(0, -1), known).ok)
    assert.deepStrictEqual(follow(long, known), { ok: false, fault: { code: "too_many", line: null } })
  })

  it.each(ledgerVectors("keys"))("gives the verdict of the vector $name", ({ code, ...stated }) => {
    const { farm_id, from, line, rotations, tracker_key } = stated as unknown as KeysVector
    const verdict = followTrackerKeys(rotations, { farmId: farm_id, trackerKey: tracker_key }, nodeBackend)
    if (verdict.ok) {
      assert.isNull(code)
      assert.deepStrictEqual(
        verdict.value.epochs.map((epoch) => epoch.from),
        from
      )
    } else assert.deepStrictEqual(verdict.fault, { code, line })
  })
})
