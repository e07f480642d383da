/** Cuts a file into lines as bytes, in constant memory. The bytes are not decoded: what was signed is bytes. */
import { createReadStream } from "node:fs"

// A proof record has at most 8,192 bytes. A longer line is handed on cut at this length: it is refused whatever follows.
const lineBytesMax = 16_384

/** The lines of a file, without their "\n", in groups as they were read. A last line needs no "\n"; an empty file has none. */
export async function* readLines(path: string, signal?: AbortSignal): AsyncGenerator<ReadonlyArray<Uint8Array>> {
  let rest: Buffer = Buffer.alloc(0)
  const stream = createReadStream(path, { highWaterMark: 256 * 1024, ...(signal === undefined ? {} : { signal }) })
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const lines: Array<Uint8Array> = []
    let from = 0
    for (let at = data.indexOf(10); at !== -1; at = data.indexOf(10, from)) {
      lines.push(data.subarray(from, Math.min(at, from + lineBytesMax)))
      from = at + 1
    }
    rest = data.subarray(from)
    // Everything past the limit is dropped, so a file without a line break cannot fill memory.
    if (rest.length > lineBytesMax) rest = Buffer.from(rest.subarray(0, lineBytesMax))
    if (lines.length > 0) yield lines
  }
  if (rest.length > 0) yield [rest]
}
