/** Cuts bytes that come in pieces into lines, in constant memory. Nothing is decoded: what was signed is bytes. */

/** Takes pieces in order and hands on each line once it is whole, without its line feed. */
export interface LineSplitter {
  /** The lines that this piece ends. Each is good until the next call: it may lie in the piece itself. */
  readonly push: (piece: Uint8Array) => ReadonlyArray<Uint8Array>
  /** What follows the last line feed, or `null` when nothing does. */
  readonly rest: () => Uint8Array | null
}

const lineFeed = 0x0a

/**
 * A line longer than `lineBytesMax` is handed on cut at that length, and the rest of it is dropped, so a file without a line
 * feed cannot fill memory. The limit must lie above what any reader of the lines accepts.
 */
export const makeLineSplitter = (lineBytesMax: number): LineSplitter => {
  let held = new Uint8Array(0)
  const hold = (part: Uint8Array): void => {
    const room = lineBytesMax - held.length
    if (part.length === 0 || room === 0) return
    const joined = new Uint8Array(held.length + Math.min(part.length, room))
    joined.set(held)
    joined.set(part.subarray(0, room), held.length)
    held = joined
  }
  const push = (piece: Uint8Array): ReadonlyArray<Uint8Array> => {
    const lines: Array<Uint8Array> = []
    let from = 0
    for (let at = piece.indexOf(lineFeed); at !== -1; at = piece.indexOf(lineFeed, from)) {
      if (held.length === 0) lines.push(piece.subarray(from, Math.min(at, from + lineBytesMax)))
      else {
        hold(piece.subarray(from, at))
        lines.push(held)
        held = new Uint8Array(0)
      }
      from = at + 1
    }
    hold(piece.subarray(from))
    return lines
  }
  return { push, rest: () => (held.length === 0 ? null : held) }
}
