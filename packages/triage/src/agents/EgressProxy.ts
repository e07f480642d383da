/**
 * The only way out for an agent in a container: a proxy that joins it to the hosts on a list, by CONNECT, and to nothing else. What goes through is
 * not looked at, so a model's key and its answers stay between the agent and the model.
 */
import { createServer, type IncomingMessage, type Server } from "node:http"
import { connect, type Socket } from "node:net"
import type { Duplex } from "node:stream"
import { Effect, Schema, type Scope } from "effect"

/** A host and a port that agents may reach. Names are compared as they are written: no pattern, no suffix. */
export interface AllowedHost {
  readonly host: string
  readonly port: number
}

/** Where the proxy listens. */
export type EgressAddress = { readonly path: string } | { readonly host: string; readonly port: number }

/** The proxy cannot listen. */
export class EgressUnavailable extends Schema.TaggedError<EgressUnavailable>()("EgressUnavailable", {
  reason: Schema.String
}) {
  override get message() {
    return `the egress proxy cannot listen (${this.reason})`
  }
}

/** What it did so far. */
export interface EgressProxy {
  /** The port that it listens on; 0 on a Unix socket. */
  readonly port: number
  readonly counts: Effect.Effect<{ readonly joined: number; readonly refused: number }>
}

// One agent, a few tasks, one model.
const connectionsMax = 64
const connectMs = 10_000
// A model that thinks for longer without a byte is away.
const idleMs = 300_000

const authorityPattern = /^(?:\[([0-9a-f:]{2,39})\]|([a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?)):(\d{1,5})$/i

/** The host and port of a CONNECT; null for anything but one name or address and one port. */
export const parseAuthority = (text: string): AllowedHost | null => {
  const [, address, name, port] = authorityPattern.exec(text) ?? []
  const number = Number(port)
  const host = (address ?? name)?.toLowerCase()
  return host === undefined || number < 1 || number > 65_535 ? null : { host, port: number }
}

/** The address of a model as an entry of the list; null for what is no http or https address. */
export const allowedHostOf = (url: string): AllowedHost | null => {
  if (!URL.canParse(url)) return null
  const { hostname, port, protocol } = new URL(url)
  const standard = { "http:": 80, "https:": 443 }[protocol]
  const host = hostname.replace(/^\[|\]$/g, "").toLowerCase()
  return standard === undefined ? null : { host, port: port === "" ? standard : Number(port) }
}

const isAllowed = (allowed: ReadonlyArray<AllowedHost>, wanted: AllowedHost) =>
  allowed.some(({ host, port }) => host.toLowerCase() === wanted.host && port === wanted.port)

const answer = (socket: Duplex, line: string) =>
  socket.end(`HTTP/1.1 ${line}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)

/** Joins the two until one of them ends. */
const join = (client: Duplex, { host, port }: AllowedHost, head: Buffer) => {
  const upstream = connect({ host, port, timeout: connectMs })
  let joined = false
  const end = () => {
    if (!joined) answer(client, "502 Bad Gateway")
    else client.destroy()
    upstream.destroy()
  }
  upstream.once("connect", () => {
    joined = true
    upstream.setTimeout(idleMs)
    client.write("HTTP/1.1 200 Connection Established\r\n\r\n")
    if (head.length > 0) upstream.write(head)
    upstream.pipe(client)
    client.pipe(upstream)
  })
  upstream.on("timeout", end).on("error", end).on("close", end)
  client.on("error", end).on("close", () => upstream.destroy())
}

const listen = (server: Server, at: EgressAddress) =>
  Effect.callback<number, EgressUnavailable>((resume) => {
    server.once("error", (cause) =>
      resume(Effect.fail(new EgressUnavailable({ reason: "code" in cause ? String(cause.code) : cause.message })))
    )
    // Whoever may enter the folder may use the socket: the agent runs under a number of its own.
    server.listen("path" in at ? { path: at.path, readableAll: true, writableAll: true } : at, () => {
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

/** Listens until the scope closes. With an empty list nothing is reachable. */
export const openEgressProxy = Effect.fn("openEgressProxy")(function* (
  at: EgressAddress,
  allowed: ReadonlyArray<AllowedHost>
): Effect.fn.Return<EgressProxy, EgressUnavailable, Scope.Scope> {
  const counts = { joined: 0, refused: 0 }
  const open = new Set<Socket>()
  const refuse = (socket: Duplex) => {
    counts.refused++
    answer(socket, "403 Forbidden")
  }
  // A request that is no CONNECT would be one that we can read.
  const server = createServer({ requestTimeout: connectMs, headersTimeout: connectMs }, (_, response) => {
    counts.refused++
    response.writeHead(405, { allow: "CONNECT", connection: "close" }).end()
  })
  server.maxConnections = connectionsMax
  server.on("connection", (socket: Socket) => {
    open.add(socket)
    socket.on("error", () => socket.destroy()).once("close", () => open.delete(socket))
  })
  // Untrusted: sent by an agent that reads what strangers write.
  server.on("connect", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const wanted = parseAuthority(request.url ?? "")
    if (wanted === null || !isAllowed(allowed, wanted)) return refuse(socket)
    counts.joined++
    join(socket, wanted, head)
  })
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      server.close()
      for (const socket of open) socket.destroy()
    })
  )
  const port = yield* listen(server, at)
  return { port, counts: Effect.sync(() => ({ ...counts })) }
})
