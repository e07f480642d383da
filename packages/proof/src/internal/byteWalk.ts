/**
 * A walk over the bytes of one record from its beginning, by the things that a record is made of. Each step answers whether
 * its thing is there; after a `false` the place is of no use.
 */
import { isUtcSecond, recordBytesMax } from "../proofForm.ts"
import { isPartAt, type Part } from "./recordParts.ts"

const utf8 = new TextEncoder()
const strictUtf8 = new TextDecoder("utf-8", { fatal: true })

const timestampBytes = 20
/** Fifteen digits are exact in a double, whatever they are. */
const countDigitsMax = 15

const quote = 0x22
const dash = 0x2d
const zero = 0x30
const seven = 0x37
const eight = 0x38
const nine = 0x39
const colon = 0x3a
const letterT = 0x54
const letterZ = 0x5a
const backslash = 0x5c
const letterA = 0x61
const letterB = 0x62

// As a signed word, which is what bitwise operators give.
const topBits = 0x80808080 | 0

// Adding to each byte of ASCII sets its top bit from a certain value on: from 0 and not from :, or from a and not from g.
const hexBits = (word: number): number =>
  (((word + 0x50505050) & ~(word + 0x46464646)) | ((word + 0x1f1f1f1f) & ~(word + 0x19191919))) & ~word & topBits

const isUtf8 = (bytes: Uint8Array): boolean => {
  try {
    strictUtf8.decode(bytes)
    return true
  } catch {
    return false
  }
}

/** Used again for record after record. */
export class ByteWalk {
  // A step may look a little beyond the end before it finds that it may not.
  readonly bytes = new Uint8Array(recordBytesMax + 256)
  readonly #view = new DataView(this.bytes.buffer)
  /** The place that the walk has come to. */
  at = 0
  end = 0

  /** Copies a line and goes to its beginning; false for one that is too long, or no Unicode. */
  begin(line: string | Uint8Array): boolean {
    if (line.length > recordBytesMax) return false
    this.at = 0
    if (typeof line !== "string") {
      this.bytes.set(line)
      this.end = line.length
      return true
    }
    const { read, written } = utf8.encodeInto(line, this.bytes)
    this.end = written
    // A lone surrogate would be encoded as another character.
    return read === line.length && written <= recordBytesMax && line.isWellFormed()
  }

  part(wanted: Part): boolean {
    if (this.at + wanted.length > this.end || !isPartAt(this.#view, this.at, wanted)) return false
    this.at += wanted.length
    return true
  }

  /** One of the words, none of which begins another. */
  word(words: ReadonlyArray<Part>): boolean {
    for (const word of words) if (this.part(word)) return true
    return false
  }

  /** A text up to the quote behind it, in which nothing is escaped or should be. */
  text(lengthMax: number): boolean {
    const { bytes, end } = this
    const from = this.at
    let to = from
    let length = 0
    let foreign = 0
    for (let byte = bytes[to] ?? 0; to < end && byte !== quote; byte = bytes[++to] ?? 0) {
      if (byte < 0x20 || byte === backslash) return false
      foreign |= byte
      // The other bytes of a character beyond ASCII are 10xxxxxx.
      if ((byte & 0xc0) !== 0x80) length++
    }
    this.at = to
    return length >= 1 && length <= lengthMax && (foreign < 0x80 || isUtf8(bytes.subarray(from, to)))
  }

  /** So many lowercase digits, a multiple of four. */
  hex(digits: number): boolean {
    const to = this.at + digits
    let good = topBits
    for (let at = this.at; at < to; at += 4) good &= hexBits(this.#view.getInt32(at))
    this.at = to
    return good === topBits
  }

  uuid(): boolean {
    const start = this.hex(8) && this.#byte(dash) && this.hex(4) && this.#byte(dash) && this.hex(4)
    return start && this.#byte(dash) && this.hex(4) && this.#byte(dash) && this.hex(12)
  }

  uuidV7(): boolean {
    const version = this.bytes[this.at + 14]
    const variant = this.bytes[this.at + 19]
    const isV7 =
      version === seven && (variant === eight || variant === nine || variant === letterA || variant === letterB)
    return isV7 && this.uuid()
  }

  /** The number, or -1 where there is none, or one that JSON would not spell so. */
  count(): number {
    const { bytes } = this
    const from = this.at
    let value = 0
    for (let byte = bytes[from] ?? 0; byte >= zero && byte <= nine; byte = bytes[++this.at] ?? 0) {
      value = 10 * value + (byte - zero)
    }
    const digits = this.at - from
    return digits === 0 || digits > countDigitsMax || (digits > 1 && bytes[from] === zero) ? -1 : value
  }

  timestamp(): boolean {
    const from = this.at
    const mark = (at: number): number => this.bytes[from + at] ?? 0
    const marks = mark(4) === dash && mark(7) === dash && mark(10) === letterT && mark(13) === colon
    this.at += timestampBytes
    return (
      marks &&
      mark(16) === colon &&
      mark(19) === letterZ &&
      isUtcSecond(
        100 * this.#twoDigits(from) + this.#twoDigits(from + 2),
        this.#twoDigits(from + 5),
        this.#twoDigits(from + 8),
        this.#twoDigits(from + 11),
        this.#twoDigits(from + 14),
        this.#twoDigits(from + 17)
      )
    )
  }

  /** NaN for what is no number: no part of a time may be that. */
  #twoDigits(at: number): number {
    const [tens, ones] = [(this.bytes[at] ?? 0) - zero, (this.bytes[at + 1] ?? 0) - zero]
    return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? 10 * tens + ones : Number.NaN
  }

  #byte(wanted: number): boolean {
    return this.bytes[this.at++] === wanted
  }
}
