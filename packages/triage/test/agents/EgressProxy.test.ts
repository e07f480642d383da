import { mkdtempSync, rmSync } from "node:fs"
import { request } from "node:http"
import { connect, createServer, type Server, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { relaySocket } from "@farmops/core/host/relaySocket"
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { allowedHostOf, openEgressProxy, parseAuthority } from "../../src/agents/EgressProxy.ts"

const run = <A, E>(effect: Effect.Effect<A, E, import("effect").Scope.Scope>) =>
  Effect.runPromise(Effect.scoped(effect))

/** A server on loopback that sends back what it gets. */
const echo = Effect.acquireRelease(
  Effect.callback<{ readonly server: Server; readonly port: number; readonly sockets: Set<Socket> }>((resume) => {
    const sockets = new Set<Socket>()
    const server = createServer((socket) => {
      sockets.add(socket)
      socket.on("error", () => socket.destroy())
      socket.pipe(socket)
    })
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resume(Effect.succeed({ server, port: typeof address === "object" ? (address?.port ?? 0) : 0, sockets }))
    })
  }),
  ({ server, sockets }) =>
    Effect.sync(() => {
      server.close()
      for (const socket of sockets) socket.destroy()
    })
)

/** What a CONNECT is answered with and, where it is joined, what comes back for `hello`. */
const connectThrough = (proxyPort: number, authority: string) =>
  Effect.promise(
    () =>
      new Promise<{ readonly status: number; readonly echoed: string }>((resolve, reject) => {
        const asked = request({ host: "127.0.0.1", port: proxyPort, method: "CONNECT", path: authority, agent: false })
        asked.once("error", reject)
        asked.once("connect", (response, socket) => {
          const status = response.statusCode ?? 0
          if (status !== 200) {
            socket.destroy()
            return resolve({ status, echoed: "" })
          }
          socket.once("data", (data) => {
            socket.destroy()
            resolve({ status, echoed: String(data) })
          })
          socket.write("hello")
        })
        asked.end()
      })
  )

const atLoopback = { host: "127.0.0.1", port: 0 }

describe("the way out of an agent", () => {
  it("leads to a host on the list, and carries what is sent", () =>
    run(
      Effect.gen(function* () {
        const { port } = yield* echo
        const proxy = yield* openEgressProxy(atLoopback, [{ host: "127.0.0.1", port }])
        expect(yield* connectThrough(proxy.port, `127.0.0.1:${port}`)).toEqual({ status: 200, echoed: "hello" })
        expect(yield* proxy.counts).toEqual({ joined: 1, refused: 0 })
      })
    ))

  it.each([
    ["another host", (port: number) => `localhost:${port}`],
    ["another port", (port: number) => `127.0.0.1:${port - 1}`],
    ["the host as a number", (port: number) => `2130706433:${port}`],
    ["the host as the end of a name", (port: number) => `evil.127.0.0.1:${port}`],
    ["the host with a name before it", (port: number) => `127.0.0.1@evil.example:${port}`],
    ["no port", () => "127.0.0.1"],
    ["an address of a page", (port: number) => `http://127.0.0.1:${port}/`]
  ])("does not lead to %s", (_, authority) =>
    run(
      Effect.gen(function* () {
        const { port, sockets } = yield* echo
        const proxy = yield* openEgressProxy(atLoopback, [{ host: "127.0.0.1", port }])
        expect((yield* connectThrough(proxy.port, authority(port))).status).toBe(403)
        expect(sockets.size).toBe(0)
        expect(yield* proxy.counts).toEqual({ joined: 0, refused: 1 })
      })
    )
  )

  it("leads nowhere with an empty list, and takes no plain request", () =>
    run(
      Effect.gen(function* () {
        const { port } = yield* echo
        const proxy = yield* openEgressProxy(atLoopback, [])
        expect((yield* connectThrough(proxy.port, `127.0.0.1:${port}`)).status).toBe(403)
        const plain = yield* Effect.promise(() => fetch(`http://127.0.0.1:${proxy.port}/`))
        expect(plain.status).toBe(405)
      })
    ))

  it("says that a host is away", () =>
    run(
      Effect.gen(function* () {
        const { port, server } = yield* echo
        yield* Effect.promise(() => new Promise((resolve) => server.close(resolve)))
        const proxy = yield* openEgressProxy(atLoopback, [{ host: "127.0.0.1", port }])
        expect((yield* connectThrough(proxy.port, `127.0.0.1:${port}`)).status).toBe(502)
      })
    ))

  it("closes with its harness, whatever is joined then", async () => {
    const proxyPort = await run(
      Effect.gen(function* () {
        const { port } = yield* echo
        const proxy = yield* openEgressProxy(atLoopback, [{ host: "127.0.0.1", port }])
        yield* connectThrough(proxy.port, `127.0.0.1:${port}`)
        return proxy.port
      })
    )
    const refused = await new Promise((resolve) => {
      connect(proxyPort, "127.0.0.1")
        .once("error", () => resolve(true))
        .once("connect", () => resolve(false))
    })
    expect(refused).toBe(true)
  })

  it("is reached by a port where only its socket is known", () =>
    run(
      Effect.gen(function* () {
        const folder = yield* Effect.acquireRelease(
          Effect.sync(() => mkdtempSync(join(tmpdir(), "farmops-egress-"))),
          (made) => Effect.sync(() => rmSync(made, { recursive: true }))
        )
        const path = join(folder, "e.sock")
        const { port } = yield* echo
        yield* openEgressProxy({ path }, [{ host: "127.0.0.1", port }])
        const relayed = yield* relaySocket({ port: 0, path })
        expect(yield* connectThrough(relayed, `127.0.0.1:${port}`)).toEqual({ status: 200, echoed: "hello" })
        expect((yield* connectThrough(relayed, "example.org:443")).status).toBe(403)
      })
    ))
})

describe("the list of hosts", () => {
  it("is made from the addresses of models", () => {
    expect(allowedHostOf("https://API.anthropic.com/v1")).toEqual({ host: "api.anthropic.com", port: 443 })
    expect(allowedHostOf("http://ollama.lan:11434")).toEqual({ host: "ollama.lan", port: 11_434 })
    expect(allowedHostOf("http://[::1]:11434")).toEqual({ host: "::1", port: 11_434 })
    expect(allowedHostOf("file:///etc/passwd")).toBeNull()
    expect(allowedHostOf("nothing")).toBeNull()
  })

  it("knows one host and one port, and no other spelling", () => {
    expect(parseAuthority("Example.ORG:443")).toEqual({ host: "example.org", port: 443 })
    expect(parseAuthority("[::1]:443")).toEqual({ host: "::1", port: 443 })
    for (const text of ["", ":443", "a:0", "a:65536", "a b:443", "a/b:443", "a:443:443", "a:443\r\nx"])
      expect(parseAuthority(text), text).toBeNull()
  })
})
