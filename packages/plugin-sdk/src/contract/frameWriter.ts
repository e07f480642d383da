/**
 * Writes one protobuf message at a time with its frame, from the last byte to the first: a length is known before it is written, so
 * nothing is moved, and only the finished frame takes memory of its own.
 */
import { frameHeadBytes, writeFrameHead } from "./grpcFrames.ts"

// A usual message finds room. For a larger one there is more, which is let go again.
const roomBytes = 64 * 1024

const varintType = 0
const lengthDelimitedType = 2

let room = Buffer.allocUnsafeSlow(roomBytes)
// Where the bytes that are written begin; they go to the end of the room.
let at = roomBytes

/** Begins a message. What was left of one that was never taken is forgotten. */
export const beginMessage = (): void => {
  if (room.length > roomBytes) room = Buffer.allocUnsafeSlow(roomBytes)
  at = room.length
}

/** How many bytes of the message are written. */
export const writtenBytes = (): number => room.length - at

const reserve = (bytes: number): void => {
  if (bytes > at) {
    const written = room.subarray(at)
    room = Buffer.allocUnsafeSlow(2 * (written.length + bytes))
    at = room.length - written.length
    room.set(written, at)
  }
  at -= bytes
}

const writeVarint = (value: number): void => {
  const bytes = value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5
  reserve(bytes)
  const last = at + bytes - 1
  for (let i = at; i < last; i++) {
    room[i] = value | 0x80
    value >>>= 7
  }
  room[last] = value
}

const writeLongVarint = (value: bigint): void => {
  let rest = value
  let bytes = 1
  for (let high = rest >> 7n; high > 0n; high >>= 7n) bytes++
  reserve(bytes)
  const last = at + bytes - 1
  for (let i = at; i < last; i++) {
    room[i] = Number(rest & 0x7fn) | 0x80
    rest >>= 7n
  }
  room[last] = Number(rest)
}

// Below zero it is written as if it had no sign.
const writeVarint64 = (value: bigint): void => {
  const unsigned = BigInt.asUintN(64, value)
  if (unsigned <= 0xffff_ffffn) writeVarint(Number(unsigned))
  else writeLongVarint(unsigned)
}

const writeTag = (field: number, type: number): void => writeVarint((field << 3) | type)

// As everywhere in proto3, a field that has its default is not written, but for those that say so.

/** A string; null is its default too. */
export const writeText = (field: number, value: string | null): void => {
  if (!value) return
  const bytes = Buffer.byteLength(value)
  reserve(bytes)
  room.write(value, at, bytes, "utf8")
  writeVarint(bytes)
  writeTag(field, lengthDelimitedType)
}

/** The head of bytes that are already there, or that follow the frame. Written even for none. */
export const writeBytesHead = (field: number, bytes: number): void => {
  writeVarint(bytes)
  writeTag(field, lengthDelimitedType)
}

/** Bytes, written even where there are none. */
export const writePresentBytes = (field: number, value: Uint8Array): void => {
  reserve(value.length)
  room.set(value, at)
  writeBytesHead(field, value.length)
}

/** Bytes. */
export const writeBytes = (field: number, value: Uint8Array): void => {
  if (value.length > 0) writePresentBytes(field, value)
}

/** An int32; throws where the value is none. */
export const writeInt32 = (field: number, value: number): void => {
  if (value === 0) return
  if (value !== (value | 0)) throw new RangeError(`${value} is no 32-bit integer`)
  if (value < 0) writeVarint64(BigInt(value))
  else writeVarint(value)
  writeTag(field, varintType)
}

/** An int64 or uint64. */
export const writeInt64 = (field: number, value: bigint): void => {
  if (value === 0n) return
  writeVarint64(value)
  writeTag(field, varintType)
}

/** The frame of the message. `bytesAfter` of it are not in there: they follow, and are sent with it. */
export const takeFrame = (bytesAfter = 0): Buffer => {
  const length = writtenBytes() + bytesAfter
  reserve(frameHeadBytes)
  writeFrameHead(room, at, length)
  const frame = Buffer.allocUnsafe(writtenBytes())
  room.copy(frame, 0, at)
  return frame
}
