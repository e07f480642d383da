import { createServer, type Server } from "node:http"
import { type AddressInfo, connect, type Socket } from "node:net"
import * as NodeWS from "@effect/platform-node/NodeWS"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import { pushDefaults, pushMessages } from "../src/api/live/pushMessages.ts"

const listening = Effect.acquireRelease(
  Effect.callback<Server>((resume) => {
    const server = createServer()
    server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
  }),
  (server) => Effect.sync(() => server.close())
)

const handshake = [
  "GET / HTTP/1.1",
  "Host: 127.0.0.1",
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
]

/** A real WebSocket, and on its other end a plain socket that answers nothing by itself. */
const connected = Effect.gen(function* () {
  const server = yield* listening
  const sockets = new NodeWS.WebSocketServer({ noServer: true })
  const accepted = Effect.callback<NodeWS.WebSocket>((resume) => {
    server.once("upgrade", (request, socket, head) =>
      sockets.handleUpgrade(request, socket, head, (live) => resume(Effect.succeed(live)))
    )
  })
  const waiting = yield* Effect.forkChild(accepted, { startImmediately: true })
  const client = yield* Effect.acquireRelease(
    Effect.sync((): Socket => {
      const socket = connect((server.address() as AddressInfo).port, "127.0.0.1")
      socket.write(`${handshake.join("\r\n")}\r\n\r\n`)
      return socket
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )
  return { live: yield* Fiber.join(waiting), client }
})

const ended = (client: Socket) =>
  Effect.callback<void>((resume) => {
    if (client.closed) resume(Effect.void)
    client.once("close", () => resume(Effect.void))
  })

describe("pushMessages", () => {
  it.live("cuts somebody off who reads nothing, instead of keeping what waits for them", () =>
    Effect.gen(function* () {
      const { client, live } = yield* connected
      client.pause()
      const message = "x".repeat(64 * 1024)
      let sent = 0
      const messages = Stream.forever(
        Stream.fromEffect(
          Effect.andThen(
            Effect.yieldNow,
            Effect.sync(() => {
              sent++
              return message
            })
          )
        )
      )
      assert.strictEqual(yield* pushMessages(live, messages, pushDefaults), "too_slow")
      // What the two kernels hold, and no more than the bound on top.
      assert.isBelow(sent * message.length, 32 * 1024 * 1024)
      assert.strictEqual(live.readyState, live.CLOSED)
    }).pipe(Effect.scoped)
  )

  it.live("cuts somebody off who answers no ping", () =>
    Effect.gen(function* () {
      const { client, live } = yield* connected
      client.resume()
      assert.strictEqual(yield* pushMessages(live, Stream.never, { ...pushDefaults, beatMs: 50 }), "silent")
      yield* ended(client)
    }).pipe(Effect.scoped)
  )

  it.live("keeps somebody who answers, over many pings", () =>
    Effect.gen(function* () {
      const { client, live } = yield* connected
      let pings = 0
      client.on("data", (bytes: Buffer) => {
        // A ping without a body is 0x89 0x00; its pong, masked by zeros, 0x8a 0x80 and the mask.
        if (bytes.includes(Buffer.from([0x89, 0x00]))) {
          pings++
          client.write(Buffer.from([0x8a, 0x80, 0, 0, 0, 0]))
        }
        if (pings === 3) client.end()
      })
      assert.strictEqual(yield* pushMessages(live, Stream.never, { ...pushDefaults, beatMs: 1000 }), "gone")
      assert.strictEqual(pings, 3)
    }).pipe(Effect.scoped)
  )

  it.live("takes nothing from the other side", () =>
    Effect.gen(function* () {
      const { client, live } = yield* connected
      const pushing = yield* Effect.forkChild(pushMessages(live, Stream.never, pushDefaults), {
        startImmediately: true
      })
      // The text "a", masked by zeros.
      client.write(Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0x61]))
      assert.strictEqual(yield* Fiber.join(pushing), "spoke")
    }).pipe(Effect.scoped)
  )
})
