/** `node:http2` alone, a stream for each call: the observation's bytes there, the evidence's bytes back, and no contract between. */
import { connect as connectHttp2, createServer } from "node:http2"
import { connect } from "node:net"
import { peerResponse, rawData } from "./messages.ts"

/** Answers what is JSON. */
export const serveRawHttp2 = (socket: string): Promise<void> => {
  const server = createServer()
  server.on("stream", (stream) => {
    const pieces: Array<Buffer> = []
    stream.on("data", (piece: Buffer) => pieces.push(piece))
    stream.on("end", () => {
      JSON.parse(Buffer.concat(pieces).toString("utf8"))
      stream.respond({ ":status": 200 })
      stream.end(peerResponse.evidence)
    })
  })
  return new Promise((listening) => server.listen(socket, listening))
}

/** One stream after another. */
export const callRawHttp2 = (socket: string) => {
  const connection = connectHttp2("http://plugin", { createConnection: () => connect(socket) })
  return () =>
    new Promise<void>((done, fail) => {
      const stream = connection.request({ ":method": "POST", ":path": "/verify" })
      let bytes = 0
      stream.on("data", (piece: Buffer) => {
        bytes += piece.length
      })
      stream.on("error", fail)
      stream.on("end", () => (bytes === peerResponse.evidence.length ? done() : fail(new Error("a short answer"))))
      stream.end(rawData)
    })
}
