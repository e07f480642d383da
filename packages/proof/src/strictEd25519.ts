/**
 * Our own verdict on the edges of Ed25519 (RFC 8032), taken before any library is asked. Libraries and their versions
 * disagree on small-order points, encodings that are not reduced and oversized scalars; none of these is ever made by
 * an honest signer, so all are refused and every backend gives the same answer on every input.
 */
import { encodeHex } from "./hex.ts"

/** Hashing and verification as `verify.ts` needs them. `verify` must be strict: wrap it with {@link strictBackend}. */
export interface VerifyBackend {
  readonly sha256: (bytes: Uint8Array) => Uint8Array
  /** The same as lowercase hex, where the library makes that faster than we do. */
  readonly sha256Hex?: (bytes: Uint8Array) => string
  readonly verify: (signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array) => boolean
}

/** Lowercase hex SHA-256, by the shorter way that the backend has. */
export const hashHex = (backend: VerifyBackend, bytes: Uint8Array): string =>
  backend.sha256Hex === undefined ? encodeHex(backend.sha256(bytes)) : backend.sha256Hex(bytes)

/** Bytes of an Ed25519 public key. */
export const publicKeyBytes = 32

/** Bytes of an Ed25519 signature: the point R, then the scalar S. */
export const signatureBytes = 64

// Little-endian bytes of the y coordinates of the eight points whose order divides 8: two values of ±x share each y.
// With both signs of x, and with y + p for the two small y, they make the 14 low-order encodings; the two y + p are
// refused by `isReduced` already.
const smallOrderY = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"
].map((hex) => Uint8Array.from({ length: 32 }, (_, at) => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16)))

/** The group order L = 2^252 + 27742317777372353535851937790883648493, little-endian. */
const order = Uint8Array.from([
  0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0x10
])

const isSmallOrder = (point: Uint8Array): boolean => {
  const top = (point[31] ?? 0) & 0x7f
  // Nearly every point differs in its top byte already, and nothing here is secret.
  return smallOrderY.some((y) => y[31] === top && y.every((byte, at) => at === 31 || byte === point[at]))
}

/** Whether y < p = 2^255 − 19. A larger y is a second spelling of a point that has one already. */
const isReduced = (point: Uint8Array): boolean => {
  if (((point[31] ?? 0) & 0x7f) !== 0x7f) return true
  for (let at = 30; at >= 1; at--) if (point[at] !== 0xff) return true
  return (point[0] ?? 0) < 0xed
}

/** Whether S < L (RFC 8032 §5.1.7): otherwise S + L would be a second signature for the same message. */
const isReducedScalar = (signature: Uint8Array): boolean => {
  for (let at = 31; at >= 0; at--) {
    const difference = (signature[32 + at] ?? 0) - (order[at] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return false
}

/** Whether a public key may be trusted at all: 32 bytes, one spelling, not of small order. Says nothing of being on the curve. */
export const isStrictPublicKey = (publicKey: Uint8Array): boolean =>
  publicKey.length === publicKeyBytes && isReduced(publicKey) && !isSmallOrder(publicKey)

/** Whether a signature is worth verifying: 64 bytes, R in its one spelling and not of small order, S below the group order. */
export const isStrictSignature = (signature: Uint8Array): boolean =>
  // R comes first, so what looks at a point looks at R.
  signature.length === signatureBytes && isReduced(signature) && !isSmallOrder(signature) && isReducedScalar(signature)

/** Puts the strict checks in front of a library's `verify`, which must use the equation without the cofactor. */
export const strictBackend = (library: VerifyBackend): VerifyBackend => ({
  ...library,
  verify: (signature, message, publicKey) =>
    isStrictPublicKey(publicKey) && isStrictSignature(signature) && library.verify(signature, message, publicKey)
})
