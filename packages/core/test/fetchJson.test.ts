import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber, Schema } from "effect"
import { boundedFetch } from "../src/http/boundedFetch.ts"
import { fetchJson } from "../src/http/fetchJson.ts"

/** A real server on a port of its own; answers with `handle`. Gives its URL. */
const serverWith = (handle: (request: IncomingMessage, response: ServerResponse) => void) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<ReturnType<typeof createServer>>((resume) => {
        const server = createServer(handle)
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.sync(() => {
          server.closeAllConnections()
          server.close()
        })
    ),
    (server) => {
      const address = server.address()
      return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`
    }
  )

const answer = (status: number, type: string, body: string, headers: Record<string, string> = {}) =>
  serverWith((_, response) => response.writeHead(status, { "content-type": type, ...headers }).end(body))

const Milk = Schema.Struct({ litres: Schema.Int })
const ask = (url: string, options: Parameters<typeof fetchJson>[2] = {}) =>
  fetchJson(`${url}/milk?farm=old`, Milk, options)

describe("asking another server", () => {
  it.live("gives the checked answer, and ignores fields that nobody asked for", () =>
    Effect.gen(function* () {
      const url = yield* answer(200, "application/json", '{"litres":3,"cow":"Ada"}')
      expect(yield* ask(url)).toEqual({ litres: 3 })
    })
  )

  it.live.each<[string, string, string]>([
    ["is not JSON", "<html>", "not_json"],
    ["has another shape", '{"litres":"3"}', "unexpected"],
    ["is longer than is taken", `{"litres":3,"x":"${"x".repeat(2000)}"}`, "too_large"]
  ])("refuses an answer that %s", ([, body, reason]) =>
    Effect.gen(function* () {
      const url = yield* answer(200, "application/json", body)
      expect(yield* Effect.flip(ask(url, { bytesMax: 1000 }))).toMatchObject({
        _tag: "FetchFailed",
        origin: url,
        reason
      })
    })
  )

  it.live("stops reading an answer that does not announce its length and does not end", () =>
    Effect.gen(function* () {
      const url = yield* serverWith((_, response) => {
        response.writeHead(200)
        const timer = setInterval(() => response.write("x".repeat(1000)), 1)
        response.on("close", () => clearInterval(timer))
      })
      expect(yield* Effect.flip(ask(url, { bytesMax: 10_000 }))).toMatchObject({ reason: "too_large" })
    })
  )

  it.live("counts what an answer becomes when it is unpacked", () =>
    Effect.gen(function* () {
      const { gzipSync } = yield* Effect.promise(() => import("node:zlib"))
      const packed = gzipSync(Buffer.alloc(1_000_000))
      const url = yield* serverWith((_, response) =>
        response.writeHead(200, { "content-encoding": "gzip" }).end(packed)
      )
      expect(packed.length).toBeLessThan(10_000)
      expect(yield* Effect.flip(ask(url, { bytesMax: 10_000 }))).toMatchObject({ reason: "too_large" })
    })
  )

  it.live("does not follow a redirect", () =>
    Effect.gen(function* () {
      let followed = false
      const target = yield* serverWith((_, response) => {
        followed = true
        response.end("{}")
      })
      const url = yield* answer(302, "text/plain", "", { location: target })
      expect(yield* Effect.flip(ask(url))).toMatchObject({ reason: "redirected" })
      expect(followed).toBe(false)
    })
  )

  it.live("gives up after its time, and hangs up", () =>
    Effect.gen(function* () {
      let closed: () => void = () => undefined
      const hungUp = new Promise<void>((resolve) => {
        closed = resolve
      })
      const url = yield* serverWith((_, response) => response.on("close", () => closed()))
      expect(yield* Effect.flip(ask(url, { timeoutMs: 50 }))).toMatchObject({ reason: "timed_out" })
      yield* Effect.promise(() => hungUp)
    })
  )

  it.live("hangs up when nobody waits for the answer any more", () =>
    Effect.gen(function* () {
      let closed: () => void = () => undefined
      let asked: () => void = () => undefined
      const hungUp = new Promise<void>((resolve) => {
        closed = resolve
      })
      const arrived = new Promise<void>((resolve) => {
        asked = resolve
      })
      const url = yield* serverWith((_, response) => {
        response.on("close", () => closed())
        asked()
      })
      const fiber = yield* Effect.forkChild(ask(url))
      yield* Effect.promise(() => arrived)
      yield* Fiber.interrupt(fiber)
      yield* Effect.promise(() => hungUp)
    })
  )

  it.live("says that nobody answers, and names no more than the origin", () =>
    Effect.gen(function* () {
      const url = yield* Effect.scoped(answer(200, "text/plain", ""))
      const error = yield* Effect.flip(ask(url.replace("http://", "http://user:hunter2@")))
      expect(error).toMatchObject({ _tag: "FetchFailed", origin: url, reason: "unreachable" })
      expect(error.message).toBe(`${url}: does not answer`)
    })
  )

  it.effect.each(["file:///etc/passwd", "ftp://farm.example/", "not a url"])("refuses to ask %s", (url) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(boundedFetch({ url, timeoutMs: 1000, bytesMax: 1000 }))
      expect(error).toMatchObject({ _tag: "FetchFailed", reason: "bad_url" })
      expect(error.message).not.toContain("passwd")
    })
  )
})

describe("an error answer", () => {
  it.live("is read as a problem", () =>
    Effect.gen(function* () {
      const body =
        '{"type":"about:blank","status":409,"title":"Other key","detail":"the key is another","code":"key_mismatch"}'
      const url = yield* answer(409, "application/problem+json", body)
      expect(yield* Effect.flip(ask(url))).toMatchObject({
        _tag: "FetchRefused",
        status: 409,
        code: "key_mismatch",
        detail: "the key is another",
        retryAfterSeconds: null
      })
    })
  )

  it.live("is known by its status where it is no problem, and may say how long to wait", () =>
    Effect.gen(function* () {
      const url = yield* answer(503, "text/html", "<h1>busy</h1>", { "retry-after": "7" })
      const error = yield* Effect.flip(ask(url))
      expect(error).toMatchObject({ _tag: "FetchRefused", status: 503, code: "unavailable", retryAfterSeconds: 7 })
      expect(error.message).not.toContain("<h1>")
    })
  )

  it.live("cannot put control characters or a novel on a terminal", () =>
    Effect.gen(function* () {
      const body = JSON.stringify({ code: "x\u001b[31m", detail: `a\nb\u202e${"c".repeat(5000)}` })
      const error = yield* Effect.flip(ask(yield* answer(400, "application/problem+json", body)))
      expect(error.message).not.toMatch(/[\p{Cc}\p{Cf}]/u)
      expect(error.message.length).toBeLessThan(500)
    })
  )
})
