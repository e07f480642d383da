/** Keys whose seeds everybody knows, so that vectors come out the same every time. Never trust anything they sign. */
import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto"

const pkcs8Prefix = Buffer.from("302e020100300506032b657004220420", "hex")

/** A deterministic signer: its seed is SHA-256 of its name. */
export const sampleKey = (name: string) => {
  const seed = createHash("sha256").update(`farmops conformance ${name}`).digest()
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: "der", type: "pkcs8" })
  const publicKey = createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32).toString("hex")
  return { publicKey, sign: (text: string) => sign(null, Buffer.from(text, "utf8"), key).toString("hex") }
}
