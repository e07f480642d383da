import { createHmac } from "node:crypto"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { describe, expect, it } from "vitest"
import { judgeLine } from "./judge.ts"

const judge = (line: object) => judgeLine("webhook", JSON.stringify(line), nodeBackend)

// The example of GitHub's documentation.
const published = {
  secret: "It's a Secret to Everybody",
  body_base64: Buffer.from("Hello, World!").toString("base64"),
  signature: "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
}

describe("a webhook signature", () => {
  it("is judged with or without GitHub's prefix", () => {
    expect(judge(published)).toEqual({ ok: true })
    expect(judge({ ...published, signature: published.signature.slice("sha256=".length) })).toEqual({ ok: true })
  })

  it("is over the bytes, whatever they are", () => {
    const body = Buffer.from([0xff, 0x00, 0x0d, 0x0a])
    const signature = createHmac("sha256", "ß").update(body).digest("hex")
    expect(judge({ secret: "ß", body_base64: body.toString("base64"), signature })).toEqual({ ok: true })
  })

  it.each([
    { secret: "Another secret" },
    { body_base64: Buffer.from("Hello, World! ").toString("base64") },
    { signature: published.signature.toUpperCase() },
    { signature: "" },
    { signature: `sha256=${published.signature}` }
  ])("is bad with %j", (change) => {
    expect(judge({ ...published, ...change })).toEqual({ ok: false, code: "bad_signature" })
  })

  it.each([{ secret: null }, { body_base64: "SGVsbG8" }, { body_base64: "?" }, { signature: 1 }])(
    "is no request with %j",
    (change) => {
      expect(judge({ ...published, ...change })).toMatchObject({ ok: false, code: "bad_request" })
    }
  )
})
