import { frameHeadBytes, writeFrameHead } from "../src/contract/grpcFrames.ts"

/** Any bytes as a message with its head. */
export const frameMessage = (message: Uint8Array): Buffer => {
  const head = Buffer.alloc(frameHeadBytes)
  writeFrameHead(head, 0, message.length)
  return Buffer.concat([head, message])
}
