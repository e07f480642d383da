/** A second good signature over the same record: Ed25519 has one for each nonce, and only honest signers keep to one. */
import { createHash } from "node:crypto"
import { canonicalJson } from "@farmops/proof/canonicalJson"
import { Point } from "@noble/ed25519"
import type { Loose } from "../proof/sampleProofs.ts"

const { n: order } = Point.CURVE()
const sha512 = (...parts: ReadonlyArray<Uint8Array>): Buffer => {
  const hash = createHash("sha512")
  for (const part of parts) hash.update(part)
  return hash.digest()
}
const littleEndian = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`)

/** The record signed by the sample key of this name, with a nonce that RFC 8032 would not have chosen. */
export const signedAgain = (record: Loose, name: string): { readonly record: Loose; readonly text: string } => {
  const { signature: _, ...unsigned } = record
  const message = Buffer.from(canonicalJson(unsigned))
  const seed = createHash("sha256").update(`farmops conformance ${name}`).digest()
  const half = sha512(seed).subarray(0, 32)
  half.writeUInt8(half.readUInt8(0) & 0xf8, 0)
  half.writeUInt8((half.readUInt8(31) & 0x3f) | 0x40, 31)
  const secret = littleEndian(half) % order
  const nonce = littleEndian(sha512(Buffer.from("farmops conformance another nonce"), message)) % order
  const pointR = Buffer.from(Point.BASE.multiply(nonce).toBytes())
  const key = Point.BASE.multiply(secret).toBytes()
  const scalar = (nonce + (littleEndian(sha512(pointR, key, message)) % order) * secret) % order
  const scalarS = Buffer.from(scalar.toString(16).padStart(64, "0"), "hex").reverse()
  const whole = { ...unsigned, signature: Buffer.concat([pointR, scalarS]).toString("hex") }
  return { record: whole, text: canonicalJson(whole) }
}
