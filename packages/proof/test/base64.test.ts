import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { decodeBase64, encodeBase64 } from "../src/base64.ts"

describe("base64", () => {
  it.prop("is what everybody else writes, and reads back", [Schema.Uint8Array], ([bytes]) => {
    const text = encodeBase64(bytes)
    assert.strictEqual(text, Buffer.from(bytes).toString("base64"))
    assert.deepEqual(decodeBase64(text), bytes)
  })

  it("reads no second spelling of the same bytes", () => {
    assert.deepEqual(decodeBase64("/+8="), Uint8Array.of(0xff, 0xef))
    for (const text of [
      "/+9=",
      "/+8",
      "_-8=",
      "/+8=\n",
      " /+8=",
      "/+8==",
      "/+==",
      "/===",
      "====",
      "=",
      "a",
      "/+8é",
      "AA=A"
    ]) {
      assert.isNull(decodeBase64(text), text)
    }
  })
})
