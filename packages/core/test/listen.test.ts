import { request } from "node:http"
import { connect } from "node:net"
import { describe, expect, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Runtime } from "effect"
import { HttpRouter, HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"
import { exitCodes } from "../src/host/exitCodes.ts"
import type { HostServer } from "../src/host/guardHostName.ts"
import { Health, healthRoutes } from "../src/host/Health.ts"
import { type ListenOptions, layerServer } from "../src/host/listen.ts"
import { layerProblems } from "../src/http/problem.ts"
import { startProgram } from "./startProgram.ts"

const echo = HttpRouter.add(
  "POST",
  "/echo",
  Effect.flatMap(HttpServerRequest.HttpServerRequest, (incoming) =>
    Effect.map(incoming.text, (text) => HttpServerResponse.text(String(text.length)))
  )
)
const broken = HttpRouter.add("GET", "/broken", Effect.die(new Error("the secret of the barn")))
const app = Layer.mergeAll(healthRoutes, echo, broken, layerProblems)

const serve = (options: Omit<ListenOptions, "port"> & { readonly port?: number } = {}) =>
  Effect.gen(function* () {
    const context = yield* Layer.build(
      HttpRouter.serve(app, { disableListenLog: true, disableLogger: true }).pipe(
        Layer.provideMerge(Health.layer),
        Layer.provideMerge(layerServer({ port: 0, ...options }))
      )
    )
    const { address } = Context.get(context, HttpServer.HttpServer)
    return { port: "port" in address ? address.port : 0, health: Context.get(context, Health) }
  })

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
}

/** A request as any program may send it: `fetch` does not let a Host header through. */
const ask = (port: number, path: string, options: { readonly host?: string; readonly body?: string } = {}) =>
  Effect.callback<Answer>((resume) => {
    const sent = request(
      {
        port,
        host: "127.0.0.1",
        path,
        method: options.body === undefined ? "GET" : "POST",
        headers: options.host === undefined ? {} : { host: options.host }
      },
      (response) => {
        let body = ""
        response.on("data", (chunk) => {
          body += String(chunk)
        })
        response.on("end", () =>
          resume(
            Effect.succeed({ status: response.statusCode ?? 0, type: response.headers["content-type"] ?? "", body })
          )
        )
      }
    )
    sent.on("error", () => resume(Effect.succeed({ status: 0, type: "", body: "" })))
    sent.end(options.body)
  })

describe("a server", () => {
  it.live("says which port is taken and how to choose another", () =>
    Effect.gen(function* () {
      const { port } = yield* serve()
      const error = yield* Effect.flip(serve({ port }))
      expect(error).toMatchObject({ _tag: "PortInUse", port, [Runtime.errorExitCode]: exitCodes.portInUse })
      expect(error.message).toContain(`port ${port} on 127.0.0.1 is already in use`)
      expect(error.message).toContain("--port")
    })
  )

  it.live("says why it cannot listen on an address that is not this machine's", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(serve({ host: "192.0.2.1" }))
      expect(error).toMatchObject({ _tag: "CannotListen", host: "192.0.2.1", reason: "EADDRNOTAVAIL" })
      expect(error).toMatchObject({ [Runtime.errorExitCode]: exitCodes.unavailable })
    })
  )

  it.live("stops within its drain although a reader keeps an event stream open", () =>
    Effect.gen(function* () {
      const program = yield* startProgram("serve-stream")
      const port = Number(yield* program.said("\n"))
      const socket = connect(port, "127.0.0.1")
      socket.on("error", () => undefined)
      yield* Effect.callback<void>((resume) => {
        socket.on("data", () => resume(Effect.void))
        socket.write("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
      })
      yield* program.signal("SIGTERM")
      const ended = yield* program.ended
      expect(ended).toMatchObject({ code: 0, stderr: "" })
      socket.destroy()
    })
  )

  it.live("stops although a protocol in front of it never ends an answer", () =>
    Effect.gen(function* () {
      let arrived: () => void = () => undefined
      const taken = new Promise<void>((resolve) => {
        arrived = resolve
      })
      const wrap = (server: HostServer): HostServer => {
        const emit: (event: string, ...args: ReadonlyArray<unknown>) => boolean = server.emit.bind(server)
        const takeRequests = (event: string, ...args: ReadonlyArray<unknown>) => {
          if (event !== "request") return emit(event, ...args)
          arrived()
          return true
        }
        return Object.assign(server, { emit: takeRequests })
      }
      const asking = yield* Effect.scoped(
        Effect.gen(function* () {
          const { port } = yield* serve({ wrap })
          const fiber = yield* Effect.forkDetach(ask(port, "/healthz"), { startImmediately: true })
          yield* Effect.promise(() => taken)
          return fiber
        })
      )
      const answer = yield* Fiber.join(asking)
      expect(answer.status).toBe(0)
    })
  )

  it.live(
    "answers errors that no handler made with a problem and a code, and tells nothing of what failed inside",
    () =>
      Effect.gen(function* () {
        const { port } = yield* serve()
        const codeOf = ({ body, status, type }: Answer) => [status, type, JSON.parse(body).code]
        expect(codeOf(yield* ask(port, "/nowhere"))).toEqual([404, "application/problem+json", "not_found"])
        const large = yield* ask(port, "/echo", { body: "x".repeat(1024 * 1024 + 1) })
        expect(codeOf(large)).toEqual([413, "application/problem+json", "body_too_large"])
        const failed = yield* ask(port, "/broken")
        expect(codeOf(failed)).toEqual([500, "application/problem+json", "internal_error"])
        expect(failed.body).not.toContain("secret")
      })
  )

  it.live("takes bodies up to 1 MiB", () =>
    Effect.gen(function* () {
      const { port } = yield* serve()
      expect(yield* ask(port, "/echo", { body: "x".repeat(1024 * 1024) })).toMatchObject({
        status: 200,
        body: String(1024 * 1024)
      })
    })
  )
})

describe("a loopback server", () => {
  it.live("answers only to names of this machine", () =>
    Effect.gen(function* () {
      const { port } = yield* serve()
      const statusFor = (host: string) => Effect.map(ask(port, "/healthz", { host }), ({ status }) => status)
      for (const host of [
        "localhost",
        `localhost:${port}`,
        "LOCALHOST",
        "127.0.0.1",
        `127.0.0.1:${port}`,
        "[::1]:80"
      ]) {
        expect([host, yield* statusFor(host)]).toEqual([host, 200])
      }
      for (const host of [
        "farm.example",
        "localhost.farm.example",
        "notlocalhost",
        "x127.0.0.1",
        "127.0.0.1.farm.example",
        "0.0.0.0",
        "farm.example:80"
      ]) {
        expect([host, yield* statusFor(host)]).toEqual([host, 421])
      }
      expect(JSON.parse((yield* ask(port, "/healthz", { host: "farm.example" })).body)).toMatchObject({
        code: "wrong_host"
      })
    })
  )

  it.live("answers to further names that its owner gave, and one that is open to the network to any", () =>
    Effect.gen(function* () {
      const named = yield* serve({ hostNames: ["Farm.example"] })
      expect((yield* ask(named.port, "/healthz", { host: "farm.example" })).status).toBe(200)
      const open = yield* serve({ host: "0.0.0.0" })
      expect((yield* ask(open.port, "/healthz", { host: "farm.example" })).status).toBe(200)
    })
  )
})

describe("health", () => {
  it.live("is ready when every part is, and else names those that are not", () =>
    Effect.gen(function* () {
      const { health, port } = yield* serve()
      expect(yield* ask(port, "/healthz")).toMatchObject({ status: 200, body: "ok\n" })
      expect(yield* ask(port, "/readyz")).toMatchObject({ status: 200, body: "ready\n" })
      yield* health.set("database", false)
      yield* health.set("tracker", false)
      expect(yield* ask(port, "/readyz")).toMatchObject({ status: 503, body: "waiting for database, tracker\n" })
      yield* health.set("database", true)
      yield* health.set("tracker", true)
      expect((yield* ask(port, "/readyz")).status).toBe(200)
    })
  )
})
