import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Noble from "@noble/ed25519"
import { sha512 } from "@noble/hashes/sha2.js"
import { Effect, Redacted, Schema } from "effect"
import { Ed25519 } from "../src/Ed25519.ts"
import * as Ed25519Fastest from "../src/Ed25519Fastest.ts"
import { encodeHex } from "../src/hex.ts"
import { loadSodium } from "../src/loadSodium.ts"
import { nodeBackend } from "../src/NodeBackend.ts"
import { findSodium } from "../src/SodiumBackend.ts"
import { isStrictPublicKey, isStrictSignature } from "../src/strictEd25519.ts"
import { libraries } from "./ed25519Libraries.ts"
import { sharedData } from "./sharedData.ts"
import { bytesOf, edgeVectors } from "./vectors.ts"

const rfc8032 = sharedData("vectors/rfc8032/sign.input")

describe.each(libraries)("Ed25519 by $name", ({ layer, name }) => {
  it.effect.skipIf(rfc8032 === null)("makes and accepts the signatures of RFC 8032", () =>
    Effect.gen(function* () {
      const ed25519 = yield* Ed25519
      const lines = readFileSync(rfc8032 ?? "", "utf8")
        .trim()
        .split("\n")
      for (const line of lines) {
        const [secret = "", publicKey = "", message = "", signed = ""] = line.split(":")
        const seed = Redacted.make(bytesOf(secret.slice(0, 64)))
        const signature = ed25519.sign(seed, bytesOf(message))
        assert.strictEqual(encodeHex(ed25519.publicKey(seed)), publicKey)
        assert.strictEqual(encodeHex(signature), signed.slice(0, 128))
        assert.isTrue(ed25519.verify(signature, bytesOf(message), bytesOf(publicKey)))
      }
      assert.strictEqual(lines.length, 1024)
    }).pipe(Effect.provide(layer))
  )

  it.effect("gives the committed verdict on every edge case", () =>
    Effect.gen(function* () {
      const { backend, verify } = yield* Ed25519
      const wrong = edgeVectors.filter((vector) => {
        const input = [bytesOf(vector.signature), bytesOf(vector.message), bytesOf(vector.public_key)] as const
        return [verify, backend.verify].some((decide) => decide(...input) !== (vector.verdict === "valid"))
      })
      assert.deepStrictEqual(wrong, [])
      assert.isAbove(edgeVectors.length, 300)
    }).pipe(Effect.provide(layer))
  )

  it.effect("refuses a flipped bit anywhere in key, message or signature", () =>
    Effect.gen(function* () {
      const ed25519 = yield* Ed25519
      const seed = Redacted.make(new Uint8Array(32).fill(7))
      const message = new TextEncoder().encode("52 pods")
      const parts = [ed25519.sign(seed, message), message, ed25519.publicKey(seed)] as const
      assert.isTrue(ed25519.verify(...parts))
      for (const part of parts) {
        // The portable layer is slow: every third bit, which meets every byte.
        for (let bit = 0; bit < part.length * 8; bit += 3) {
          part[bit >> 3] = (part[bit >> 3] ?? 0) ^ (1 << (bit & 7))
          assert.isFalse(ed25519.verify(...parts), `${name}: bit ${bit}`)
          part[bit >> 3] = (part[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        }
      }
    }).pipe(Effect.provide(layer))
  )

  it.effect("makes a different seed each time and never prints it", () =>
    Effect.gen(function* () {
      const ed25519 = yield* Ed25519
      const [one, other] = [yield* ed25519.generateSeed, yield* ed25519.generateSeed]
      assert.notStrictEqual(encodeHex(Redacted.value(one)), encodeHex(Redacted.value(other)))
      assert.strictEqual(Redacted.value(one).length, 32)
      assert.strictEqual(`${one} ${JSON.stringify(one)}`, '<redacted:seed> "<redacted:seed>"')
    }).pipe(Effect.provide(layer))
  )
})

describe("the libraries behind Ed25519", () => {
  const byteAt = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))
  const some = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000_000 }))
  const pick = (at: number) => edgeVectors[at % edgeVectors.length] ?? assert.fail("there are no vectors")
  const verdicts = (...input: readonly [Uint8Array, Uint8Array, Uint8Array]) =>
    libraries.map(({ backend }) => backend.verify(...input))
  const assertOneVerdict = (...input: readonly [Uint8Array, Uint8Array, Uint8Array]) => {
    const [first, ...others] = verdicts(...input)
    for (const other of others) assert.strictEqual(other, first)
    return first
  }

  it.prop(
    "give one verdict on keys, points, scalars and messages of edge cases put together at random",
    [some, some, some, some],
    ([key, point, scalar, message]) => {
      const signature = pick(point).signature.slice(0, 64) + pick(scalar).signature.slice(64)
      assertOneVerdict(bytesOf(signature), bytesOf(pick(message).message), bytesOf(pick(key).public_key))
    },
    { arbitrary: { runs: 300 } }
  )

  it.prop(
    "give one verdict when a byte of an edge case is another",
    [some, Schema.Literals(["signature", "public_key"]), byteAt, byteAt],
    ([at, part, where, byte]) => {
      const vector = pick(at)
      const changed = bytesOf(vector[part])
      if (changed.length > 0) changed[where % changed.length] = byte
      const input = { signature: bytesOf(vector.signature), public_key: bytesOf(vector.public_key), [part]: changed }
      assertOneVerdict(input.signature, bytesOf(vector.message), input.public_key)
    },
    { arbitrary: { runs: 300 } }
  )

  it.effect("make one signature and one key, which each of them accepts", () =>
    Effect.gen(function* () {
      const signers = yield* Effect.forEach(libraries, ({ layer }) => Effect.provide(Ed25519, layer))
      for (let at = 0; at < 30; at++) {
        const seed = Redacted.make(new Uint8Array(32).fill(at))
        const message = new Uint8Array(at * 17).fill(at)
        const made = signers.map(({ publicKey, sign }) => [encodeHex(publicKey(seed)), encodeHex(sign(seed, message))])
        const [key = "", signature = ""] = made[0] ?? []
        for (const other of made) assert.deepStrictEqual(other, [key, signature])
        assert.isTrue(assertOneVerdict(bytesOf(signature), message, bytesOf(key)))
      }
    })
  )

  it("hash alike", () => {
    for (const length of [0, 55, 56, 64, 850]) {
      const bytes = new Uint8Array(length).fill(length)
      const hashes = libraries.map(({ backend }) => encodeHex(backend.sha256(bytes)))
      assert.strictEqual(new Set(hashes).size, 1)
    }
  })
})

describe("libsodium, which is optional", () => {
  const nowhere = "file:///no/such/folder/program.js"

  it.effect("is an error that says how to install it where it is absent", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(loadSodium(nowhere))
      assert.deepInclude(error, { _tag: "SodiumUnavailable", reason: "not_installed" })
      assert.match(error.message, /npm install sodium-native@\d/)
    })
  )

  it.effect("is what the fastest layer takes where it is present, and node:crypto where not", () =>
    Effect.gen(function* () {
      const { name } = yield* Ed25519
      assert.strictEqual(name, findSodium().ok ? "sodium" : "node")
    }).pipe(Effect.provide(Ed25519Fastest.layer))
  )
})

describe("the strict checks", () => {
  it("refuse exactly the small-order points that arithmetic finds, in each of their 14 spellings", () => {
    const keys = edgeVectors.filter(({ name }) => name.includes("of low order")).map((vector) => vector.public_key)
    const spellings = new Set(keys.filter((key) => !isStrictPublicKey(bytesOf(key))))
    assert.strictEqual(spellings.size, 14)
    for (const spelling of spellings) assert.isTrue(Noble.Point.fromBytes(bytesOf(spelling), true).isSmallOrder())
  })

  it("let every point through that an honest signer can make", () => {
    let point = Noble.Point.BASE
    for (let at = 0; at < 200; at++, point = point.add(Noble.Point.BASE)) {
      assert.isTrue(isStrictPublicKey(point.toBytes()))
      assert.isTrue(isStrictSignature(Uint8Array.from([...point.toBytes(), ...new Uint8Array(32)])))
    }
  })

  it("are needed: each library alone decides some edge case otherwise", () => {
    Noble.hashes.sha512 = sha512
    const otherwise = edgeVectors.filter(({ message, public_key, signature, verdict }) => {
      try {
        const accepted = Noble.verify(bytesOf(signature), bytesOf(message), bytesOf(public_key), { zip215: false })
        return accepted !== (verdict === "valid")
      } catch {
        return false
      }
    })
    assert.isAbove(otherwise.length, 0)
  })

  it("keep their verdict when more keys are met than the cache holds", () => {
    const edge = edgeVectors.find(({ name }) => name === "honest")
    const verify = () =>
      nodeBackend.verify(bytesOf(edge?.signature ?? ""), bytesOf(edge?.message ?? ""), bytesOf(edge?.public_key ?? ""))
    assert.isTrue(verify())
    let point = Noble.Point.BASE
    for (let at = 0; at < 300; at++, point = point.add(Noble.Point.BASE)) {
      assert.isFalse(nodeBackend.verify(bytesOf(edge?.signature ?? ""), new Uint8Array(1), point.toBytes()))
    }
    assert.isTrue(verify())
  })
})
