/** A short name for a public key that a person can compare by eye before approving it. */
import { sha256 } from "@noble/hashes/sha2.js"
import { decodeHex, encodeHex } from "./hex.ts"

/** The first 16 bytes of SHA-256 of the key bytes, as eight groups of four hex digits. */
export const keyFingerprint = (publicKey: Uint8Array): string =>
  encodeHex(sha256(publicKey).subarray(0, 16)).replace(/(.{4})(?=.)/g, "$1-")

/** The fingerprint of a key in hex, or `null` for a text that is not lowercase hex. */
export const fingerprintOf = (publicKeyHex: string): string | null => {
  const publicKey = decodeHex(publicKeyHex)
  return publicKey === null ? null : keyFingerprint(publicKey)
}
