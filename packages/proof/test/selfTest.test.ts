import { assert, describe, it } from "@effect/vitest"
import * as Noble from "@noble/ed25519"
import { sha512 } from "@noble/hashes/sha2.js"
import { Cause, Effect, Exit, Layer } from "effect"
import { Ed25519 } from "../src/Ed25519.ts"
import * as Ed25519Node from "../src/Ed25519Node.ts"
import { encodeHex } from "../src/hex.ts"
import { nodeBackend } from "../src/NodeBackend.ts"
import { rfc8032, selfTest } from "../src/selfTest.ts"
import { strictBackend, type VerifyBackend } from "../src/strictEd25519.ts"
import { libraries } from "./ed25519Libraries.ts"
import { edgeVectors } from "./vectors.ts"

Noble.hashes.sha512 = sha512

const withVerify = (verify: VerifyBackend["verify"]): VerifyBackend => ({ sha256: nodeBackend.sha256, verify })

/** Verifiers that a build, a platform or an attacker might give us, and the case that tells. */
const wrong: ReadonlyArray<readonly [string, VerifyBackend, string]> = [
  ["accepts everything", withVerify(() => true), "a trailing byte"],
  ["refuses everything", withVerify(() => false), "RFC 8032 test 2"],
  [
    "throws",
    withVerify(() => {
      throw new Error("no such curve")
    }),
    "RFC 8032 test 2"
  ],
  [
    "reads only the first 64 bytes of a signature",
    withVerify((signature, message, key) => nodeBackend.verify(signature.subarray(0, 64), message, key)),
    "a trailing byte"
  ],
  [
    "multiplies by the cofactor",
    strictBackend(withVerify((signature, message, key) => Noble.verify(signature, message, key, { zip215: true }))),
    "key of mixed order, small part remains"
  ],
  [
    "lets small orders and second spellings through",
    withVerify((signature, message, key) => {
      try {
        return signature.length === 64 && Noble.verify(signature, message, key, { zip215: true })
      } catch {
        return false
      }
    }),
    "key of small order"
  ],
  [
    "hashes with another function",
    { ...nodeBackend, sha256: (bytes) => nodeBackend.sha256(nodeBackend.sha256(bytes)) },
    "SHA-256 of abc"
  ]
]

const names = [
  "RFC 8032 test 2",
  "a trailing byte",
  "a missing byte",
  "a message of many blocks",
  "S plus the group order",
  "key of small order",
  "R of small order",
  "key not reduced",
  "R not reduced",
  "key of mixed order, small part vanishes",
  "key of mixed order, small part remains"
]

describe("the self-test", () => {
  it.each(libraries)("finds nothing wrong with $name", ({ backend }) => {
    assert.isNull(selfTest(backend))
  })

  it.each(wrong)("finds a backend that %s", (_, backend, name) => {
    assert.strictEqual(selfTest(backend), name)
  })

  it("finds a backend that decides any one of its cases wrongly, and says which", () => {
    const found = names.map((_, wrong) => {
      let asked = 0
      return selfTest(withVerify((...parts) => nodeBackend.verify(...parts) !== (asked++ === wrong)))
    })
    assert.deepStrictEqual(found, names)
  })

  it("finds a backend that cannot hash", () => {
    const broken: VerifyBackend = {
      ...nodeBackend,
      sha256: () => {
        throw new Error("no such hash")
      }
    }
    assert.strictEqual(selfTest(broken), "SHA-256 of abc")
  })

  it("asks of signatures on which libraries are known to disagree: its cases are edges of the published vectors", () => {
    const known = new Set(
      edgeVectors.map(({ message, public_key, signature }) => `${public_key} ${message} ${signature}`)
    )
    const own = [rfc8032.signature, `${rfc8032.signature}00`, rfc8032.signature.slice(0, -2)]
    for (const signature of own) known.add(`${rfc8032.publicKey} 72 ${signature}`)
    const asked: Array<string> = []
    selfTest(
      withVerify((signature, message, key) => {
        asked.push(`${encodeHex(key)} ${encodeHex(message)} ${encodeHex(signature)}`)
        return nodeBackend.verify(signature, message, key)
      })
    )
    assert.deepStrictEqual(
      asked.filter((question) => !known.has(question)),
      []
    )
    assert.strictEqual(new Set(asked).size, names.length)
  })

  const layerWith = (change: Partial<Ed25519["Service"]>) =>
    Ed25519.layerTested(
      Effect.gen(function* () {
        return { ...(yield* Ed25519), ...change }
      })
    ).pipe(Layer.provide(Ed25519Node.layer))

  const defectOf = (layer: Layer.Layer<Ed25519>) =>
    Effect.map(Effect.exit(Layer.build(layer)), (exit) =>
      Exit.isFailure(exit) ? String(Cause.squash(exit.cause)) : ""
    )

  it.effect.each(wrong)("keeps a layer from starting that %s", ([, backend, name]) =>
    Effect.gen(function* () {
      const defect = yield* defectOf(layerWith({ backend }))
      assert.include(defect, `Ed25519 by node failed its self-test (${name})`)
    })
  )

  it.effect("keeps a layer from starting that signs otherwise, or under another key, or cannot", () =>
    Effect.gen(function* () {
      const cases: ReadonlyArray<readonly [Partial<Ed25519["Service"]>, string]> = [
        [{ sign: () => new Uint8Array(64) }, "signing RFC 8032 test 2"],
        [{ publicKey: () => new Uint8Array(32) }, "public key of RFC 8032 test 2"],
        [{ verify: () => false }, "verifying what it signed"],
        [
          {
            sign: () => {
              throw new Error("locked")
            }
          },
          "signing RFC 8032 test 2"
        ]
      ]
      for (const [change, name] of cases) assert.include(yield* defectOf(layerWith(change)), `(${name})`)
      assert.strictEqual(yield* defectOf(layerWith({})), "")
    })
  )
})
