import { describe, expect, it } from "vitest"
import { nobleBackend } from "../src/NobleBackend.ts"
import { hashHex, isStrictPublicKey, isStrictSignature, strictBackend } from "../src/strictEd25519.ts"

/** 32 bytes, little-endian. */
const bytes32 = (value: bigint): Uint8Array =>
  Uint8Array.from({ length: 32 }, (_, at) => Number((value >> BigInt(8 * at)) & 0xffn))

const p = 2n ** 255n - 19n
const order = 2n ** 252n + 27742317777372353535851937790883648493n
const signBit = 2n ** 255n

/** The y of the points of order 8, whose double has y = 0: the roots of d·y⁴ + 2·y² − 1 modulo p. */
const eighthY = [
  0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n
]

const plainY = 4n
const signatureOf = (y: bigint, scalar: bigint) => Uint8Array.from([...bytes32(y), ...bytes32(scalar)])

describe("a strict point", () => {
  const takes = (y: bigint): ReadonlyArray<boolean> => [
    isStrictPublicKey(bytes32(y)),
    isStrictSignature(signatureOf(y, 1n))
  ]

  it("is one of which y is below p, whatever its sign bit is", () => {
    for (const sign of [0n, signBit]) {
      for (const y of [2n, plainY, p - 2n, p - 3n, p - 19n, 2n ** 254n]) expect(takes(y | sign)).toEqual([true, true])
      for (let y = p; y < signBit; y++) expect(takes(y | sign)).toEqual([false, false])
    }
  })

  it("may have any single byte below those of p, however large the others are", () => {
    const largest = 2n ** 255n - 1n
    for (let at = 1; at < 32; at++) expect(takes(largest - (1n << BigInt(8 * at))), `byte ${at}`).toEqual([true, true])
  })

  it("is none of the eight whose order divides 8, with either sign", () => {
    const d = 37095705934669439343138083508754565189542113879843219016388785533085940283555n
    expect((121666n * d + 121665n) % p).toBe(0n)
    for (const y of eighthY) expect((d * y ** 4n + 2n * y ** 2n - 1n) % p).toBe(0n)
    for (const sign of [0n, signBit]) {
      for (const y of [0n, 1n, p - 1n, ...eighthY]) expect(takes(y | sign)).toEqual([false, false])
    }
  })

  it("may differ from a small-order one in any single byte", () => {
    for (const y of [0n, ...eighthY]) {
      for (let at = 0; at < 32; at++) {
        // One is of small order too, and the top bit is the sign.
        expect(takes(y ^ (2n << BigInt(8 * at))), `${y} byte ${at}`).toEqual([true, true])
      }
    }
  })

  it("has 32 bytes", () => {
    for (const length of [0, 31, 33, 64]) expect(isStrictPublicKey(new Uint8Array(length).fill(4))).toBe(false)
  })
})

describe("a strict signature", () => {
  const takes = (scalar: bigint) => isStrictSignature(signatureOf(plainY, scalar))

  it("has a scalar below the group order", () => {
    for (const scalar of [0n, 1n, order - 1n, order - 2n ** 8n, 2n ** 252n]) expect(takes(scalar)).toBe(true)
    for (const scalar of [order, order + 1n, order + 2n ** 128n, 2n * order, 2n ** 253n, 2n ** 256n - 1n]) {
      expect(takes(scalar)).toBe(false)
    }
  })

  it("is judged by the highest byte that differs from the order's", () => {
    for (let at = 0; at < 31; at++) {
      const unit = 1n << BigInt(8 * at)
      expect(takes(order + unit), `above in byte ${at}`).toBe(false)
      expect(takes(order - unit), `below in byte ${at}`).toBe(true)
    }
  })

  it("has 64 bytes", () => {
    for (const length of [0, 63, 65]) expect(isStrictSignature(new Uint8Array(length).fill(4))).toBe(false)
  })
})

describe("strictBackend", () => {
  const lenient = strictBackend({ sha256: nobleBackend.sha256, verify: () => true })
  const message = new Uint8Array()

  it("asks the library only about what is strict", () => {
    const [key, signature] = [bytes32(plainY), signatureOf(plainY, 1n)]
    expect(lenient.verify(signature, message, key)).toBe(true)
    expect(lenient.verify(signature, message, bytes32(1n))).toBe(false)
    expect(lenient.verify(signatureOf(plainY, order), message, key)).toBe(false)
  })

  it("leaves the last word to the library", () => {
    const never = strictBackend({ sha256: nobleBackend.sha256, verify: () => false })
    expect(never.verify(signatureOf(plainY, 1n), message, bytes32(plainY))).toBe(false)
  })
})

describe("hashHex", () => {
  it("takes the way to hex that the backend has, and ours where it has none", () => {
    const bytes = new TextEncoder().encode("abc")
    // FIPS 180-2, appendix B.1.
    const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    expect(hashHex({ sha256: nobleBackend.sha256, verify: () => false }, bytes)).toBe(abc)
    expect(hashHex({ sha256: nobleBackend.sha256, sha256Hex: () => "its own", verify: () => false }, bytes)).toBe(
      "its own"
    )
  })
})
