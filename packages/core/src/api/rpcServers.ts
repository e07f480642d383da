/** Puts Connect, and with TLS gRPC, in front of a host's HTTP server, and opens the plain-text gRPC port beside it. */
import type { IncomingMessage, ServerResponse } from "node:http"
import { createServer, type ServerHttp2Session } from "node:http2"
import { Code, ConnectError, type ConnectRouter, createContextValues } from "@connectrpc/connect"
import { connectNodeAdapter } from "@connectrpc/connect-node"
import { Effect } from "effect"
import type { HostServer } from "../host/guardHostName.ts"
import { listenError } from "../host/listen.ts"
import { certifiedAgent } from "./AgentDoor.ts"
import { type Admit, refuseEarly } from "./RequestLimits.ts"
import { certifiedSender, messageBytesMax } from "./TrackerRpc.ts"

/** What a host answers over RPC. */
export type RpcRoutes = (router: ConnectRouter) => ConnectRouter

/** RPC paths start with the package's name; no route of ours does. */
const isRpc = (request: IncomingMessage): boolean => request.url?.startsWith("/farmops.") === true

// Streams that are still open when the host stops end with this; a client takes it for "try again".
const stopping = () => new ConnectError("the tracker is stopping", Code.Unavailable)

const adapterOf = (routes: RpcRoutes, shutdownSignal: AbortSignal) =>
  connectNodeAdapter({
    routes,
    shutdownSignal,
    readMaxBytes: messageBytesMax,
    contextValues: (request) => createContextValues().set(certifiedSender, certifiedAgent(request))
  })

/**
 * Connect on the port of an HTTP server, and gRPC too where that speaks HTTP/2. The server has to be wrapped before the services behind the routes exist, so
 * `open` comes later; until then, and after `open`'s scope has closed, calls are answered with 503. `admits` is asked of every
 * request, RPC or not.
 */
export const makeRpcDoor = Effect.sync(() => {
  let adapter: ReturnType<typeof connectNodeAdapter> | null = null
  let admit: Admit = () => null
  const wrap = (server: HostServer): HostServer => {
    const emit: (event: string, ...args: ReadonlyArray<unknown>) => boolean = server.emit.bind(server)
    const wrapped = (event: string, ...args: ReadonlyArray<unknown>): boolean => {
      if (event !== "request" && event !== "checkContinue") return emit(event, ...args)
      const [request, response] = args as [IncomingMessage, ServerResponse]
      const early = admit(request)
      if (early !== null) {
        refuseEarly(response, early)
        return true
      }
      if (!isRpc(request)) return emit(event, ...args)
      if (adapter === null) response.writeHead(503).end()
      else adapter(request, response)
      return true
    }
    return Object.assign(server, { emit: wrapped })
  }
  const open = (routes: RpcRoutes, admits: Admit = () => null) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        const down = new AbortController()
        adapter = adapterOf(routes, down.signal)
        admit = admits
        return down
      }),
      (down) =>
        Effect.sync(() => {
          adapter = null
          down.abort(stopping())
        })
    )
  return { wrap, open }
})

// What a call may take to end by itself once it was told to.
const lastWordsMs = 500

/** Serves gRPC over plain-text HTTP/2 until the scope closes; answers the port that it got. Web pages cannot speak this protocol without TLS, so it needs no guard against them. */
export const serveGrpc = Effect.fn("serveGrpc")(function* (
  routes: RpcRoutes,
  at: { readonly host: string; readonly port: number },
  admit: Admit = () => null
) {
  const down = new AbortController()
  const adapter = adapterOf(routes, down.signal)
  const sessions = new Set<ServerHttp2Session>()
  const server = createServer((request, response) => {
    const early = admit(request)
    if (early === null) adapter(request, response)
    else refuseEarly(response, early)
  })
  server.on("session", (session) => {
    sessions.add(session)
    session.once("close", () => sessions.delete(session))
  })
  const listen = Effect.callback<void, ReturnType<typeof listenError>>((resume) => {
    server.once("error", (cause) => resume(Effect.fail(listenError(cause, at))))
    server.listen(at.port, at.host, () => resume(Effect.void))
  })
  const close = Effect.callback<void>((resume) => {
    down.abort(stopping())
    const impatience = setTimeout(() => {
      for (const session of sessions) session.destroy()
    }, lastWordsMs)
    server.close(() => {
      clearTimeout(impatience)
      resume(Effect.void)
    })
    for (const session of sessions) session.close()
  })
  yield* Effect.acquireRelease(listen, () => close)
  const address = server.address()
  return typeof address === "object" && address !== null ? address.port : at.port
})
