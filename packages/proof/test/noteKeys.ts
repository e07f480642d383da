/** Keys that sign notes, the same on every run. */
import { sampleKey } from "../../../conformance/proof/sampleKeys.ts"

export const noteKey = (name: string) => {
  const { publicKey, sign } = sampleKey(name)
  return { publicKey, sign: (message: Uint8Array) => sign(Buffer.from(message).toString("utf8")) }
}

/** Every text that differs from this one in one bit of its UTF-8 and is still UTF-8. */
export const flippedTexts = function* (text: string): Generator<string> {
  const bytes = Buffer.from(text, "utf8")
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const edited = Uint8Array.from(bytes)
    edited[bit >> 3] = (edited[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    try {
      yield new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(edited)
    } catch {
      // No text: a reader of the file refuses it.
    }
  }
}
