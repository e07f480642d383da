import { Effect } from "effect"

/** Bytes from the platform's cryptographic random source, of which no copy stays here: for keys. */
export const randomBytes = (length: number): Effect.Effect<Uint8Array> =>
  Effect.sync(() => globalThis.crypto.getRandomValues(new Uint8Array(length)))

/** Asking the platform once for this many bytes takes little longer than asking for sixteen. */
const blockBytes = 4096
const block = new Uint8Array(blockBytes)
let taken = blockBytes

/** The same, at most 4,096 bytes, drawn in blocks: for the ids and salts of every proof. Each byte is given out once. */
export const randomBytesOfBlock = (length: number): Effect.Effect<Uint8Array> =>
  Effect.sync(() => {
    if (taken + length > blockBytes) {
      globalThis.crypto.getRandomValues(block)
      taken = 0
    }
    const bytes = block.slice(taken, taken + length)
    block.fill(0, taken, taken + length)
    taken += length
    return bytes
  })
