/** Reads a public key as it is written, and refuses one that no signature may be checked with. */
import { decodeHex } from "../hex.ts"
import { hex32Pattern } from "../proofForm.ts"
import { isStrictPublicKey } from "../strictEd25519.ts"

/** The 32 bytes; null unless it is 64 lowercase hex digits of a key that is not of small order. */
export const publicKeyBytes = (hex: string): Uint8Array | null => {
  const bytes = hex32Pattern.test(hex) ? decodeHex(hex) : null
  return bytes !== null && isStrictPublicKey(bytes) ? bytes : null
}
