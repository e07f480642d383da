import { once } from "node:events"
import { writeFileSync } from "node:fs"
import { createSecureServer, connect as http2Connect } from "node:http2"
import { createServer as createHttpsServer } from "node:https"
import type { Server } from "node:net"
import { type ConnectionOptions, connect, type DetailedPeerCertificate, type TLSSocket } from "node:tls"
import { connectNodeAdapter } from "@connectrpc/connect-node"
import { describe, expect, it } from "@effect/vitest"
import { Context, Effect, Layer, Logger, Queue } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { makeRpcDoor } from "../src/api/rpcServers.ts"
import { TrackerClient } from "../src/delivery/TrackerClient.ts"
import { ProofService } from "../src/gen/farmops/proof/v1/proof_pb.ts"
import { Health, healthRoutes } from "../src/host/Health.ts"
import { layerServer } from "../src/host/listen.ts"
import type { TlsFiles } from "../src/host/TlsFiles.ts"
import { fetchOverTls } from "../src/http/fetchOverTls.ts"
import { ownCertificate, pairFiles } from "./tlsFixture.ts"

const judged = { coins: 7, pending: false, already: false, code: null, detail: "" }

/** Takes every proof, and notes over which version of HTTP it came. */
const routes = (seen: Array<string>) => (router: Parameters<Parameters<typeof connectNodeAdapter>[0]["routes"]>[0]) =>
  router.service(ProofService, {
    async submitBatch(requests, { requestHeader }) {
      seen.push(requestHeader.get("content-type") ?? "")
      const results: Array<{ coins: number }> = []
      for await (const _ of requests) results.push({ coins: 7 })
      return { results }
    }
  })

/** A host's own server with RPC in front of it. */
const serve = (tls: TlsFiles, seen: Array<string> = []) =>
  Effect.gen(function* () {
    const door = yield* makeRpcDoor
    yield* door.open(routes(seen))
    const context = yield* Layer.build(
      HttpRouter.serve(healthRoutes, { disableListenLog: true, disableLogger: true }).pipe(
        Layer.provideMerge(Health.layer),
        Layer.provideMerge(layerServer({ port: 0, tls, wrap: door.wrap }))
      )
    )
    const { address } = Context.get(context, HttpServer.HttpServer)
    return "port" in address ? address.port : 0
  })

/** Any other TLS server, in the scope. */
const listening = <S extends Server>(server: S) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      server.listen(0, "127.0.0.1")
      await once(server, "listening")
      const address = server.address()
      return typeof address === "object" && address !== null ? address.port : 0
    }),
    () => Effect.sync(() => server.close())
  )

const submit = (port: number, ca: string, lines: ReadonlyArray<string> = ["a", "b"]) =>
  Effect.flatMap(TrackerClient, (client) => client.submit(lines)).pipe(
    Effect.provide(TrackerClient.layer(`https://127.0.0.1:${port}`, { tls: { ca } }))
  )

/** The certificate that a server shows now. */
const shown = (port: number, options: ConnectionOptions = {}) =>
  Effect.callback<string, Error>((resume) => {
    const socket: TLSSocket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, ...options }, () => {
      const { subject } = socket.getPeerCertificate() as DetailedPeerCertificate
      socket.destroy()
      resume(Effect.succeed(String(subject.CN)))
    })
    socket.on("error", (error) => resume(Effect.fail(error)))
  })

/** What is logged at `Error` and `Info`, as it comes. */
const listen = Effect.gen(function* () {
  const heard = yield* Queue.unbounded<string>()
  const logger = Logger.make(({ logLevel, message }) => {
    Queue.offerUnsafe(heard, `${logLevel}: ${String(message)}`)
  })
  return { heard, layer: Logger.layer([logger]) }
})

const replaced = "Error: the new TLS certificate cannot be used; the old one goes on serving"
const renewed = "Info: the new TLS certificate is in use"

describe("a server with TLS", () => {
  it.live("speaks HTTP/1.1, HTTP/2, gRPC and Connect on one port, to whoever believes its certificate", () =>
    Effect.gen(function* () {
      const pair = ownCertificate()
      const { files } = yield* pairFiles(pair)
      const seen: Array<string> = []
      const port = yield* serve(files, seen)
      const url = new URL(`https://localhost:${port}/healthz`)
      const plain = yield* Effect.promise(() => fetchOverTls(url, { method: "GET" }, { ca: pair.cert }))
      expect(plain.status).toBe(200)
      const over2 = yield* Effect.promise(async () => {
        const session = http2Connect(url.origin, { ca: pair.cert })
        const stream = session.request({ ":path": "/healthz" })
        const [headers] = await once(stream, "response")
        session.destroy()
        return headers[":status"]
      })
      expect(over2).toBe(200)
      expect(yield* submit(port, pair.cert)).toEqual([judged, judged])
      expect(seen).toEqual(["application/grpc+proto"])
    }).pipe(Effect.scoped)
  )

  it.live("is believed for the name in its certificate alone, and not at all without its authority", () =>
    Effect.gen(function* () {
      const pair = ownCertificate()
      const { files } = yield* pairFiles(pair)
      const port = yield* serve(files)
      const away = { _tag: "TrackerUnavailable" }
      expect(yield* Effect.flip(submit(port, ownCertificate().cert))).toMatchObject(away)
      const named = (servername: string) =>
        Effect.flatMap(TrackerClient, (client) => client.submit(["a"])).pipe(
          Effect.provide(TrackerClient.layer(`https://127.0.0.1:${port}`, { tls: { ca: pair.cert, servername } }))
        )
      expect(yield* named("tracker.test")).toEqual([judged])
      expect(yield* Effect.flip(named("other.test"))).toMatchObject(away)
    }).pipe(Effect.scoped)
  )

  it.live("refuses what is older than TLS 1.2", () =>
    Effect.gen(function* () {
      const { files } = yield* pairFiles(ownCertificate())
      const port = yield* serve(files)
      expect(yield* shown(port)).toBe("tracker.test")
      // A client that would take anything: it is the server that says no.
      const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const
      expect(yield* Effect.flip(shown(port, old))).toMatchObject({ code: "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION" })
    }).pipe(Effect.scoped)
  )

  it.live("answers on loopback to this machine's names only, also over HTTP/2", () =>
    Effect.gen(function* () {
      const pair = ownCertificate()
      const { files } = yield* pairFiles(pair)
      const port = yield* serve(files)
      const ask = (authority: string) =>
        Effect.promise(async () => {
          const session = http2Connect(`https://localhost:${port}`, { ca: pair.cert })
          const [headers] = await once(session.request({ ":path": "/healthz", ":authority": authority }), "response")
          session.destroy()
          return headers[":status"]
        })
      expect(yield* ask(`localhost:${port}`)).toBe(200)
      expect(yield* ask("barn.example")).toBe(421)
    }).pipe(Effect.scoped)
  )

  it.live("goes over to a renewed certificate when its files change, and when it is told to", () =>
    Effect.gen(function* () {
      const { heard, layer } = yield* listen
      const { files, write } = yield* pairFiles(ownCertificate("first"))
      yield* Effect.gen(function* () {
        const port = yield* serve({ ...files, lookEveryMs: 20 })
        const told = yield* serve(files)
        write(ownCertificate("second"))
        // The key is written before the certificate: whoever looks in between complains once.
        expect([replaced, renewed]).toContain(yield* Queue.take(heard))
        while ((yield* shown(port)) !== "second") yield* Queue.take(heard)
        expect(yield* shown(told)).toBe("first")
        process.emit("SIGHUP")
        while ((yield* shown(told)) !== "second") yield* Queue.take(heard)
      }).pipe(Effect.provide(layer))
    }).pipe(Effect.scoped)
  )

  it.live("keeps the old certificate where the new pair is none, and says so once", () =>
    Effect.gen(function* () {
      const { heard, layer } = yield* listen
      const { files, write } = yield* pairFiles(ownCertificate("first"))
      yield* Effect.gen(function* () {
        const port = yield* serve({ ...files, lookEveryMs: 5 })
        writeFileSync(files.key, ownCertificate("other").key)
        expect(yield* Queue.take(heard)).toBe(replaced)
        expect(yield* shown(port)).toBe("first")
        // Many looks later nothing more is said.
        for (let at = 0; at < 20; at++) expect(yield* shown(port)).toBe("first")
        write(ownCertificate("third"))
        while ((yield* shown(port)) !== "third") yield* Effect.yieldNow
        const rest = yield* Queue.takeAll(heard)
        expect(rest.filter((line) => line === replaced).length).toBeLessThanOrEqual(1)
      }).pipe(Effect.provide(layer))
    }).pipe(Effect.scoped)
  )

  it.effect.each([
    ["a key of another certificate", "and the key do not belong together"],
    ["a file that is none", "with its key cannot be used"]
  ] as const)("does not start with %s", ([what, reason]) =>
    Effect.gen(function* () {
      const { files } = yield* pairFiles(ownCertificate())
      writeFileSync(files.key, what.startsWith("a key") ? ownCertificate().key : "no key")
      const error = yield* Effect.flip(serve(files))
      expect(error).toMatchObject({ _tag: "TlsUnusable" })
      expect(error.message).toContain(reason)
    }).pipe(Effect.scoped)
  )
})

describe("a pair that is being written anew", () => {
  it.effect.each(["cert", "key"] as const)("is not served while its %s is empty", (part) =>
    Effect.gen(function* () {
      const { files } = yield* pairFiles(ownCertificate())
      writeFileSync(files[part], "")
      expect(yield* Effect.flip(serve(files))).toMatchObject({ _tag: "TlsUnusable", path: files[part] })
    }).pipe(Effect.scoped)
  )
})

describe("the authority of agents' certificates", () => {
  it.effect.each([
    ["", "holds no certificate"],
    ["-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "cannot be read"]
  ] as const)("is never taken from a file that names none (%j)", ([text, reason]) =>
    Effect.gen(function* () {
      const { files } = yield* pairFiles(ownCertificate())
      const clientCa = `${files.cert}.ca`
      writeFileSync(clientCa, text)
      const error = yield* Effect.flip(serve({ ...files, clientCa }))
      expect(error.message).toContain(reason)
    }).pipe(Effect.scoped)
  )
})

describe("an agent whose way to the tracker does not carry gRPC", () => {
  const pair = ownCertificate()

  it.live("goes over to Connect where the server does not speak HTTP/2", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const port = yield* listening(createHttpsServer(pair, connectNodeAdapter({ routes: routes(seen) })))
      expect(yield* submit(port, pair.cert)).toEqual([judged, judged])
      expect(seen).toEqual(["application/connect+proto"])
    }).pipe(Effect.scoped)
  )

  it.live.each([
    ["resets every stream", 0],
    ["answers them with 502", 502]
  ] as const)("goes over to Connect where a proxy takes HTTP/2 and %s", ([, status]) =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const adapter = connectNodeAdapter({ routes: routes(seen) })
      const server = createSecureServer({ ...pair, allowHTTP1: true }, (request, response) => {
        if (request.httpVersionMajor < 2) return adapter(request, response)
        if (status === 0) return request.stream.close(2)
        response.writeHead(status).end("<html>")
      })
      const port = yield* listening(server)
      const client = yield* Effect.provide(
        TrackerClient,
        TrackerClient.layer(`https://127.0.0.1:${port}`, { tls: { ca: pair.cert } })
      )
      expect(yield* client.submit(["a"])).toEqual([judged])
      expect(yield* client.submit(["b", "c"])).toEqual([judged, judged])
      expect(seen).toEqual(["application/connect+proto", "application/connect+proto"])
    }).pipe(Effect.scoped)
  )

  it.live("goes over to REST where there is no RPC at all", () =>
    Effect.gen(function* () {
      const server = createHttpsServer(pair, (request, response) => {
        const isProof = request.url === "/api/v1/proofs"
        response.writeHead(isProof ? 201 : 404, { "content-type": "application/json" })
        response.end(JSON.stringify(isProof ? { coins: 7, already: false } : {}))
      })
      const port = yield* listening(server)
      expect(yield* submit(port, pair.cert)).toEqual([judged, judged])
    }).pipe(Effect.scoped)
  )
})
