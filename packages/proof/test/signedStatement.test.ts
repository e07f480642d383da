import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { CanonicalJsonError } from "../src/canonicalJson.ts"
import * as Ed25519Node from "../src/Ed25519Node.ts"
import { nobleBackend } from "../src/NobleBackend.ts"
import { nodeBackend } from "../src/NodeBackend.ts"
import { makeSigningKey } from "../src/SigningKey.ts"
import { signStatement, statementTags, verifyStatement } from "../src/signedStatement.ts"

const tag = "farmops/enrolment/v1"
const body = { agent_id: "a", requested_at: "2026-02-21T09:30:00Z", nested: { b: 1, a: [true, null] } }

describe("a signed statement", () => {
  it.effect("holds for the same body in any key order, on both backends", () =>
    Effect.gen(function* () {
      const key = yield* makeSigningKey
      const signature = signStatement(key, tag, body)
      const reordered = { requested_at: body.requested_at, nested: { a: [true, null], b: 1 }, agent_id: "a" }
      for (const backend of [nodeBackend, nobleBackend]) {
        assert.isTrue(verifyStatement(backend, key.publicKey, tag, reordered, signature))
      }
    }).pipe(Effect.provide(Ed25519Node.layer))
  )

  it.effect("holds under no other tag, body, key or spelling of the signature", () =>
    Effect.gen(function* () {
      const key = yield* makeSigningKey
      const stranger = yield* makeSigningKey
      const signature = signStatement(key, tag, body)
      const check = (publicKey: string, other: (typeof statementTags)[number], value: object, text: string) =>
        verifyStatement(nodeBackend, publicKey, other, value, text)
      assert.isTrue(check(key.publicKey, tag, body, signature))
      for (const other of statementTags) assert.strictEqual(check(key.publicKey, other, body, signature), other === tag)
      assert.isFalse(check(key.publicKey, tag, { ...body, agent_id: "b" }, signature))
      assert.isFalse(check(key.publicKey, tag, { ...body, more: null }, signature))
      assert.isFalse(check(stranger.publicKey, tag, body, signature))
      assert.isFalse(check(key.publicKey, tag, body, `${signature}00`))
      assert.isFalse(check(key.publicKey.slice(2), tag, body, signature))
      assert.isFalse(check("", tag, body, ""))
    }).pipe(Effect.provide(Ed25519Node.layer))
  )

  it.effect("cannot be made over a body that JSON would change, and does not hold for one", () =>
    Effect.gen(function* () {
      const key = yield* makeSigningKey
      const signature = signStatement(key, tag, body)
      assert.throws(() => signStatement(key, tag, { at: new Date(0) }), CanonicalJsonError)
      assert.throws(() => signStatement(key, tag, { gone: undefined }), CanonicalJsonError)
      assert.isFalse(verifyStatement(nodeBackend, key.publicKey, tag, { text: "\ud800" }, signature))
    }).pipe(Effect.provide(Ed25519Node.layer))
  )
})
