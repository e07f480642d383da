/** Messages of one gRPC stream as bytes: a flag, a length, the message. Both sides of a Session speak it without a library between. */

// One byte that says whether the message is compressed, then its length in four.
const headBytes = 5

/** The content type of a Session in both directions. */
export const grpcContentType = "application/grpc+proto"

/** The path of a Session. */
export const sessionPath = "/farmops.plugin.v1.FarmPlugin/Session"

/** A message, given in pieces, with its head: ready to be written at once. */
export const frameMessage = (...pieces: ReadonlyArray<Uint8Array>): Buffer => {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
  const frame = Buffer.allocUnsafe(headBytes + length)
  frame[0] = 0
  frame.writeUInt32BE(length, 1)
  let at = headBytes
  for (const piece of pieces) {
    frame.set(piece, at)
    at += piece.length
  }
  return frame
}

/** Why a stream cannot be read on: nobody knows where its next message begins. */
export type FrameFault = "too_large" | "compressed"

/**
 * Cuts what comes in into messages, each of at most `bytesMax`, and gives them to `take`, in order. Once it has answered with a
 * fault it must not be called again. A message that came in one piece is not copied.
 */
export const makeFrameReader = (bytesMax: number, take: (message: Uint8Array) => void) => {
  let waiting: Array<Buffer> = []
  let have = 0
  // How much must be there before it is worth looking: a large message in many pieces is put together once.
  let need = headBytes
  return (piece: Buffer): FrameFault | null => {
    have += piece.length
    waiting.push(piece)
    if (have < need) return null
    const bytes = waiting.length === 1 ? piece : Buffer.concat(waiting, have)
    let at = 0
    for (;;) {
      const left = bytes.length - at
      need = headBytes
      if (left < headBytes) break
      if (bytes[at] !== 0) return "compressed"
      const length = bytes.readUInt32BE(at + 1)
      if (length > bytesMax) return "too_large"
      need = headBytes + length
      if (left < need) break
      // Plain bytes, not Node's own kind: they end up in values that are compared.
      take(new Uint8Array(bytes.buffer, bytes.byteOffset + at + headBytes, length))
      at += need
    }
    waiting = at === bytes.length ? [] : [bytes.subarray(at)]
    have = bytes.length - at
    return null
  }
}
