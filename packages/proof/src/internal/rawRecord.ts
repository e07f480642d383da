/**
 * Finds the parts of a canonical record in its bytes, walking from the end without parsing.
 *
 * Unambiguous: after the free texts come only words, numbers, hex and fixed keys, so each part ends where the next begins.
 * A text cannot pass for a key, as its own `"` is always escaped: `,"` never stands inside one.
 */
import { recordBytesMax } from "../proofForm.ts"
import {
  afterPrevId,
  closing,
  hintsKey,
  isPartAt,
  noParent,
  outcomeKey,
  type Part,
  possessionKey,
  prevHashKey,
  prevIdKey,
  proofIdKey,
  rotationKey,
  sequenceKey,
  signatureKey,
  statusKey,
  timestampKey,
  verifiedKey
} from "./recordParts.ts"

const utf8 = new TextEncoder()

const timestampBytes = 20
const signatureDigits = 128

/** Digits of a hash in a record. */
export const hashDigits = 64

/** Bytes of a UUID in a record. */
export const idBytes = 36

/** Numbers have at most 16 digits, so this is more than the hints ever take. */
const hintsBytesMax = 160
/** Longer than every word that `status` may be. */
const statusBytesMax = 16

const quote = 0x22
const zero = 0x30
const nine = 0x39
const brace = 0x7b
const letterE = 0x65
const letterL = 0x6c
const letterT = 0x74

const notHex = Uint8Array.from({ length: 256 }, (_, byte) =>
  "0123456789abcdef".includes(String.fromCharCode(byte)) ? 0 : 1
)

/** One record's bytes, copied here, and the offsets of its parts. Used again for record after record. */
export class RawRecord {
  readonly bytes = new Uint8Array(recordBytesMax + hashDigits)
  readonly #view = new DataView(this.bytes.buffer)
  readonly #hash = this.bytes.subarray(recordBytesMax)
  /** Of `,"signature":"…"`; it ends where `,"timestamp":"` begins. */
  signature = 0
  timestamp = 0
  end = 0
  sequence = 0
  proofId = 0
  /** False where both of the next two are `null`. */
  hasParent = false
  prevId = 0
  prevHash = 0
  /** Whether the record hands its chain over to another key. */
  rotates = false

  /** Takes a stored line in and finds its parts; false for one that is not laid out as a canonical record is. */
  load(line: string | Uint8Array): boolean {
    if (line.length > recordBytesMax) return false
    if (typeof line !== "string") {
      this.bytes.set(line)
      this.end = line.length
    } else if (!this.#encode(line)) return false
    return this.#locateTail() && this.#locateMiddle() && this.#locateParent()
  }

  /** A lone surrogate would be encoded as another character. A text that has no room is longer than any record. */
  #encode(line: string): boolean {
    const { read, written } = utf8.encodeInto(line, this.bytes)
    this.end = written
    return read === line.length && written <= recordBytesMax && line.isWellFormed()
  }

  /** The bytes that are signed and hashed. They take the place of the record, whose parts before the signature stay. */
  toUnsigned(): Uint8Array {
    this.bytes.copyWithin(this.signature, this.timestamp, this.end)
    return this.bytes.subarray(0, this.signature + this.end - this.timestamp)
  }

  /** The number in `sequence`, or -1 for one that JSON would not spell so. */
  sequenceNumber(): number {
    let value = 0
    for (let at = this.sequence; at < this.signature; at++) value = 10 * value + ((this.bytes[at] ?? 0) - zero)
    return this.bytes[this.sequence] === zero && this.signature - this.sequence > 1 ? -1 : value
  }

  /** Puts the record's hash beside it, where the next record's {@link carriesHashOf} looks for it. */
  putHash(hash: string): void {
    utf8.encodeInto(hash, this.#hash)
  }

  carriesHashOf(parent: RawRecord): boolean {
    return this.#equals(this.prevHash, parent, recordBytesMax, hashDigits)
  }

  carriesIdOf(parent: RawRecord): boolean {
    return this.#equals(this.prevId, parent, parent.proofId, idBytes)
  }

  #equals(from: number, other: RawRecord, otherFrom: number, length: number): boolean {
    for (let at = 0; at < length; at += 4) {
      if (this.#view.getInt32(from + at) !== other.#view.getInt32(otherFrom + at)) return false
    }
    return true
  }

  /** Whether the part stands just before `end`. */
  #endsWith(end: number, part: Part): boolean {
    return end >= part.length && isPartAt(this.#view, end - part.length, part)
  }

  /** What the hash does not cover, the signature and its key, is compared byte by byte here: nothing else would notice a change. */
  #locateTail(): boolean {
    const { bytes } = this
    const time = this.end - closing.length - timestampBytes
    this.timestamp = time - timestampKey.length + 1
    const digits = this.timestamp - 1 - signatureDigits
    this.signature = digits - signatureKey.length
    if (!this.#endsWith(this.end, closing) || !this.#endsWith(time, timestampKey)) return false
    if (!this.#endsWith(digits, signatureKey)) return false
    let bad = 0
    for (let at = digits; at < digits + signatureDigits; at += 4) {
      // Four at a time: twice as fast.
      bad |= notHex[bytes[at] ?? 0] ?? 1
      bad |= notHex[bytes[at + 1] ?? 0] ?? 1
      bad |= notHex[bytes[at + 2] ?? 0] ?? 1
      bad |= notHex[bytes[at + 3] ?? 0] ?? 1
    }
    return bad === 0
  }

  #locateMiddle(): boolean {
    const { bytes } = this
    let from = this.signature
    for (let byte = bytes[from - 1] ?? 0; byte >= zero && byte <= nine; byte = bytes[from - 1] ?? 0) from--
    this.sequence = from
    if (from === this.signature || !this.#endsWith(from, sequenceKey)) return false
    const hintsEnd = from - sequenceKey.length
    from = hintsEnd
    while (bytes[from] !== brace) if (--from < hintsEnd - hintsBytesMax) return false
    this.proofId = from - hintsKey.length - idBytes
    return this.#endsWith(from, hintsKey) && this.#endsWith(this.proofId, proofIdKey)
  }

  #locateParent(): boolean {
    const end = this.proofId - proofIdKey.length
    this.hasParent = this.bytes[end - 2] !== letterL
    if (!this.hasParent) {
      return this.#endsWith(end, noParent) && this.#locateOutcome(end - noParent.length)
    }
    this.prevId = end - afterPrevId.length - idBytes
    this.prevHash = this.prevId - prevIdKey.length - hashDigits
    return (
      this.#endsWith(end, afterPrevId) &&
      this.#endsWith(this.prevId, prevIdKey) &&
      this.#endsWith(this.prevHash, prevHashKey) &&
      this.#locateOutcome(this.prevHash - prevHashKey.length)
    )
  }

  #locateOutcome(outcomeEnd: number): boolean {
    const { bytes } = this
    const verified = outcomeEnd - (bytes[outcomeEnd - 4] === letterT ? 4 : 5)
    if (bytes[outcomeEnd - 1] !== letterE || !this.#endsWith(verified, verifiedKey)) return false
    const statusEnd = verified - verifiedKey.length
    let from = statusEnd
    while (bytes[from - 1] !== quote) if (--from < statusEnd - statusBytesMax) return false
    const evidence = from - statusKey.length - hashDigits
    if (!this.#endsWith(from, statusKey) || !this.#endsWith(evidence, outcomeKey)) return false
    // Before the outcome stands the agent or the rotation; each ends with a quote and a brace.
    const possession = evidence - outcomeKey.length - 1 - signatureDigits
    this.rotates =
      this.#endsWith(possession, possessionKey) &&
      this.#endsWith(possession - possessionKey.length - hashDigits, rotationKey)
    return true
  }
}
