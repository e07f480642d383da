import { mkdtempSync, rmSync } from "node:fs"
import { connect as connectHttp2 } from "node:http2"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf"
import { Code } from "@connectrpc/connect"
import { afterEach, describe, expect, it } from "vitest"
import { serveOn } from "../src/author/servePlugin.ts"
import { sessionRequestsMax } from "../src/author/serveSession.ts"
import { grpcContentType, makeFrameReader, sessionPath } from "../src/contract/grpcFrames.ts"
import { messageBytesMax } from "../src/contract/Observation.ts"
import {
  SessionRequestSchema,
  type SessionResponse,
  SessionResponseSchema
} from "../src/gen/farmops/plugin/v1/plugin_pb.ts"
import { makeEcho } from "./echoPlugin.ts"
import { frameMessage } from "./frameMessage.ts"

const closers: Array<() => Promise<void> | void> = []

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** A client that says exactly what it is told. */
const openStream = async (headers = {}) => {
  const folder = mkdtempSync(join(tmpdir(), "farmops-stream-"))
  closers.push(() => rmSync(folder, { recursive: true }))
  const socket = join(folder, "plugin.sock")
  const echo = makeEcho()
  const { close } = await serveOn(echo.plugin, { socket, token: "right" })
  closers.push(close)
  const connection = connectHttp2("http://plugin", { createConnection: () => connect(socket) })
  closers.push(() => connection.destroy())
  const stream = connection.request({
    ":method": "POST",
    ":path": sessionPath,
    "content-type": grpcContentType,
    te: "trailers",
    authorization: "Bearer right",
    ...headers
  })
  const answers: Array<SessionResponse> = []
  const waiting: Array<() => void> = []
  const read = makeFrameReader(messageBytesMax, (bytes) => {
    answers.push(fromBinary(SessionResponseSchema, bytes))
    for (const look of waiting.splice(0)) look()
  })
  stream.on("data", read)
  let status: string | undefined
  const seeStatus = (seen: Record<string, unknown>) => {
    status = String(seen["grpc-status"] ?? status)
  }
  stream.on("response", seeStatus).on("trailers", seeStatus)
  stream.on("error", () => undefined).on("end", () => stream.end())
  const ended = new Promise<void>((done) => stream.on("close", done))
  const send = (message: MessageInitShape<typeof SessionRequestSchema>) =>
    void stream.write(frameMessage(toBinary(SessionRequestSchema, create(SessionRequestSchema, message))))
  return {
    ...echo,
    close,
    stream,
    answers,
    send,
    verify: (id: number, word: string) =>
      send({
        id: BigInt(id),
        message: { case: "verify", value: { sourceType: "test", rawData: Buffer.from(JSON.stringify(word)) } }
      }),
    until: async (count: number) => {
      while (answers.length < count) await new Promise<void>((look) => waiting.push(look))
    },
    /** The stream's own status, once it is over. */
    status: async () => {
      await ended
      return Number(status)
    }
  }
}

const said = (answers: ReadonlyArray<SessionResponse>) =>
  answers.map(({ id, message }) => [
    Number(id),
    message.case === "verify" ? message.value.reason : (message.value?.code ?? null)
  ])

describe("a served session", () => {
  it("answers what waits when its sender has no more to say, and then ends well", async () => {
    const { answers, release, seen, status, stream, verify } = await openStream()
    verify(7, "hold")
    verify(3, "three")
    await seen(2)
    stream.end()
    release()
    expect(await status()).toBe(0)
    expect(said(answers)).toEqual([
      [3, "three"],
      [7, "hold"]
    ])
  })

  it("answers what waits when the plugin stops, and then ends well without being cut off", async () => {
    const { answers, close, release, seen, status, verify } = await openStream()
    verify(1, "hold")
    await seen(1)
    const closed = close()
    verify(2, "too late")
    release()
    expect(await status()).toBe(0)
    expect(said(answers)).toEqual([[1, "hold"]])
    await closed
  })

  it("says nothing more of a request that was cancelled", async () => {
    const { answers, release, seen, send, status, stream, verify } = await openStream()
    verify(1, "hold")
    await seen(1)
    send({ id: 1n, message: { case: "cancel", value: {} } })
    send({ id: 99n, message: { case: "cancel", value: {} } })
    verify(2, "two")
    await seen(2)
    release()
    stream.end()
    expect(await status()).toBe(0)
    expect(said(answers)).toEqual([[2, "two"]])
  })

  it("refuses the request after the most that may wait, and only that one", async () => {
    const { answers, release, seen, status, stream, until, verify } = await openStream()
    for (let id = 1; id <= sessionRequestsMax + 1; id++) verify(id, "hold")
    await seen(sessionRequestsMax)
    await until(1)
    expect(said(answers)).toEqual([[sessionRequestsMax + 1, Code.ResourceExhausted]])
    release()
    stream.end()
    expect(await status()).toBe(0)
    expect(answers).toHaveLength(sessionRequestsMax + 1)
  })

  it("fails a request of a kind that it does not know, and reads on", async () => {
    const { answers, send, status, stream, verify } = await openStream()
    send({ id: 1n })
    verify(2, "two")
    stream.end()
    expect(await status()).toBe(0)
    expect(said(answers)).toEqual([
      [1, Code.Unimplemented],
      [2, "two"]
    ])
  })

  it("fails alone a request whose verdict cannot be written", async () => {
    const { answers, status, stream, verify } = await openStream()
    verify(1, "half")
    verify(2, "two")
    stream.end()
    expect(await status()).toBe(0)
    expect(said(answers)).toEqual([
      [1, Code.Internal],
      [2, "two"]
    ])
  })

  it("takes a message in as many pieces as it comes in", async () => {
    const { answers, status, stream } = await openStream()
    const message = create(SessionRequestSchema, {
      id: 5n,
      message: { case: "verify", value: { sourceType: "test", rawData: Buffer.from('"five"') } }
    })
    for (const byte of frameMessage(toBinary(SessionRequestSchema, message))) {
      await new Promise((written) => stream.write(Buffer.from([byte]), written))
    }
    stream.end()
    expect(await status()).toBe(0)
    expect(said(answers)).toEqual([[5, "five"]])
  })

  it("ends the stream where an id is used twice", async () => {
    const { status, verify } = await openStream()
    verify(1, "hold")
    verify(1, "again")
    expect(await status()).toBe(Code.InvalidArgument)
  })

  it.each([
    ["no SessionRequest", frameMessage(new Uint8Array([0xff, 0xff])), Code.InvalidArgument],
    ["too large", Buffer.from([0, 0xff, 0xff, 0xff, 0xff]), Code.ResourceExhausted],
    ["compressed", Buffer.from([1, 0, 0, 0, 0]), Code.Unimplemented]
  ])("ends the stream where a message is %s", async (_, bytes, code) => {
    const { status, stream } = await openStream()
    stream.write(bytes)
    expect(await status()).toBe(code)
  })

  it.each(["Bearer wrong", "right", ""])("refuses the authorization %j", async (authorization) => {
    const { answers, status, verify } = await openStream({ authorization })
    verify(1, "one")
    expect(await status()).toBe(Code.Unauthenticated)
    expect(answers).toEqual([])
  })
})
