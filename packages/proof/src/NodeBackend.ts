/** Verification with OpenSSL through `node:crypto`. The default on Node. */
import { createPublicKey, hash, type KeyObject, verify } from "node:crypto"
import { strictBackend, type VerifyBackend } from "./strictEd25519.ts"

/** Importing a key costs as much as half a verification; a tracker meets the same few agents again and again. */
const cachedKeysMax = 256
const cachedKeys = new Map<string, KeyObject>()

// RFC 8410: SubjectPublicKeyInfo of an Ed25519 key is this prefix and the 32 bytes.
const spkiPrefix = Uint8Array.from([0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00])

const importKey = (publicKey: Uint8Array): KeyObject => {
  // Bytes as a flat text: hex would be built digit by digit at every signature.
  const name = Buffer.from(publicKey.buffer, publicKey.byteOffset, publicKey.length).toString("latin1")
  const known = cachedKeys.get(name)
  if (known !== undefined) return known
  const key = createPublicKey({ key: Buffer.concat([spkiPrefix, publicKey]), format: "der", type: "spki" })
  if (cachedKeys.size >= cachedKeysMax) {
    // A Map iterates in insertion order: drop the oldest.
    for (const oldest of cachedKeys.keys()) {
      cachedKeys.delete(oldest)
      break
    }
  }
  cachedKeys.set(name, key)
  return key
}

/** Strict Ed25519 and SHA-256 by `node:crypto`. Imported keys are cached, at most 256. */
export const nodeBackend: VerifyBackend = strictBackend({
  sha256: (bytes) => hash("sha256", bytes, "buffer"),
  sha256Hex: (bytes) => hash("sha256", bytes, "hex"),
  verify: (signature, message, publicKey) => {
    try {
      return verify(null, message, importKey(publicKey), signature)
    } catch {
      // OpenSSL may refuse 32 bytes that are no point of the curve.
      return false
    }
  }
})
