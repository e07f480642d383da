/** Judges webhook signatures: HMAC-SHA-256 over the raw bytes, as GitHub (`sha256=` before the hex) and Gitea (hex alone) send it. */
import { checkSignature } from "@farmops/plugin-sdk/sources/webhook/checkSignature"
import { badRequest, type Judge } from "./verdict.ts"

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

export const judgeWebhook: Judge = ({ body_base64, secret, signature }) => {
  if (typeof secret !== "string" || typeof signature !== "string" || typeof body_base64 !== "string") {
    return badRequest("secret, body_base64 and signature must be strings")
  }
  if (!base64.test(body_base64)) return badRequest("body_base64 must be base64 with padding")
  const prefix = signature.startsWith("sha256=") ? "sha256=" : ""
  const good = checkSignature(Buffer.from(body_base64, "base64"), signature, [secret], prefix)
  return good ? { ok: true } : { ok: false, code: "bad_signature" }
}
