/** Sends messages over one WebSocket for as long as somebody takes them: what is silent or too slow is let go, not waited for. */
import type * as NodeWS from "@effect/platform-node/NodeWS"
import { Deferred, Effect, Stream } from "effect"

/** How a connection is looked after. */
export interface PushOptions {
  /** The time between two pings; a connection that has not answered the last one is dead. */
  readonly beatMs: number
  /** What may wait to be sent, in bytes; somebody who is further behind has to come again. */
  readonly waitingBytesMax: number
}

/** Proxies commonly close what is silent for 30 or 60 seconds; a hundred states of a farm may wait. */
export const pushDefaults: PushOptions = { beatMs: 15_000, waitingBytesMax: 256 * 1024 }

/** Why a connection ended: by the other side, by the end of the messages, or by us. */
export type PushEnd = "gone" | "finished" | "too_slow" | "silent" | "spoke"

/** RFC 6455, 7.4.1, and 1013 of its registry: try again later. */
const closeCodes = { gone: 1000, finished: 1001, too_slow: 1013, silent: 1001, spoke: 1008 } as const

/** What a closing handshake may take before the connection is cut. */
const goodbyeMs = 500

const goodbye = (socket: NodeWS.WebSocket, end: PushEnd) =>
  Effect.callback<void>((resume) => {
    if (socket.readyState === socket.CLOSED) return resume(Effect.void)
    const cut = setTimeout(() => socket.terminate(), end === "too_slow" || end === "silent" ? 0 : goodbyeMs)
    socket.once("close", () => {
      clearTimeout(cut)
      resume(Effect.void)
    })
    socket.close(closeCodes[end])
  })

const beat = (socket: NodeWS.WebSocket, { beatMs }: PushOptions) =>
  Effect.gen(function* () {
    let answered = true
    socket.on("pong", () => {
      answered = true
    })
    while (answered) {
      answered = false
      socket.ping()
      yield* Effect.sleep(beatMs)
    }
    return "silent" as const
  })

/** Closes the socket before it answers. Nothing is taken from the other side but pongs. */
export const pushMessages = Effect.fnUntraced(function* (
  socket: NodeWS.WebSocket,
  messages: Stream.Stream<string>,
  options: PushOptions
) {
  const ended = yield* Deferred.make<PushEnd>()
  const end = (why: PushEnd) => Effect.runSync(Deferred.succeed(ended, why))
  socket.once("close", () => end("gone"))
  socket.once("error", () => end("gone"))
  socket.once("message", () => end("spoke"))
  if (socket.readyState !== socket.OPEN) end("gone")
  const send = Stream.runForEach(messages, (message) => {
    if (socket.bufferedAmount > options.waitingBytesMax) return Deferred.succeed(ended, "too_slow")
    return Effect.sync(() => socket.send(message))
  })
  const why = yield* Effect.raceFirst(
    Deferred.await(ended),
    Effect.raceFirst(Effect.as(send, "finished" as const), beat(socket, options))
  ).pipe(Effect.onInterrupt(() => goodbye(socket, "finished")))
  yield* goodbye(socket, why)
  return why
})
