/** Bytes as lowercase hex and back, with no dependency, so that a browser can load it. */

const digits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"))

/** Two lowercase hex digits for each byte. */
export const encodeHex = (bytes: Uint8Array): string => {
  let text = ""
  for (const byte of bytes) text += digits[byte]
  return text
}

const valueOf = (unit: number): number => {
  if (unit >= 48 && unit <= 57) return unit - 48
  if (unit >= 97 && unit <= 102) return unit - 87
  return -1
}

/** The bytes of a lowercase hex text, or `null` for an odd length, an upper-case letter or anything else. */
export const decodeHex = (text: string): Uint8Array | null => {
  if (text.length % 2 !== 0) return null
  const bytes = new Uint8Array(text.length / 2)
  for (let at = 0; at < bytes.length; at++) {
    const high = valueOf(text.charCodeAt(2 * at))
    const low = valueOf(text.charCodeAt(2 * at + 1))
    if (high < 0 || low < 0) return null
    bytes[at] = high * 16 + low
  }
  return bytes
}
