import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { CanonicalJsonError, canonicalJson, parseCanonical } from "../src/canonicalJson.ts"
import { sharedData } from "./sharedData.ts"

const rfc8785 = sharedData("vectors/rfc8785")

const codeOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof CanonicalJsonError) return error.code
    throw error
  }
  return "accepted"
}

describe("canonicalJson", () => {
  it.skipIf(rfc8785 === null)("writes the test data of RFC 8785 byte for byte", () => {
    const directory = rfc8785 ?? ""
    const names = readdirSync(join(directory, "input"))
    for (const name of names) {
      const { canonical } = parseCanonical(readFileSync(join(directory, "input", name), "utf8"))
      assert.strictEqual(canonical, readFileSync(join(directory, "output", name), "utf8"), name)
      const hex = readFileSync(join(directory, "outhex", name.replace("json", "txt")), "utf8").replace(/\s/g, "")
      assert.strictEqual(Buffer.from(canonical).toString("hex"), hex, name)
    }
    assert.isAbove(names.length, 5)
  })

  it("writes numbers as ECMAScript does", () => {
    const doubles = [-0, 1e21, 1e-7, 1 / 3, 5e-324, 1.7976931348623157e308, 9007199254740994, -1.5]
    assert.strictEqual(
      canonicalJson(doubles),
      "[0,1e+21,1e-7,0.3333333333333333,5e-324,1.7976931348623157e+308,9007199254740994,-1.5]"
    )
  })

  it("sorts keys by UTF-16 code units, not by code points", () => {
    assert.strictEqual(
      canonicalJson({ "\u{1f33e}": 1, "\ufb33": 2, a: 3, "": 4 }),
      '{"":4,"a":3,"\u{1f33e}":1,"\ufb33":2}'
    )
  })

  it("has an error that prints under its own name", () => {
    assert.match(String(new CanonicalJsonError("cyclic", "a value contains itself")), /^CanonicalJsonError: a value/)
  })

  it("keeps keys that objects treat specially", () => {
    const text = '{"__proto__":1,"constructor":2,"toString":3}'
    assert.strictEqual(parseCanonical(text).canonical, text)
  })

  it.each([
    ["lone_surrogate", ["\ud800"]],
    ["lone_surrogate", { "\udfff": 1 }],
    ["number_out_of_range", [Number.NaN]],
    ["number_out_of_range", [Number.POSITIVE_INFINITY]],
    ["unsupported_value", { a: undefined }],
    ["unsupported_value", [undefined]],
    ["unsupported_value", [1n]],
    ["unsupported_value", new Date(0)],
    ["unsupported_value", new Map()],
    ["unsupported_value", { toJSON: () => 1 }],
    ["unsupported_value", new Array(2)]
  ] as const)("refuses as %s what JSON would lose: case %#", (code, value) => {
    assert.strictEqual(
      codeOf(() => canonicalJson(value)),
      code
    )
  })

  it("refuses a value that contains itself, and takes one that occurs twice", () => {
    const cycle: { self?: unknown } = {}
    cycle.self = [cycle]
    assert.strictEqual(
      codeOf(() => canonicalJson(cycle)),
      "cyclic"
    )
    const shared = { a: 1 }
    assert.strictEqual(canonicalJson([shared, shared]), '[{"a":1},{"a":1}]')
  })

  it("does not run out of stack on deep nesting", () => {
    const depth = 200_000
    const text = "[".repeat(depth) + "]".repeat(depth)
    assert.strictEqual(parseCanonical(text).canonical, text)
    assert.strictEqual(
      codeOf(() => parseCanonical(`${"[".repeat(depth)}{"a":1,"a":2}${"]".repeat(depth)}`)),
      "duplicate_key"
    )
  })

  it.prop("writes what JSON.parse reads back unchanged, and writes that the same", [Schema.Json], ([value]) => {
    // JSON itself has no minus zero.
    const plain: unknown = JSON.parse(JSON.stringify(value))
    if (!JSON.stringify(plain).isWellFormed() || /\\ud[89a-f]/.test(JSON.stringify(plain))) return
    const text = canonicalJson(plain)
    assert.deepStrictEqual(JSON.parse(text), plain)
    assert.strictEqual(parseCanonical(text).canonical, text)
  })
})

describe("parseCanonical", () => {
  it.each([
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":2}',
    '[{"x":{"a":1,"b":{"a":1},"a" : 2}}]',
    '{"\\"":1,"\\u0022":2}',
    '{"__proto__":1,"__proto__":2}',
    '{"a"\n:1,"a"\r\n:2}',
    '{"a"\t:1,"a"\r:2}',
    '{"a" \n\r\t :1,"a":2}',
    '{"a":[],"a":1}',
    '{"a":[["b"]],"b":{},"a":1}',
    '{"a":{},"b":[{"a":1}],"a":3}',
    '[1,{"a":1,"a":2}]'
  ])("refuses a key that occurs twice: %s", (text) => {
    assert.strictEqual(
      codeOf(() => parseCanonical(text)),
      "duplicate_key"
    )
  })

  it.each([
    '{"a":{"a":1},"b":["a","a",":"]}',
    '{"a":":","b":"a\\\\","c":"\\"a\\":"}',
    '[{"a":1},{"a":2}]',
    '{"a":{"b":1},"b":2}',
    '{"a":"b","b":1}'
  ])("takes the same text in different places: %s", (text) => {
    assert.strictEqual(parseCanonical(text).canonical, text)
  })

  it.each(["", "hello", "{'a':1}", '{"a":1,}', "01", "[1]x", "\ufeff[]", "NaN", '"\t"', "undefined"])(
    "refuses what is not JSON: %j",
    (text) => {
      assert.strictEqual(
        codeOf(() => parseCanonical(text)),
        "not_json"
      )
    }
  )

  it("refuses an escaped lone surrogate and a number beyond double precision", () => {
    assert.strictEqual(
      codeOf(() => parseCanonical('"\\ud83c"')),
      "lone_surrogate"
    )
    assert.strictEqual(
      codeOf(() => parseCanonical("1e400")),
      "number_out_of_range"
    )
  })
})
