/** Bytes as base64 (RFC 4648 §4, with padding) and back, by the functions that every browser has. */

/** Four characters for every three bytes, the last group padded with `=`. */
export const encodeBase64 = (bytes: Uint8Array): string =>
  // Each code unit is one byte, which is how these two functions take bytes.
  btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""))

/** The bytes of a base64 text, or `null` for any spelling but the one that {@link encodeBase64} writes. */
export const decodeBase64 = (text: string): Uint8Array | null => {
  try {
    const bytes = Uint8Array.from(atob(text), (unit) => unit.charCodeAt(0))
    // White space, missing padding and bits that are left over do not survive this.
    return encodeBase64(bytes) === text ? bytes : null
  } catch {
    return null
  }
}
