/** Whether a body was signed with one of the secrets: HMAC-SHA-256 over its raw bytes, before anybody reads them. */
import { createHmac } from "node:crypto"
import { equalSecret } from "../receive/equalSecret.ts"

/** `given` is the header's value. Every secret is tried, so that the time tells nothing of which one it was. */
export const checkSignature = (
  body: Uint8Array,
  given: string | undefined,
  secrets: ReadonlyArray<string | Uint8Array>,
  prefix: string
): boolean => {
  const value = given ?? ""
  return secrets.reduce((good, secret) => {
    const wanted = prefix + createHmac("sha256", secret).update(body).digest("hex")
    return equalSecret(value, wanted) || good
  }, false)
}
