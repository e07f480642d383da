/** The ids of a long chain in half the memory of their texts: each is its 16 bytes, in one open-addressed table. */
import { decodeHex, decodeHexAt } from "../hex.ts"

/** Bytes of a UUID. */
export const packedIdBytes = 16

/** The 16 bytes of a UUID in its one spelling. */
export const packId = (id: string): Uint8Array => decodeHex(id.replaceAll("-", "")) ?? new Uint8Array(packedIdBytes)

// Where a UUID's groups begin in its text, and in its bytes.
const groups = [
  [0, 0, 4],
  [9, 4, 6],
  [14, 6, 8],
  [19, 8, 10],
  [24, 10, 16]
] as const

/** The same, where the text's own bytes lie at `from`. */
export const packIdAt = (bytes: Uint8Array, from: number, into: Uint8Array): void => {
  for (const [text, at, end] of groups) decodeHexAt(bytes, from + text, into, at, end)
}

/** Of 64 places; a set for each of a thousand agents costs little. */
const firstBytes = 64 * packedIdBytes

// Never 0 in a UUID of version 7: an empty place shows by it.
const versionByte = 6

/** A random word for each value of each byte. Secret, or an agent could choose ids that all meet in one place. */
let words: Uint32Array | null = null

/** A set of packed ids: at most 64 bytes of memory each, and no object. */
export class ProofIds {
  #places = new Uint8Array(firstBytes)
  #count = 0
  readonly #words: Uint32Array

  constructor() {
    words ??= globalThis.crypto.getRandomValues(new Uint32Array(256 * packedIdBytes))
    this.#words = words
  }

  /** The id lies at `from`, here and below. */
  has(id: Uint8Array, from = 0): boolean {
    return this.#places[this.#find(id, from) + versionByte] !== 0
  }

  add(id: Uint8Array, from = 0): void {
    const place = this.#find(id, from)
    if (this.#places[place + versionByte] !== 0) return
    this.#put(place, id, from)
    // Half of the places stay empty, so that the way to one is short.
    if (++this.#count * 2 * packedIdBytes > this.#places.length) this.#grow()
  }

  /** Adds ids that lie one after another and answers true, or adds none of them where one is known. */
  addAll(ids: Uint8Array): boolean {
    for (let at = 0; at < ids.length; at += packedIdBytes) if (this.has(ids, at)) return false
    for (let at = 0; at < ids.length; at += packedIdBytes) this.add(ids, at)
    return true
  }

  /** Where the id lies, or the empty place in which it would. */
  #find(id: Uint8Array, from: number): number {
    const places = this.#places
    let hash = 0
    for (let at = 0; at < packedIdBytes; at++) hash ^= this.#words[(at << 8) | (id[from + at] ?? 0)] ?? 0
    // There are a power of two places.
    const mask = places.length / packedIdBytes - 1
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const place = at * packedIdBytes
      if (places[place + versionByte] === 0) return place
      let same = 0
      while (same < packedIdBytes && places[place + same] === id[from + same]) same++
      if (same === packedIdBytes) return place
    }
  }

  #put(place: number, id: Uint8Array, from: number): void {
    for (let at = 0; at < packedIdBytes; at++) this.#places[place + at] = id[from + at] ?? 0
  }

  #grow(): void {
    const old = this.#places
    this.#places = new Uint8Array(2 * old.length)
    for (let at = 0; at < old.length; at += packedIdBytes) {
      if (old[at + versionByte] !== 0) this.#put(this.#find(old, at), old, at)
    }
  }
}
