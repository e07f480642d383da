/** The ids of a long chain in half the memory of their texts: each is its 16 bytes. */
import { decodeHex } from "../hex.ts"

/** Bytes of a UUID. */
export const packedIdBytes = 16

const hexOf = (id: string): string => id.replaceAll("-", "")

/** The 16 bytes of a UUID in its one spelling. */
export const packId = (id: string): Uint8Array => decodeHex(hexOf(id)) ?? new Uint8Array(packedIdBytes)

/** A set of ids that takes them one by one as text, or many at once packed one after another. */
export interface ProofIds {
  readonly has: (id: string) => boolean
  readonly add: (id: string) => void
  /** Adds all and answers true, or adds none of them where one is known. */
  readonly addPacked: (packed: Uint8Array) => boolean
}

/** An empty set. */
export const makeProofIds = (): ProofIds => {
  // A text of 16 units below 256 takes one byte each, and the engine hashes it with a secret seed.
  const known = new Set<string>()
  const key = (id: string) => Buffer.from(hexOf(id), "hex").toString("latin1")
  return {
    has: (id) => known.has(key(id)),
    add: (id) => void known.add(key(id)),
    addPacked: (packed) => {
      const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.length)
      const keys: Array<string> = []
      for (let at = 0; at < bytes.length; at += packedIdBytes)
        keys.push(bytes.toString("latin1", at, at + packedIdBytes))
      if (keys.some((one) => known.has(one))) return false
      for (const one of keys) known.add(one)
      return true
    }
  }
}
