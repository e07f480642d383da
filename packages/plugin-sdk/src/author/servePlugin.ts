/** Serves a plugin to the agent that started it: gRPC on the Unix socket that the agent chose, for as long as the agent lives. */
import { timingSafeEqual } from "node:crypto"
import { chmodSync, rmSync } from "node:fs"
import { createServer, type Http2ServerRequest, type Http2ServerResponse, type ServerHttp2Session } from "node:http2"
import { Code, ConnectError, type ConnectRouter, type Interceptor } from "@connectrpc/connect"
import { connectNodeAdapter } from "@connectrpc/connect-node"
import type { DefinedPlugin } from "../contract/DefinedPlugin.ts"
import { encodeDescription, encodeVerdict } from "../contract/encode.ts"
import { socketVariable, tokenVariable } from "../contract/environment.ts"
import { sessionPath } from "../contract/grpcFrames.ts"
import { messageBytesMax, readRawData } from "../contract/Observation.ts"
import type { PluginDescription, Verdict } from "../contract/Verdict.ts"
import { FarmPlugin, type VerifyRequest } from "../gen/farmops/plugin/v1/plugin_pb.ts"
import { isGrpc, refuseSession, type ServedSession, serveSession } from "./serveSession.ts"

/** Where to listen and which token to expect. An agent passes both in the environment. */
export interface ServeOptions {
  readonly socket: string
  readonly token: string
}

/** A plugin that is being served. */
export interface ServedPlugin {
  /** Takes no new call and gives those in flight a second. */
  readonly close: () => Promise<void>
}

// Calls in flight at the end may take this long; one that hangs, or whose sender waits for us, may not hold the process.
const closeMsMax = 1_000

// sysexits(3) EX_USAGE: started by hand.
const usage = 64

const wrongToken = "wrong or missing token"

const makeTokenCheck = (expected: string) => {
  const wanted = Buffer.from(`Bearer ${expected}`)
  return (authorization: string | null | undefined): boolean => {
    const given = Buffer.from(authorization ?? "")
    return wanted.length === given.length && timingSafeEqual(wanted, given)
  }
}

const checkToken =
  (isRight: ReturnType<typeof makeTokenCheck>): Interceptor =>
  (next) =>
  (request) => {
    if (!isRight(request.header.get("authorization"))) throw new ConnectError(wrongToken, Code.Unauthenticated)
    return next(request)
  }

const answer = async <A>(
  plugin: DefinedPlugin,
  { memory, observationId, rawData, sourceType }: VerifyRequest,
  encode: (verdict: Verdict) => A
): Promise<A> => {
  if (!plugin.description.sources.some(({ source_type }) => source_type === sourceType)) {
    throw new ConnectError("this plugin does not know that source", Code.InvalidArgument)
  }
  const data = readRawData(rawData)
  if (data === undefined) throw new ConnectError("raw_data is not JSON in UTF-8", Code.InvalidArgument)
  try {
    return encode(await plugin.verify({ observationId, sourceType, data, memory }))
  } catch (error) {
    // For the author: the agent keeps it for its debug log. What went wrong may name things, so it is not in the answer.
    process.stderr.write(`${error instanceof Error ? error.stack : error}\n`)
    throw new ConnectError("the plugin failed", Code.Internal)
  }
}

// Whoever wrote the plugin, this module serves Session for it.
const served = (description: PluginDescription): PluginDescription => ({
  ...description,
  capabilities: ["session", ...description.capabilities.filter((name) => name !== "session")]
})

const routesOf = (plugin: DefinedPlugin) => (router: ConnectRouter) =>
  router.service(FarmPlugin, {
    describe: () => encodeDescription(served(plugin.description)),
    verify: (request) => answer(plugin, request, encodeVerdict),
    configureSources: ({ configuration }) => {
      const fault = plugin.configure(configuration.length === 0 ? null : readRawData(configuration))
      if (fault !== null) throw new ConnectError(fault, Code.InvalidArgument)
      return { wanted: encodeDescription(plugin.description).sourceRequirements }
    }
  })

/** Listens on a socket of mode 0600 and answers until `close`. A stale socket file of an earlier run is replaced. */
export const serveOn = (plugin: DefinedPlugin, { socket, token }: ServeOptions): Promise<ServedPlugin> => {
  const isRight = makeTokenCheck(token)
  const unary = connectNodeAdapter({
    routes: routesOf(plugin),
    readMaxBytes: messageBytesMax,
    writeMaxBytes: messageBytesMax,
    interceptors: [checkToken(isRight)]
  })
  const streams = new Set<ServedSession>()
  const startSession = ({ headers }: Http2ServerRequest, response: Http2ServerResponse) => {
    if (!isRight(headers.authorization)) return refuseSession(response, Code.Unauthenticated, wrongToken)
    const session = serveSession(response, (request, encode) => answer(plugin, request, encode))
    streams.add(session)
    response.stream.once("close", () => streams.delete(session))
  }
  const server = createServer((request: Http2ServerRequest, response: Http2ServerResponse) =>
    request.url === sessionPath && isGrpc(request.headers) ? startSession(request, response) : unary(request, response)
  )
  const connections = new Set<ServerHttp2Session>()
  server.on("session", (connection) => {
    connections.add(connection)
    connection.once("close", () => connections.delete(connection))
  })
  const close = () =>
    new Promise<void>((closed) => {
      server.close(() => closed())
      for (const stream of streams) stream.drain()
      for (const connection of connections) connection.close()
      setTimeout(() => {
        for (const connection of connections) connection.destroy()
      }, closeMsMax).unref()
    })
  rmSync(socket, { force: true })
  // From its first moment nobody but its owner may open the socket, wherever the folder around it is.
  const before = process.umask(0o177)
  return new Promise((listening, fail) => {
    const restore = () => process.umask(before)
    server.once("error", (error) => {
      restore()
      fail(error)
    })
    server.listen(socket, () => {
      restore()
      // A umask means nothing on some file systems.
      chmodSync(socket, 0o600)
      listening({ close })
    })
  })
}

/**
 * The main of a plugin program; `environment` is `process.env`. Stops on SIGTERM, SIGINT, or when the agent's end of standard
 * input closes, which the kernel does however the agent ends: no plugin outlives its agent. Standard output is the author's.
 */
export const servePlugin = async (
  plugin: DefinedPlugin,
  environment: Readonly<Record<string, string | undefined>>
): Promise<void> => {
  const socket = environment[socketVariable]
  const token = environment[tokenVariable]
  if (!socket || !token) {
    process.stderr.write(
      `${plugin.description.plugin_id} is a FarmOps plugin: an agent starts it and sets ${socketVariable} and ${tokenVariable}.\n`
    )
    process.exitCode = usage
    return
  }
  const served = await serveOn(plugin, { socket, token })
  const stop = () => void served.close().then(() => process.exit(0))
  process.once("SIGTERM", stop)
  process.once("SIGINT", stop)
  process.stdin.once("end", stop).once("error", stop).resume()
}
