/** Opens a host's HTTP server: one clear error when the port is taken, bounded bodies and times, and a stop that always ends. */

import { createServer } from "node:http"
import { createSecureServer } from "node:http2"
import type { Socket } from "node:net"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { ByteSize, Effect, Layer, Runtime, Schema } from "effect"
import { HttpIncomingMessage, HttpServer } from "effect/http"
import { exitCodes } from "./exitCodes.ts"
import { guardHostName, type HostServer, isLoopback } from "./guardHostName.ts"
import { followTlsFiles, readTlsFiles, type TlsFiles } from "./TlsFiles.ts"

/** Another program listens on this port. */
export class PortInUse extends Schema.TaggedError<PortInUse>()("PortInUse", { port: Schema.Int, host: Schema.String }) {
  override get message() {
    return `port ${this.port} on ${this.host} is already in use; stop the program that uses it, or choose another port (--port N, for "farmops up" --port-base N)`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.portInUse
}

/** The address cannot be listened on, for a reason other than a taken port. */
export class CannotListen extends Schema.TaggedError<CannotListen>()("CannotListen", {
  port: Schema.Int,
  host: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `cannot listen on ${this.host} port ${this.port} (${this.reason})`
  }
  override readonly [Runtime.errorExitCode] = this.reason === "EACCES" ? exitCodes.noPermission : exitCodes.unavailable
}

/** Where to listen. Port 0 takes a free one; read it from the address of `HttpServer.HttpServer`. */
export interface ListenOptions {
  readonly port: number
  /** Loopback unless the owner says otherwise. */
  readonly host?: string | undefined
  /** Puts another protocol in front of the server before it starts, by wrapping its `emit`. */
  readonly wrap?: ((server: HostServer) => HostServer) | undefined
  /** HTTP/1.1 and HTTP/2 over TLS on the one port; left out, plain HTTP/1.1. */
  readonly tls?: TlsFiles | undefined
  /** Further names under which a loopback server may be asked, for a reverse proxy that keeps the Host header. */
  readonly hostNames?: ReadonlyArray<string> | undefined
}

// A proof has at most 8 KiB and a snapshot stays well below this; nobody needs to send more in one body.
const bodyBytesMax = ByteSize.mebibytes(1)

// What is in flight may finish; an event stream never does, and must not hold up a stop for longer than a person waits.
const gracefulShutdownMs = 1000

// A client that sends its head or body more slowly than this holds a connection for nothing.
const requestTimeoutMs = 30_000
const headersTimeoutMs = 10_000

// A client that has not finished its handshake by then holds a socket for nothing.
const handshakeTimeoutMs = 10_000

// Streams of one HTTP/2 connection: an agent needs one, a browser a handful.
const streamsMax = 100

/** The typed form of what `listen` failed with. */
export const listenError = (cause: unknown, at: { readonly port: number; readonly host: string }) => {
  const code = typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : "unknown"
  return code === "EADDRINUSE" ? new PortInUse(at) : new CannotListen({ ...at, reason: code })
}

const makeSecureServer = Effect.fnUntraced(function* (files: TlsFiles) {
  const material = yield* readTlsFiles(files)
  const server = createSecureServer({
    ...material,
    allowHTTP1: true,
    handshakeTimeout: handshakeTimeoutMs,
    settings: { maxConcurrentStreams: streamsMax },
    // Who shows no certificate, or another's, is nobody, and may still be the owner with a token.
    requestCert: files.clientCa !== undefined,
    rejectUnauthorized: false
  })
  // Of HTTP/1.1 connections; the types leave them out.
  Object.assign(server, { requestTimeout: requestTimeoutMs, headersTimeout: headersTimeoutMs })
  yield* followTlsFiles(files, material, (next) => server.setSecureContext(next))
  return server
})

/** Ends what is still connected, whichever protocol it speaks. */
const trackSockets = (server: HostServer) => {
  const sockets = new Set<Socket>()
  server.on("connection", (socket: Socket) => {
    sockets.add(socket)
    socket.once("close", () => sockets.delete(socket))
  })
  return Effect.sync(() => {
    for (const socket of sockets) socket.destroy()
  })
}

const makeServer = Effect.fnUntraced(function* (options: ListenOptions) {
  const { host = "127.0.0.1", hostNames = [], port } = options
  const bare: HostServer =
    options.tls === undefined
      ? createServer({ requestTimeout: requestTimeoutMs, headersTimeout: headersTimeoutMs })
      : yield* makeSecureServer(options.tls)
  const closeAll = trackSockets(bare)
  const wrapped = options.wrap === undefined ? bare : options.wrap(bare)
  const server = isLoopback(host) ? guardHostName(wrapped, hostNames) : wrapped
  const running = yield* NodeHttpServer.make(() => server, {
    port,
    host,
    gracefulShutdownTimeout: gracefulShutdownMs
  }).pipe(Effect.mapError(({ cause }) => listenError(cause, { port, host })))
  // Runs when the handlers had their time and before the wait for the last connection: a wrapped protocol may still hold some.
  yield* Effect.addFinalizer(() => closeAll)
  return running
})

const layerBodyLimit = Layer.succeed(HttpIncomingMessage.MaxBodySize, bodyBytesMax)

/** The HTTP server of a host, with what Effect's HTTP modules need on Node. Bodies over 1 MiB are answered with 413. */
export const layerServer = (options: ListenOptions) =>
  Layer.effect(HttpServer.HttpServer, makeServer(options)).pipe(
    Layer.provideMerge(layerBodyLimit),
    Layer.provideMerge(NodeHttpServer.layerHttpServices)
  )
