/** Bytes as base64 (RFC 4648 §4, with padding) and back, with no dependency, so that a browser can load it. */

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
const valueOf = new Map([...digits].map((digit, value) => [digit, value]))

/** Four characters for every three bytes, the last group padded with `=`. */
export const encodeBase64 = (bytes: Uint8Array): string => {
  let text = ""
  for (let at = 0; at < bytes.length; at += 3) {
    const [first = 0, second = 0, third = 0] = bytes.subarray(at, at + 3)
    const group = (first << 16) | (second << 8) | third
    const left = bytes.length - at
    text += digits.charAt(group >> 18) + digits.charAt((group >> 12) & 63)
    text += (left > 1 ? digits.charAt((group >> 6) & 63) : "=") + (left > 2 ? digits.charAt(group & 63) : "=")
  }
  return text
}

/** The bytes of a base64 text, or `null` for any spelling but the one that {@link encodeBase64} writes. */
export const decodeBase64 = (text: string): Uint8Array | null => {
  if (text.length % 4 !== 0) return null
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0
  const bytes = new Uint8Array((text.length / 4) * 3 - padding)
  for (let at = 0; at < text.length; at += 4) {
    let group = 0
    for (let digit = at; digit < at + 4; digit++) {
      // Padding counts as zero here; anywhere but at the end it does not survive the comparison below.
      const value = text[digit] === "=" ? 0 : valueOf.get(text[digit] ?? "")
      if (value === undefined) return null
      group = (group << 6) | value
    }
    const to = (at / 4) * 3
    bytes[to] = group >> 16
    bytes[to + 1] = group >> 8
    bytes[to + 2] = group
  }
  return encodeBase64(bytes) === text ? bytes : null
}
