/** Reads bytes as text. */

// ignoreBOM keeps a byte order mark in the text, where the check of the form refuses it.
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** The text; null for what is not well-formed UTF-8. */
export const decodeUtf8 = (bytes: Uint8Array): string | null => {
  try {
    return strictUtf8.decode(bytes)
  } catch {
    return null
  }
}
