/** Reads a short file whole before it is judged. */
import type { FileVerdict, KindReader } from "./fileVerdict.ts"

/** Collects at most one byte more than `bytesMax`, so that `judge` still sees that a file is too long. */
export const readWhole = (bytesMax: number, judge: (bytes: Uint8Array) => FileVerdict): KindReader => {
  const held = new Uint8Array(bytesMax + 1)
  let length = 0
  const finish = () => judge(held.subarray(0, length))
  return {
    push: (piece) => {
      const part = piece.subarray(0, held.length - length)
      held.set(part, length)
      length += part.length
      return length === held.length ? finish() : null
    },
    finish,
    count: () => 0
  }
}
