import { assert, describe, it } from "@effect/vitest"
import { verifyArchiveHeader } from "../src/archiveHeader.ts"
import { canonicalJson } from "../src/canonicalJson.ts"
import { planRoot } from "../src/merkle.ts"
import { nodeBackend } from "../src/NodeBackend.ts"
import { signStatement } from "../src/signedStatement.ts"
import { header, tracker } from "./archiveFixture.ts"
import { noteKey } from "./noteKeys.ts"

const other = noteKey("other")

type Tag = Parameters<typeof signStatement>[1]

/** What a key signed, whatever it is. */
const signedBy = (key: typeof tracker, archive: unknown, tag: Tag = "farmops/archive/v1") => ({
  archive,
  public_key: key.publicKey,
  signature: signStatement(key, tag, archive as object)
})
const codeOf = (line: string) => {
  const checked = verifyArchiveHeader(line, { trackerKey: tracker.publicKey }, nodeBackend)
  return checked.ok ? null : checked.code
}
const codeOfHeader = (archive: unknown) => codeOf(canonicalJson(signedBy(tracker, archive)))

type Path = ReadonlyArray<string | number>

/** A copy in which one value is another; `undefined` leaves its key out. */
const put = (value: unknown, [key, ...rest]: Path, other: unknown): unknown => {
  if (key === undefined) return other
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string | number, unknown>
  const inner = put(copy[key], rest, other)
  if (inner === undefined) delete copy[key]
  else copy[key] = inner
  return copy
}

const hex = "ab".repeat(32)
const uuidV7 = "019400d5-8b0a-7c3e-9f22-000000000001"
const agent: Path = ["agents", 0]
const head: Path = [...agent, "head"]
const branch: Path = [...agent, "branches", 0]
const epoch: Path = [...agent, "epochs", 0]

/** Every place of a header, with values that it may not have. */
const wrong: ReadonlyArray<readonly [Path, ReadonlyArray<unknown>]> = [
  [[], [[], null, 7, "x", {}]],
  [["schema"], ["farmops/archive/2", 1]],
  [["farm_id"], ["x", 7, uuidV7.toUpperCase()]],
  [["from"], [-1, 1.5, "4", header.to, header.to + 1, null]],
  [["to"], [header.from, 2 ** 53, "12"]],
  [["count"], [header.count + 1, header.count - 1, "8"]],
  [["checkpoint"], [7, null]],
  [["range"], [[], [hex, hex], ["x"], [7], hex, null, { 0: hex, length: 1 }]],
  [["agents"], [{}, null, [null], [[]], ["x"], [header.agents[0], 7]]],
  [["projection_sha256"], ["x", 7, hex.toUpperCase()]],
  [["rows_sha256"], ["x", null, `${hex}0`]],
  [["archived_at"], [7, "yesterday", "2026-02-30T00:00:00Z"]],
  [
    [...agent, "agent_id"],
    [7, "x"]
  ],
  [
    [...agent, "recovery_public_key"],
    [7, "x"]
  ],
  [
    [...agent, "branches"],
    [[], {}, [null], hex]
  ],
  [
    [...branch, "after"],
    [7, {}, []]
  ],
  [
    [...branch, "epochs"],
    [[], {}, [7], { length: 1 }]
  ],
  [
    [...branch, "epochs", 0, "public_key"],
    ["x", 7]
  ],
  [head, [7, {}, [], "x"]],
  [
    [...head, "sequence"],
    [-1, "5", 1.5]
  ],
  [
    [...head, "proof_id"],
    [7, "4b1f7f0c-6a52-4a6e-8d0e-3f6d2a9c5b17"]
  ],
  [
    [...head, "hash"],
    [7, "x"]
  ],
  [
    [...agent, "epochs"],
    [[], {}, null]
  ],
  [
    [...epoch, "first_sequence"],
    [-1, "0", 0.5]
  ],
  [
    [...epoch, "public_key"],
    [7, "x", hex.toUpperCase()]
  ]
]

describe("an archive's header", () => {
  it("is taken as its tracker signed it, with no recovery key, no head and no lines before it too", () => {
    assert.isNull(codeOfHeader(header))
    const changes: ReadonlyArray<readonly [Path, unknown]> = [
      [[...agent, "recovery_public_key"], null],
      [head, null],
      [[...branch, "after"], null],
      [["agents"], []]
    ]
    for (const [path, value] of changes) assert.isNull(codeOfHeader(put(header, path, value)), path.join("."))
    assert.isNull(codeOfHeader({ ...header, from: 0, count: header.to, range: [] }))
  })

  it.each(wrong)("is refused with another value at %j, though its tracker signed it", (path, values) => {
    for (const value of values) assert.strictEqual(codeOfHeader(put(header, path, value)), "bad_header", String(value))
  })

  it.each(wrong.filter(([path]) => path.length > 0).map(([path]) => [path]))("is refused without %j", (path) => {
    if (typeof path.at(-1) === "string") assert.strictEqual(codeOfHeader(put(header, path, undefined)), "bad_header")
  })

  it.each([[[]], [agent], [head], [branch], [epoch]])("is refused with one key more at %j", (path) => {
    assert.strictEqual(codeOfHeader(put(header, [...path, "note"], 1)), "bad_header")
  })

  it("is refused with rotations that are no texts, or none at all", () => {
    for (const rotations of [[], {}, "x", null, [7], ["x", null], { length: 1 }]) {
      assert.strictEqual(codeOfHeader({ ...header, rotations }), "bad_header", JSON.stringify(rotations))
    }
    assert.strictEqual(codeOfHeader({ ...header, rotations: ["x"] }), "bad_rotation")
  })

  it("is refused where it holds no lines, or fewer than none", () => {
    for (const from of [header.to, header.to + 4]) {
      const range = Array.from({ length: planRoot(from).length }, () => hex)
      assert.strictEqual(codeOfHeader({ ...header, from, count: header.to - from, range }), "bad_header")
    }
  })

  it("is refused where the line around it is another", () => {
    const good = signedBy(tracker, header)
    assert.strictEqual(codeOf(canonicalJson({ ...good, note: 1 })), "bad_header")
    assert.strictEqual(codeOf(` ${canonicalJson(good)}`), "bad_header")
    assert.strictEqual(codeOf("{"), "bad_header")
    assert.strictEqual(codeOf("null"), "bad_header")
    assert.strictEqual(codeOf(canonicalJson({ archive: header, public_key: good.public_key })), "bad_header")
  })

  it("says of a signature whether it is another's, for something else, or none", () => {
    const good = signedBy(tracker, header)
    assert.strictEqual(codeOf(canonicalJson(signedBy(other, header))), "unsigned")
    const claimed = { ...signedBy(other, header), public_key: tracker.publicKey }
    for (const line of [claimed, { ...good, signature: "x" }, { ...good, signature: 7 }]) {
      assert.strictEqual(codeOf(canonicalJson(line)), "bad_signature")
    }
    assert.strictEqual(codeOf(canonicalJson(signedBy(tracker, header, "farmops/event/v1"))), "bad_signature")
  })
})
