/** Joins a port of loopback to a Unix socket, for programs that know only ports. Bounded; what is on its way is cut when the scope closes. */
import { connect, createServer, type Socket } from "node:net"
import { Effect, type Scope } from "effect"
import { type CannotListen, listenError, type PortInUse } from "./listen.ts"

/** From where to where. */
export interface RelayOptions {
  /** Port 0 takes a free one. */
  readonly port: number
  /** The Unix socket; it may come into being later. */
  readonly path: string
}

// A harness asks one agent a few things at once, and a mind asks one model.
const connectionsMax = 64

const join = (from: Socket, path: string): void => {
  const to = connect(path)
  const end = () => {
    from.destroy()
    to.destroy()
  }
  for (const side of [from, to]) side.on("error", end).on("close", end)
  from.pipe(to)
  to.pipe(from)
}

/** Listens on 127.0.0.1 and gives the port. */
export const relaySocket = ({
  path,
  port
}: RelayOptions): Effect.Effect<number, PortInUse | CannotListen, Scope.Scope> => {
  const at = { port, host: "127.0.0.1" }
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.once("close", () => open.delete(socket))
    join(socket, path)
  })
  server.maxConnections = connectionsMax
  return Effect.acquireRelease(
    Effect.callback<number, PortInUse | CannotListen>((resume) => {
      server.once("error", (cause) => resume(Effect.fail(listenError(cause, at))))
      server.listen(at, () => {
        const address = server.address()
        resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : port))
      })
    }),
    () =>
      Effect.sync(() => {
        server.close()
        for (const socket of open) socket.destroy()
      })
  )
}
