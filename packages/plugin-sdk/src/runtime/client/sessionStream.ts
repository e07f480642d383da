/**
 * One stream to a plugin, from its first byte to its end. Plain HTTP/2 with gRPC's framing, since a library's machinery for each
 * message costs several times the message itself. Whatever ends the stream settles every call that waits in it.
 */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  type IncomingHttpHeaders
} from "node:http2"
import { Code, ConnectError } from "@connectrpc/connect"
import { Effect, Redacted } from "effect"
import { decodeSessionResponse } from "../../contract/decodeSession.ts"
import { grpcContentType, makeFrameReader, sessionPath } from "../../contract/grpcFrames.ts"
import { messageBytesMax } from "../../contract/Observation.ts"
import type { VerifyResponse } from "../../gen/farmops/plugin/v1/plugin_pb.ts"
import { connectPlugin } from "./connectPlugin.ts"

/** Ends one call. */
export type Settle = (exit: Effect.Effect<VerifyResponse, ConnectError>) => void

/** A stream, and the calls that wait in it by their ids. */
export interface OpenStream {
  /** What belongs together, as one: no piece of it may change any more. */
  readonly write: (...pieces: ReadonlyArray<Uint8Array>) => void
  readonly calls: Map<bigint, Settle>
  /** Answers so far: a stream on which nothing comes any more gets no further call. */
  readonly heard: () => number
  readonly destroy: () => void
}

const gone = () => new ConnectError("the stream to the plugin ended", Code.Unavailable)

const isStatus = (code: number): code is Code => Number.isInteger(code) && code >= 1 && code <= 16

const decode = (word: string): string => {
  try {
    return decodeURIComponent(word)
  } catch {
    return word
  }
}

// What the end of the stream means for a call that still waits.
const endOf = (headers: IncomingHttpHeaders): ConnectError | null => {
  const status = headers["grpc-status"]
  if (status === undefined) return null
  const code = Number(status)
  return isStatus(code) ? new ConnectError(decode(String(headers["grpc-message"] ?? "")), code) : gone()
}

/** What the owner of a stream hears of it. */
export interface StreamEvents {
  /** It takes no further call. */
  readonly onEnd: () => void
  readonly onClose: () => void
}

/** Opens it at once; what cannot be opened ends like any other. */
export const openStream = (
  socket: string,
  token: Redacted.Redacted<string>,
  { onClose, onEnd }: StreamEvents
): OpenStream => {
  const connection: ClientHttp2Session = connectHttp2("http://plugin", {
    createConnection: () => connectPlugin(socket)
  })
  const stream: ClientHttp2Stream = connection.request({
    ":method": "POST",
    ":path": sessionPath,
    "content-type": grpcContentType,
    te: "trailers",
    authorization: `Bearer ${Redacted.value(token)}`
  })
  // The timers of the calls hold the process while one waits; a stream at rest does not.
  connection.unref()
  const calls = new Map<bigint, Settle>()
  let heard = 0
  let end: ConnectError | null = null

  const breakOff = (error: ConnectError) => {
    end ??= error
    stream.destroy()
  }

  const take = (bytes: Uint8Array) => {
    // Untrusted: made by a plugin.
    const { id, message } = decodeSessionResponse(bytes)
    heard++
    const settle = calls.get(id)
    // Nobody waits for it any more.
    if (settle === undefined) return
    if (message.case === "verify") return settle(Effect.succeed(message.value))
    const code = message.value?.code ?? 0
    const error = isStatus(code)
      ? new ConnectError(message.value?.message ?? "", code)
      : new ConnectError("neither a verdict nor a failure", Code.DataLoss)
    settle(Effect.fail(error))
  }

  const read = makeFrameReader(messageBytesMax, take)
  stream.on("data", (piece: Buffer) => {
    if (end !== null) return
    try {
      const fault = read(piece)
      if (fault !== null) breakOff(new ConnectError(`an answer is ${fault}`, Code.DataLoss))
    } catch {
      breakOff(new ConnectError("an answer is no SessionResponse", Code.DataLoss))
    }
  })
  const readEnd = (headers: IncomingHttpHeaders) => {
    end ??= endOf(headers)
  }
  stream.on("response", (headers) => {
    const { ":status": status } = headers
    readEnd(headers)
    if (status !== 200) breakOff(new ConnectError(`HTTP status ${status}`, Code.Unknown))
  })
  stream.on("trailers", readEnd)
  stream.on("error", () => undefined)
  // No call more: the plugin is about to stop, or ended the stream already.
  connection.on("goaway", onEnd)
  stream.on("end", () => {
    onEnd()
    // The other half is ours to end: until then the stream is not over for the plugin.
    stream.end()
  })
  stream.on("close", () => {
    onEnd()
    onClose()
    connection.destroy()
    const error = end ?? gone()
    for (const settle of [...calls.values()]) settle(Effect.fail(error))
  })
  connection.on("error", () => stream.destroy())

  return {
    calls,
    heard: () => heard,
    write: (...pieces) => {
      if (stream.destroyed || stream.writableEnded) return
      stream.cork()
      for (const piece of pieces) stream.write(piece)
      stream.uncork()
    },
    destroy: () => stream.destroy()
  }
}
