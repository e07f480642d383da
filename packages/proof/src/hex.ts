/** Bytes as lowercase hex and back, with no dependency, so that a browser can load it. */

const digits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"))

/** As much of Node's Buffer as is used here: no type of Node's may be needed where a browser loads this. */
interface BufferMaker {
  readonly from: (memory: ArrayBufferLike, at: number, length: number) => { toString(encoding: "hex"): string }
}
/** Two lowercase hex digits for each byte. */
export const encodeHex = (bytes: Uint8Array): string => {
  // Where it is there, four times as fast as the loop below.
  const { Buffer: onNode } = globalThis as { readonly Buffer?: BufferMaker }
  if (onNode !== undefined) return onNode.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex")
  let text = ""
  for (const byte of bytes) text += digits[byte]
  return text
}

/** What each unit of a text stands for; 16 for one that is no lowercase hex digit. */
const values = Uint8Array.from({ length: 128 }, (_, unit) => {
  const value = "0123456789abcdef".indexOf(String.fromCharCode(unit))
  return value === -1 ? 16 : value
})

/** Writes the bytes of a lowercase hex text of twice their number; false for an upper-case letter or anything else. */
export const decodeHexInto = (text: string, bytes: Uint8Array): boolean => {
  if (text.length !== 2 * bytes.length) return false
  let bad = 0
  for (let at = 0; at < bytes.length; at++) {
    const high = values[text.charCodeAt(2 * at)] ?? 16
    const low = values[text.charCodeAt(2 * at + 1)] ?? 16
    bad |= high | low
    bytes[at] = (high << 4) | low
  }
  return (bad & 16) === 0
}

/** The same where the digits are ASCII bytes from `from` on, for the bytes `at` to `end` of `into`. */
export const decodeHexAt = (digits: Uint8Array, from: number, into: Uint8Array, at = 0, end = into.length): boolean => {
  let bad = 0
  for (let digit = from; at < end; digit += 2) {
    const high = values[digits[digit] ?? 0] ?? 16
    const low = values[digits[digit + 1] ?? 0] ?? 16
    bad |= high | low
    into[at++] = (high << 4) | low
  }
  return (bad & 16) === 0
}

/** The bytes of a lowercase hex text, or `null` for an odd length, an upper-case letter or anything else. */
export const decodeHex = (text: string): Uint8Array | null => {
  const bytes = new Uint8Array(text.length >> 1)
  return decodeHexInto(text, bytes) ? bytes : null
}
