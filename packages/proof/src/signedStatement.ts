/**
 * Signatures over anything that is not a proof. The bytes are `utf8(tag) ‖ 0x00 ‖ canonicalJson(body)`: the tag says what
 * kind of statement it is, so no signature can pass for another kind, nor for a proof, which starts with `{`.
 */
import { CanonicalJsonError, canonicalJson } from "./canonicalJson.ts"
import { decodeHex } from "./hex.ts"
import { hex32Pattern, hex64Pattern } from "./proofForm.ts"
import type { VerifyBackend } from "./strictEd25519.ts"

/** Every kind of statement that a FarmOps key signs. */
export const statementTags = [
  "farmops/enrolment/v1",
  "farmops/rotation/v1",
  "farmops/event/v1",
  "farmops/tracker-rotation/v1",
  "farmops/archive/v1",
  "farmops/snapshot/v1",
  "farmops/registration/v1",
  "farmops/departure/v1"
] as const

/** One of {@link statementTags}. */
export type StatementTag = (typeof statementTags)[number]

/** The exact bytes under the signature. Throws `CanonicalJsonError` when the body is not plain JSON. */
export const statementBytes = (tag: StatementTag, body: object): Uint8Array =>
  new TextEncoder().encode(`${tag}\u0000${canonicalJson(body)}`)

/** Signs a body of plain JSON; 128 lowercase hex digits. A body that is not plain JSON is a bug and throws. */
export const signStatement = (
  key: { readonly sign: (message: Uint8Array) => string },
  tag: StatementTag,
  body: object
): string => key.sign(statementBytes(tag, body))

/** Whether this key signed this body under this tag. `body` must hold exactly what was signed, no default filled in. */
export const verifyStatement = (
  backend: VerifyBackend,
  publicKey: string,
  tag: StatementTag,
  body: object,
  signature: string
): boolean => {
  // Untrusted: all of it came over the network.
  const keyBytes = hex32Pattern.test(publicKey) ? decodeHex(publicKey) : null
  const signatureBytes = hex64Pattern.test(signature) ? decodeHex(signature) : null
  if (keyBytes === null || signatureBytes === null) return false
  try {
    return backend.verify(signatureBytes, statementBytes(tag, body), keyBytes)
  } catch (error) {
    if (error instanceof CanonicalJsonError) return false
    throw error
  }
}
