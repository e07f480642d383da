/** Messages of one gRPC stream as bytes: a flag, a length, the message. Both sides of a Session speak it without a library between. */

/** The head of a message: one byte that says whether it is compressed, then its length in four. */
export const frameHeadBytes = 5

/** Writes the head of a message of so many bytes. */
export const writeFrameHead = (into: Buffer, at: number, messageBytes: number): void => {
  into[at] = 0
  into.writeUInt32BE(messageBytes, at + 1)
}

/** The content type of a Session in both directions. */
export const grpcContentType = "application/grpc+proto"

/** The path of a Session. */
export const sessionPath = "/farmops.plugin.v1.FarmPlugin/Session"

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
  let need = frameHeadBytes
  return (piece: Buffer): FrameFault | null => {
    have += piece.length
    waiting.push(piece)
    if (have < need) return null
    const bytes = waiting.length === 1 ? piece : Buffer.concat(waiting, have)
    let at = 0
    for (;;) {
      const left = bytes.length - at
      need = frameHeadBytes
      if (left < frameHeadBytes) break
      if (bytes[at] !== 0) return "compressed"
      const length = bytes.readUInt32BE(at + 1)
      if (length > bytesMax) return "too_large"
      need = frameHeadBytes + length
      if (left < need) break
      // Plain bytes, not Node's own kind: they end up in values that are compared.
      take(new Uint8Array(bytes.buffer, bytes.byteOffset + at + frameHeadBytes, length))
      at += need
    }
    waiting = at === bytes.length ? [] : [bytes.subarray(at)]
    have = bytes.length - at
    return null
  }
}
