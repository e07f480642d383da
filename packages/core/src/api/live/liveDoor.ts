/**
 * The farm live over WebSocket, beside the server-sent events and within the same bound. Whoever may not watch is told so in
 * HTTP, before the protocols are switched.
 */
import type { IncomingMessage } from "node:http"
import type { Duplex } from "node:stream"
import * as NodeWS from "@effect/platform-node/NodeWS"
import { Effect, FiberSet, Redacted, Stream } from "effect"
import { FarmFeed } from "../../farm/FarmFeed.ts"
import { OwnerToken } from "../../farm/OwnerToken.ts"
import type { HostServer } from "../../host/guardHostName.ts"
import { bearerToken } from "../bearerToken.ts"
import type { Admit } from "../RequestLimits.ts"
import { LiveTickets } from "./LiveTickets.ts"
import { pushDefaults, pushMessages } from "./pushMessages.ts"

/** Where to connect. */
export const livePath = "/api/v1/live"

/** The subprotocol that a client asks for. */
export const liveProtocol = "farmops.live.v1"

/** A browser's ticket comes as a second subprotocol that begins so. */
export const ticketPrefix = "farmops.ticket."

// Nothing is taken from a watcher; this is what a frame may hold before the connection is closed for it.
const messageBytesMax = 1024

type Refusal = readonly [status: number, reason: string, code: string, title: string]

const refusals = {
  too_many_requests: [429, "Too Many Requests", "too_many_requests", "Too many requests"],
  foreign_origin: [403, "Forbidden", "foreign_origin", "A page of another site may not watch"],
  owner_token_required: [401, "Unauthorized", "owner_token_required", "This needs the owner's token or a ticket"],
  too_many_watchers: [503, "Service Unavailable", "too_many_watchers", "Too many watch already"],
  ledger_unavailable: [503, "Service Unavailable", "ledger_unavailable", "The ledger cannot answer now"]
} as const satisfies Record<string, Refusal>

const refuse = (socket: Duplex, [status, reason, code, title]: Refusal): void => {
  const body = JSON.stringify({ type: "about:blank", title, status, code })
  const head = [
    `HTTP/1.1 ${status} ${reason}`,
    "Connection: close",
    "Content-Type: application/problem+json",
    `Content-Length: ${Buffer.byteLength(body)}`
  ]
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`)
}

/** A browser says which page asks; anything else says nothing. The page has to come from the very address that it asks. */
const isOwnPage = ({ headers: { host, origin } }: IncomingMessage): boolean =>
  origin === undefined || (URL.canParse(origin) && new URL(origin).host === (host ?? "").toLowerCase())

const protocolsOf = ({ headers }: IncomingMessage): ReadonlyArray<string> =>
  (headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim())

const isLive = ({ headers, method, url = "" }: IncomingMessage): boolean =>
  method === "GET" && url.split("?")[0] === livePath && headers.upgrade?.toLowerCase() === "websocket"

type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

/** What the door needs to know of its tracker. */
export interface LiveDoorOptions {
  /** Whether only this machine can reach the server, so that the owner's reads need no token. */
  readonly open: boolean
  /** Handshakes count as requests do. */
  readonly admit: Admit
}

const openDoor = Effect.fnUntraced(function* (options: LiveDoorOptions) {
  const feed = yield* FarmFeed
  const owner = yield* OwnerToken
  const tickets = yield* LiveTickets
  const sockets = new NodeWS.WebSocketServer({
    noServer: true,
    maxPayload: messageBytesMax,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols: (asked) => (asked.has(liveProtocol) ? liveProtocol : false)
  })

  // Untrusted: anybody may send these headers.
  const mayWatch = (request: IncomingMessage) => {
    const token = bearerToken(request.headers.authorization)
    if (options.open || (token !== undefined && owner.matches(Redacted.make(token)))) return Effect.succeed(true)
    const ticket = protocolsOf(request).find((name) => name.startsWith(ticketPrefix))
    return ticket === undefined ? Effect.succeed(false) : tickets.redeem(ticket.slice(ticketPrefix.length))
  }

  const accept = (request: IncomingMessage, socket: Duplex, head: Buffer) =>
    Effect.callback<NodeWS.WebSocket | null>((resume) => {
      // Gone while the farm was read: nothing would ever say so again.
      if (socket.destroyed || !socket.writable) return resume(Effect.succeed(null))
      // A handshake that is refused calls nobody back.
      socket.once("close", () => resume(Effect.succeed(null)))
      sockets.handleUpgrade(request, socket, head, (accepted) => resume(Effect.succeed(accepted)))
    })

  const serve = (...[request, socket, head]: Parameters<Upgrade>) =>
    Effect.gen(function* () {
      if (options.admit(request) !== null) return refuse(socket, refusals.too_many_requests)
      if (!isOwnPage(request)) return refuse(socket, refusals.foreign_origin)
      if (!(yield* mayWatch(request))) return refuse(socket, refusals.owner_token_required)
      const states = yield* feed.watch
      const live = yield* accept(request, socket, head)
      if (live === null) return
      const messages = Stream.map(states, (data) => JSON.stringify({ event: "farm", data }))
      yield* pushMessages(live, messages, pushDefaults)
    }).pipe(
      Effect.catchTags({
        FeedFull: () => Effect.sync(() => refuse(socket, refusals.too_many_watchers)),
        LedgerUnavailable: () => Effect.sync(() => refuse(socket, refusals.ledger_unavailable))
      }),
      Effect.scoped
    )

  const run = yield* FiberSet.makeRuntime<never>()
  const upgrade: Upgrade = (request, socket, head) => {
    socket.on("error", () => socket.destroy())
    run(serve(request, socket, head))
  }
  return upgrade
})

/**
 * WebSocket on the port of an HTTP server. The server has to be wrapped before the feed exists, so `open` comes later; until
 * then, and after `open`'s scope has closed, nobody is let in.
 */
export const makeLiveDoor = Effect.sync(() => {
  let upgrade: Upgrade | null = null
  const wrap = (server: HostServer): HostServer => {
    const emit = server.emit.bind(server)
    const wrapped = (event: string, ...args: ReadonlyArray<unknown>): boolean => {
      if (event !== "upgrade") return emit(event, ...args)
      const [request, socket, head] = args as Parameters<Upgrade>
      if (!isLive(request)) return emit(event, ...args)
      if (upgrade === null) refuse(socket, refusals.ledger_unavailable)
      else upgrade(request, socket, head)
      return true
    }
    return Object.assign(server, { emit: wrapped })
  }
  const open = (options: LiveDoorOptions) =>
    Effect.acquireRelease(
      Effect.map(openDoor(options), (opened) => {
        upgrade = opened
      }),
      () =>
        Effect.sync(() => {
          upgrade = null
        })
    )
  return { wrap, open }
})
