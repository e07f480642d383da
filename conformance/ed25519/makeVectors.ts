/**
 * Makes `v1/edges.json`: signatures on which libraries are known to disagree, each with the one verdict that FarmOps
 * gives on every runtime. Every run makes the same bytes; `--check` fails when the file on disk differs.
 *
 *     node --conditions=@farmops/source conformance/ed25519/makeVectors.ts [--check]
 */
import { createHash } from "node:crypto"
import { fileURLToPath } from "node:url"
import { Point } from "@noble/ed25519"
import { reportVectorFiles, syncVectorFiles } from "../vectorFiles.ts"

interface Vector {
  readonly name: string
  readonly public_key: string
  readonly message: string
  readonly signature: string
  readonly verdict: "valid" | "invalid"
}

const { n: order, p: prime } = Point.CURVE()
const mod = (value: bigint, modulus: bigint): bigint => ((value % modulus) + modulus) % modulus

const littleEndian = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`)
const encode = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(64, "0"), "hex").reverse()
const encodePoint = (y: bigint, sign: boolean): Buffer => encode(y + (sign ? 2n ** 255n : 0n))

const sha512 = (...parts: ReadonlyArray<Uint8Array>) => createHash("sha512").update(Buffer.concat(parts)).digest()
const scalarOf = (name: string): bigint => mod(littleEndian(sha512(Buffer.from(`farmops edge ${name}`))), order)
const challengeOf = (pointR: Uint8Array, key: Uint8Array, message: Uint8Array): bigint =>
  mod(littleEndian(sha512(pointR, key, message)), order)

const secret = scalarOf("secret")
const nonce = scalarOf("nonce")
const key = Point.BASE.multiply(secret)
const commitment = Point.BASE.multiply(nonce)
const message = Buffer.from("FarmOps")

const vectors: Array<Vector> = []
const add = (
  name: string,
  verdict: Vector["verdict"],
  publicKey: Uint8Array,
  text: Uint8Array,
  pointR: Uint8Array,
  scalarS: bigint | Uint8Array
) => {
  const scalar = typeof scalarS === "bigint" ? encode(scalarS) : scalarS
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex")
  const signature = hex(Buffer.concat([pointR, scalar]))
  vectors.push({ name, public_key: hex(publicKey), message: hex(text), signature, verdict })
}

/** S for which [S]B = R + [k]A holds when the discrete logarithms of R and A are known. */
const answer = (pointR: Uint8Array, publicKey: Uint8Array, text: Uint8Array, logR = nonce, logA = secret): bigint =>
  mod(logR + challengeOf(pointR, publicKey, text) * logA, order)

/** A point of exact order 8, found from the first y of the curve that has a part outside the prime-order group. */
const findOrderEight = (): Point => {
  for (let y = 2n; ; y++) {
    try {
      // Multiplying by the group order leaves the small-order part alone; the library wants factors below it.
      const point = Point.fromBytes(encodePoint(y, false), false)
      const small = point.multiply(order - 1n, false).add(point)
      if (!small.double().double().is0()) return small
    } catch {
      // No point has this y.
    }
  }
}
const orderEight = findOrderEight()
const smallPoints = [Point.ZERO]
for (let at = 1; at < 8; at++) smallPoints.push((smallPoints[at - 1] ?? Point.ZERO).add(orderEight))

/** Every encoding that some decoder takes for a small-order point: 8 proper ones, and 6 more spellings. */
const lowOrderEncodings: ReadonlyArray<Buffer> = [
  ...smallPoints.map((point) => Buffer.from(point.toBytes())),
  encodePoint(1n, true),
  encodePoint(prime - 1n, true),
  encodePoint(prime, false),
  encodePoint(prime, true),
  encodePoint(prime + 1n, false),
  encodePoint(prime + 1n, true)
]

const publicKey = Buffer.from(key.toBytes())
const pointR = Buffer.from(commitment.toBytes())
const goodS = answer(pointR, publicKey, message)

add("honest", "valid", publicKey, message, pointR, goodS)
for (const length of [0, 1, 63, 64, 65, 1023]) {
  const text = Buffer.alloc(length, 0x66)
  add(`honest over ${length} bytes`, "valid", publicKey, text, pointR, answer(pointR, publicKey, text))
}
add("another message", "invalid", publicKey, Buffer.from("farmOps"), pointR, goodS)
add("S plus the group order", "invalid", publicKey, message, pointR, goodS + order)
for (const times of [2n, 4n, 8n, 14n]) {
  add(`S plus ${times} times the group order`, "invalid", publicKey, message, pointR, goodS + times * order)
}
add("S is the group order", "invalid", publicKey, message, pointR, order)
add("S is one below the group order", "invalid", publicKey, message, pointR, order - 1n)
add("S is zero", "invalid", publicKey, message, pointR, 0n)
add("S is all ones", "invalid", publicKey, message, pointR, 2n ** 256n - 1n)
add("S with its top bit set", "invalid", publicKey, message, pointR, goodS + 2n ** 255n)
add("negated key", "invalid", Buffer.from(key.negate().toBytes()), message, pointR, goodS)
add("negated R", "invalid", publicKey, message, Buffer.from(commitment.negate().toBytes()), goodS)
add("key of 31 bytes", "invalid", publicKey.subarray(1), message, pointR, goodS)
add("key of 33 bytes", "invalid", Buffer.concat([publicKey, Buffer.alloc(1)]), message, pointR, goodS)
add("key of no bytes", "invalid", Buffer.alloc(0), message, pointR, goodS)
add("signature of 63 bytes", "invalid", publicKey, message, pointR, encode(goodS).subarray(0, 31))
add("signature of 65 bytes", "invalid", publicKey, message, pointR, Buffer.concat([encode(goodS), Buffer.alloc(1)]))
add("signature of no bytes", "invalid", publicKey, message, Buffer.alloc(0), Buffer.alloc(0))

lowOrderEncodings.forEach((encoding, at) => {
  const name = encoding.toString("hex")
  // [k]A adds nothing when A is the identity and little otherwise: R = [S]B satisfies some verifiers for any message.
  for (let tries = 0; tries < 8; tries++) {
    const text = Buffer.from(`low-order key, message ${tries}`)
    add(`key ${at} of low order ${name}, message ${tries}`, "invalid", encoding, text, pointR, nonce)
  }
  add(`R ${at} of low order ${name}`, "invalid", publicKey, message, encoding, answer(encoding, publicKey, message, 0n))
  add(`key and R ${at} of low order ${name}, S zero`, "invalid", encoding, message, encoding, 0n)
})

// Points that are not of small order but have a small-order part: verifiers with and without the cofactor disagree.
smallPoints.slice(1).forEach((small, at) => {
  const mixedKey = Buffer.from(key.add(small).toBytes())
  const mixedR = Buffer.from(commitment.add(small).toBytes())
  const smallOrder = BigInt([8, 4, 8, 2, 8, 4, 8][at] ?? 8)
  for (const divides of [true, false]) {
    for (let tries = 0; ; tries++) {
      const text = Buffer.from(`mixed key ${at}, message ${tries}`)
      const vanishes = challengeOf(pointR, mixedKey, text) % smallOrder === 0n
      if (vanishes !== divides) continue
      // Without the cofactor the equation holds exactly when [k] takes the small-order part to the identity.
      const verdict = vanishes ? "valid" : "invalid"
      const name = `key with a part of order ${smallOrder} (${at}), k ${vanishes ? "divisible" : "not divisible"}`
      add(name, verdict, mixedKey, text, pointR, answer(pointR, mixedKey, text))
      break
    }
  }
  add(
    `R with a part of order ${smallOrder} (${at})`,
    "invalid",
    publicKey,
    message,
    mixedR,
    answer(mixedR, publicKey, message)
  )
  for (let tries = 0; ; tries++) {
    const text = Buffer.from(`mixed key and R ${at}, message ${tries}`)
    // [S]B − [k]A = [r]B − [k]T, which is R = [r]B + T exactly when k is −1 modulo the order of T.
    if (challengeOf(mixedR, mixedKey, text) % smallOrder !== smallOrder - 1n) continue
    const name = `key and R whose parts of order ${smallOrder} cancel (${at})`
    add(name, "valid", mixedKey, text, mixedR, answer(mixedR, mixedKey, text))
    break
  }
})

// y from p to 2^255 − 1: a second spelling of y − p. Some are points, some are not; none is ever right.
for (let y = prime; y < 2n ** 255n; y++) {
  for (const sign of [false, true]) {
    const encoding = encodePoint(y, sign)
    const name = `y = p + ${y - prime}${sign ? ", sign set" : ""}`
    add(`key with ${name}`, "invalid", encoding, message, pointR, goodS)
    add(`R with ${name}`, "invalid", publicKey, message, encoding, answer(encoding, publicKey, message))
  }
}
// Half of the small y are on no point of the curve.
for (let y = 2n; y < 12n; y++) {
  add(`key with y = ${y}`, "invalid", encodePoint(y, false), message, pointR, goodS)
  add(`R with y = ${y}`, "invalid", publicKey, message, encodePoint(y, true), goodS)
}
const flipped = (bytes: Uint8Array, bit: number): Buffer => {
  const copy = Buffer.from(bytes)
  copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
  return copy
}
for (let bit = 0; bit < 256; bit += 17) {
  add(`bit ${bit} of the key flipped`, "invalid", flipped(publicKey, bit), message, pointR, goodS)
  add(`bit ${bit} of R flipped`, "invalid", publicKey, message, flipped(pointR, bit), goodS)
  add(`bit ${bit} of S flipped`, "invalid", publicKey, message, pointR, flipped(encode(goodS), bit))
}

const check = process.argv.includes("--check")
const directory = fileURLToPath(new URL("./v1/", import.meta.url))
const files = new Map([["edges.json", `${JSON.stringify(vectors, null, 2)}\n`]])
reportVectorFiles("conformance/ed25519/v1", vectors.length, syncVectorFiles(directory, files, check), check)
