import { assert, describe, it } from "@effect/vitest"
import { canonicalJson } from "../src/canonicalJson.ts"
import { parseEventLine, verifyEventLine } from "../src/ledgerEvent.ts"
import { nodeBackend } from "../src/NodeBackend.ts"
import { signStatement } from "../src/signedStatement.ts"
import { noteKey } from "./noteKeys.ts"

const key = noteKey("tracker")
const stranger = noteKey("stranger")
const farmId = "0b5d3f6a-8c1e-4f7a-9a55-1d2c3b4a5f60"
const place = { farmId, position: 3, trackerKey: key.publicKey }
const body = { schema: "farmops/event/1", farm_id: farmId, position: 3, at: "2026-02-21T09:30:00Z", kind: "note" }

const lineOf = (told: object, by = key, claimed = by.publicKey): string =>
  canonicalJson({ body: told, public_key: claimed, signature: signStatement(by, "farmops/event/v1", told) })

const verify = (line: string) => verifyEventLine(line, place, nodeBackend)

describe("an event of the ledger", () => {
  it("is what the tracker signed for this place", () => {
    assert.deepStrictEqual(verify(lineOf(body)), body)
    assert.deepStrictEqual<object | null>(verify(lineOf({ ...body, more: 1 })), { ...body, more: 1 })
  })

  it.each<[string, object]>([
    ["another schema", { ...body, schema: "farmops/event/2" }],
    ["another farm", { ...body, farm_id: "00000000-0000-4000-8000-000000000000" }],
    ["another place", { ...body, position: 4 }],
    ["no time", { ...body, at: null }],
    ["no kind", { ...body, kind: 1 }]
  ])("is refused with %s, however well signed", (_, told) => {
    assert.isNull(verify(lineOf(told)))
  })

  it("is refused from another key, and under a name that is not its signer's", () => {
    assert.isNull(verify(lineOf(body, stranger)))
    assert.isNull(verify(lineOf(body, stranger, key.publicKey)))
    // A good signature by the tracker does not make up for naming somebody else.
    assert.isNull(verify(lineOf(body, key, stranger.publicKey)))
  })

  it.each<[string, object]>([
    ["a body that is no object", { body: "x", public_key: "k", signature: "s" }],
    ["a body that is a list", { body: [1], public_key: "k", signature: "s" }],
    ["a key that is no text", { body: {}, public_key: 1, signature: "s" }],
    ["a signature that is no text", { body: {}, public_key: "k", signature: null }],
    ["a key too few", { body: {}, public_key: "k" }],
    ["a key too many", { body: {}, public_key: "k", signature: "s", more: 1 }]
  ])("is no event with %s", (_, line) => {
    assert.isNull(parseEventLine(canonicalJson(line)))
  })

  it("has one spelling", () => {
    assert.isNotNull(parseEventLine('{"body":{},"public_key":"k","signature":"s"}'))
    assert.isNull(parseEventLine('{"body":{}, "public_key":"k","signature":"s"}'))
  })
})
