/**
 * GET and nothing else, to one API server. It is `node:https`, not `fetch`, because fetch cannot be given a certificate
 * authority; a body is pulled, so a slow reader slows the server down instead of filling memory.
 */
import http, { type IncomingMessage } from "node:http"
import https from "node:https"
import { Effect, Redacted, type Scope } from "effect"
import type { KubeConnection } from "./KubeConnection.ts"
import { failureOfStatus, type KubeFailed, kubeFailed } from "./KubeFailed.ts"

/** Asks one API server. */
export interface KubeClient {
  /** Scheme, host and port. */
  readonly origin: string
  /** The answer to a GET once its headers are here and say 200. Closing the scope ends the exchange. */
  readonly open: (
    path: string,
    query: Readonly<Record<string, string>>
  ) => Effect.Effect<IncomingMessage, KubeFailed, Scope.Scope>
  /** A whole answer as JSON, where it is short. */
  readonly json: (path: string) => Effect.Effect<unknown, KubeFailed>
}

// To the headers. An API server that has to ask etcd for 500 objects answers within seconds.
const answerMs = 30_000
// A peer that has gone without a word is noticed within a minute; the API server itself sends a bookmark that often.
const keepAliveMs = 30_000
// Discovery documents and single objects; etcd takes no object above 1.5 MiB.
const jsonBytesMax = 4 * 1024 * 1024
// Whatever a server asks for, it is asked again within a quarter of an hour.
const retryAfterSecondsMax = 900
const userAgent = "farmops-agent"

/** The next bytes of an answer; null at its end. */
export const readChunk = (message: IncomingMessage): Effect.Effect<Buffer | null, KubeFailed> =>
  Effect.callback((resume) => {
    const off = () => {
      message.off("readable", look).off("end", look).off("error", look).off("close", look)
    }
    const settle = (outcome: Effect.Effect<Buffer | null, KubeFailed>) => {
      off()
      resume(outcome)
      return true
    }
    const look = (): boolean => {
      const chunk: Buffer | null = message.read()
      if (chunk !== null) return settle(Effect.succeed(chunk))
      // Untrusted: a connection that was cut is no end, whatever had arrived.
      if (message.readableEnded && message.complete) return settle(Effect.succeed(null))
      if (message.destroyed || message.errored !== null) return settle(Effect.fail(kubeFailed("unreachable")))
      return false
    }
    if (look()) return
    message.on("readable", look).on("end", look).on("error", look).on("close", look)
    return Effect.sync(off)
  })

const readJson = Effect.fnUntraced(function* (message: IncomingMessage) {
  const chunks: Array<Buffer> = []
  let bytes = 0
  for (;;) {
    const chunk = yield* readChunk(message)
    if (chunk === null) break
    bytes += chunk.length
    if (bytes > jsonBytesMax) return yield* kubeFailed("too_large")
    chunks.push(chunk)
  }
  return yield* Effect.try({
    try: (): unknown => JSON.parse(Buffer.concat(chunks).toString("utf8")),
    catch: () => kubeFailed("unexpected")
  })
})

const retryAfterOf = (message: IncomingMessage): number | null => {
  const text = message.headers["retry-after"] ?? ""
  return /^\d{1,9}$/.test(text) ? Math.min(Number(text), retryAfterSecondsMax) : null
}

/** A client whose connections end with the scope. */
export const makeKubeClient = Effect.fnUntraced(function* (
  connection: KubeConnection
): Effect.fn.Return<KubeClient, never, Scope.Scope> {
  const { insecure, server, serverName } = connection
  const isTls = server.protocol === "https:"
  const agentOptions = { keepAlive: true, keepAliveMsecs: keepAliveMs, maxFreeSockets: 2 }
  const agent = yield* Effect.acquireRelease(
    Effect.sync(() => (isTls ? new https.Agent(agentOptions) : new http.Agent(agentOptions))),
    (made) => Effect.sync(() => made.destroy())
  )
  const base = server.pathname.replace(/\/+$/, "")

  const send = (path: string, query: Readonly<Record<string, string>>) =>
    Effect.flatMap(connection.credentials, ({ ca, client, token }) =>
      Effect.callback<IncomingMessage, KubeFailed>((resume) => {
        const search = new URLSearchParams(query).toString()
        const options = {
          agent,
          method: "GET",
          // Node wants an IPv6 address without its brackets.
          host: server.hostname.replace(/^\[|\]$/g, ""),
          port: server.port || (isTls ? 443 : 80),
          path: `${base}${path}${search === "" ? "" : `?${search}`}`,
          headers: {
            accept: "application/json",
            "user-agent": userAgent,
            ...(token !== null && { authorization: `Bearer ${Redacted.value(token)}` })
          }
        }
        const tls = {
          rejectUnauthorized: !insecure,
          ...(ca !== null && { ca }),
          ...(client !== null && { cert: client.certificate, key: Redacted.value(client.key) }),
          ...(serverName !== null && { servername: serverName })
        }
        const fail = () => resume(Effect.fail(kubeFailed("unreachable")))
        try {
          const request = isTls ? https.request({ ...options, ...tls }) : http.request(options)
          request.on("socket", (socket) => socket.setKeepAlive(true, keepAliveMs))
          // It stays: a request that is ended late speaks up once more.
          request.on("error", fail).on("response", (message) => {
            message.on("error", () => undefined)
            resume(Effect.succeed(message))
          })
          request.end()
          return Effect.sync(() => request.destroy())
        } catch {
          // Node refuses key material that is none when the request is made.
          resume(Effect.fail(kubeFailed("no_credentials")))
        }
      })
    )

  const open: KubeClient["open"] = Effect.fnUntraced(function* (path, query) {
    const message = yield* Effect.acquireRelease(
      send(path, query).pipe(
        Effect.timeoutOrElse({ duration: answerMs, orElse: () => Effect.fail(kubeFailed("unreachable")) })
      ),
      (opened) => Effect.sync(() => (opened.complete && opened.readableEnded ? undefined : opened.destroy())),
      { interruptible: true }
    )
    const status = message.statusCode ?? 0
    if (status !== 200) return yield* kubeFailed(failureOfStatus(status), retryAfterOf(message))
    return message
  })

  return {
    origin: server.origin,
    open,
    json: (path) => Effect.scoped(Effect.flatMap(open(path, {}), readJson))
  }
})
