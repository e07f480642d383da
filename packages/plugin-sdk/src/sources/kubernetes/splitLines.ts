/** Cuts a watch into its lines, each one event. A line longer than it may be is refused before it fills memory. */

/** A line would have been longer than allowed, or an object of a list. The stream cannot be read on. */
export class PieceTooLarge extends Error {}

/** Takes chunks as they come; gives the whole lines that each completes, without their ends and without empty ones. */
export const makeLineSplitter = (lineBytesMax: number): ((chunk: Buffer) => ReadonlyArray<string>) => {
  let parts: Array<Buffer> = []
  let bytes = 0
  const add = (part: Buffer) => {
    bytes += part.length
    // Untrusted: only the server decides when a line ends.
    if (bytes > lineBytesMax) throw new PieceTooLarge("a line is too long")
    parts.push(part)
  }
  return (chunk) => {
    const lines: Array<string> = []
    let start = 0
    for (;;) {
      const end = chunk.indexOf(0x0a, start)
      add(chunk.subarray(start, end === -1 ? chunk.length : end))
      if (end === -1) return lines
      if (bytes > 0) lines.push(Buffer.concat(parts).toString("utf8"))
      parts = []
      bytes = 0
      start = end + 1
    }
  }
}
