/**
 * The plugin's end of a Session: many requests over one stream, each answered by its id. The stream is plain HTTP/2 with gRPC's
 * framing, since a library's machinery for each message costs several times the message itself.
 */
import type { Http2ServerResponse, IncomingHttpHeaders } from "node:http2"
import { Code, ConnectError } from "@connectrpc/connect"
import { decodeSessionRequest } from "../contract/decodeSession.ts"
import { frameAnswer, frameFailure } from "../contract/encodeSession.ts"
import { frameHeadBytes, grpcContentType, makeFrameReader } from "../contract/grpcFrames.ts"
import { messageBytesMax } from "../contract/Observation.ts"
import type { Verdict } from "../contract/Verdict.ts"
import type { SessionRequest, VerifyRequest } from "../gen/farmops/plugin/v1/plugin_pb.ts"

/** The most requests of one stream that wait for their answers. One more fails with RESOURCE_EXHAUSTED, and only that one. */
export const sessionRequestsMax = 256

/** How a plugin answers one request, in the form that `encode` gives; a rejection with a `ConnectError` gives its code. */
export type AnswerRequest = <A>(request: VerifyRequest, encode: (verdict: Verdict) => A) => Promise<A>

/** A stream that is being served. */
export interface ServedSession {
  /** Takes no further request, answers those that wait, and ends the stream. */
  readonly drain: () => void
}

const begin = (response: Http2ServerResponse) =>
  void response.writeHead(200, { "content-type": grpcContentType, "grpc-accept-encoding": "identity" })

const endWith = (response: Http2ServerResponse, code: number, message: string) => {
  response.addTrailers({
    "grpc-status": String(code),
    ...(message !== "" && { "grpc-message": encodeURIComponent(message) })
  })
  response.end()
}

/** Refuses a stream before it begins. */
export const refuseSession = (response: Http2ServerResponse, code: Code, message: string): void => {
  begin(response)
  endWith(response, code, message)
}

/** Serves one stream until its sender ends it. */
export const serveSession = (response: Http2ServerResponse, answer: AnswerRequest): ServedSession => {
  const { stream } = response
  const open = new Map<bigint, SessionRequest>()
  // No further request is taken; with `over`, no further answer is given either.
  let ended = false
  let over = false

  const finish = (code: number, message: string) => {
    if (over) return
    over = true
    open.clear()
    endWith(response, code, message)
  }

  const send = (id: bigint, frame: Buffer): void => {
    if (over || stream.destroyed) return
    if (frame.length > frameHeadBytes + messageBytesMax) {
      fail(id, Code.ResourceExhausted, "the answer is too large")
      return
    }
    // A sender that does not read its answers may not ask for more of them.
    if (!stream.write(frame)) stream.pause()
  }

  const fail = (id: bigint, code: Code, message: string): void => send(id, frameFailure(id, code, message))

  const settle = (request: SessionRequest, reply: () => void) => {
    // Not there any more: it was cancelled, and nobody waits.
    if (open.get(request.id) !== request) return
    open.delete(request.id)
    reply()
    if (ended && open.size === 0) finish(0, "")
  }

  const verify = (request: SessionRequest, asked: VerifyRequest) => {
    const { id } = request
    if (open.has(id)) return finish(Code.InvalidArgument, "an id was used twice")
    if (open.size >= sessionRequestsMax) return fail(id, Code.ResourceExhausted, "too many requests wait for an answer")
    open.set(id, request)
    answer(asked, (verdict) => frameAnswer(id, verdict)).then(
      (frame) => settle(request, () => send(id, frame)),
      (error: unknown) => {
        const { code, rawMessage } = ConnectError.from(error)
        settle(request, () => fail(id, code, rawMessage))
      }
    )
  }

  const take = (bytes: Uint8Array) => {
    if (over || ended) return
    let request: SessionRequest
    try {
      request = decodeSessionRequest(bytes)
    } catch {
      return finish(Code.InvalidArgument, "a message is no SessionRequest")
    }
    const { id, message } = request
    if (message.case === "verify") return verify(request, message.value)
    if (message.case === "cancel") return void open.delete(id)
    // A newer agent may ask for more than this plugin knows.
    return fail(id, Code.Unimplemented, "this plugin knows no such request")
  }

  const end = () => {
    ended = true
    if (open.size === 0) finish(0, "")
  }

  const read = makeFrameReader(messageBytesMax, take)
  stream.on("data", (piece: Buffer) => {
    if (over) return
    const fault = read(piece)
    if (fault === "too_large") finish(Code.ResourceExhausted, "a message is too large")
    if (fault === "compressed") finish(Code.Unimplemented, "compressed messages are not taken")
  })
  stream.on("drain", () => stream.resume())
  stream.on("end", end)
  stream.on("error", () => undefined)
  stream.on("close", () => open.clear())
  begin(response)
  return { drain: end }
}

/** Whether the headers of a request begin a stream that this end can read. */
export const isGrpc = (headers: IncomingHttpHeaders): boolean =>
  /^application\/grpc(\+proto)?(;|$)/.test(headers["content-type"] ?? "")
