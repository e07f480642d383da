/** SHA-256 of a text, as lowercase hex: names what was said without saying it. */
import { createHash } from "node:crypto"

/** Of the text's UTF-8 bytes. */
export const sha256Hex = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex")
