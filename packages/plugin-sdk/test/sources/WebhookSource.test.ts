import { createHmac } from "node:crypto"
import { connect } from "node:net"
import { describe, expect, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Redacted, Schema } from "effect"
import { HttpServer } from "effect/http"
import { layerReceiverServer } from "../../src/sources/receive/Receiver.ts"
import { WebhookOptions } from "../../src/sources/webhook/WebhookOptions.ts"
import { makeWebhookSource } from "../../src/sources/webhook/WebhookSource.ts"
import { dataOf, makeMemorySink, watch } from "./sinkFixture.ts"

/** A receiver that listens alone, on a port of its own. */
const receiverWith = Effect.fnUntraced(function* (bounds: {
  readonly body_bytes_max?: number
  readonly body_ms_max?: number
}) {
  const source = yield* makeWebhookSource({
    name: "forge",
    sender: "github",
    secrets: [Redacted.make("hush")],
    events: ["push"],
    ...bounds
  })
  const services = yield* Layer.build(layerReceiverServer([source], { port: 0 }))
  const { address } = Context.get(services, HttpServer.HttpServer)
  const port = "port" in address ? address.port : 0
  return { source, port, to: `http://127.0.0.1:${port}/hooks/forge` }
})

const receiver = receiverWith({ body_bytes_max: 20_000 })

const sign = (body: string) => `sha256=${createHmac("sha256", "hush").update(body).digest("hex")}`

const send = (to: string, body: string, headers: Record<string, string> = {}) =>
  Effect.promise(async () => {
    const response = await fetch(to, {
      method: "POST",
      body,
      headers: {
        "content-type": "application/json",
        "x-hub-signature-256": sign(body),
        "x-github-event": "push",
        "x-github-delivery": "one",
        ...headers
      }
    })
    const text = await response.text()
    const said = JSON.parse(text) as Record<string, unknown>
    return { text, status: response.status, said: said.code ?? said.status, headers: response.headers }
  })

describe("a webhook receiver", () => {
  it.live("says that a delivery was taken when the sink has it, and that it was there already", () =>
    Effect.gen(function* () {
      const sink = yield* makeMemorySink()
      const { source, to } = yield* receiver
      yield* watch(source, sink)
      const body = '{"ref":"refs/heads/main"}'
      expect(yield* send(to, body)).toMatchObject({ status: 202, said: "taken" })
      expect(sink.taken.map(dataOf)).toEqual([{ kind: "webhook", event: "push", payload: JSON.parse(body) }])
      expect(yield* send(to, body)).toMatchObject({ status: 200, said: "already" })
      // Nobody signs the delivery id.
      expect(yield* send(to, body, { "x-github-delivery": "two" })).toMatchObject({ status: 200, said: "already" })
      expect(yield* send(to, '{"ref":1}')).toMatchObject({ status: 409, said: "delivery_conflict" })
      expect(yield* send(to, '{"ref":1}', { "x-github-delivery": "three" })).toMatchObject({ status: 202 })
      expect(source.state.value).toEqual({ phase: "watching", code: null, observations: 2 })
    })
  )

  it.live("remembers across a restart what the sink remembers", () =>
    Effect.gen(function* () {
      const sink = yield* makeMemorySink()
      for (const said of ["taken", "already"]) {
        yield* Effect.scoped(
          Effect.gen(function* () {
            const { source, to } = yield* receiver
            yield* watch(source, sink)
            expect(yield* send(to, "{}")).toMatchObject({ said })
          })
        )
      }
      const { has: _, ...forgetful } = sink
      const { source, to } = yield* receiver
      yield* watch(source, forgetful)
      expect(yield* send(to, "{}")).toMatchObject({ said: "taken" })
      expect(sink.repeats()).toBe(1)
    })
  )

  it.live("asks for patience while it has no room, and does not take that delivery for seen", () =>
    Effect.gen(function* () {
      const sink = yield* makeMemorySink(0)
      const { source, to } = yield* receiver
      yield* watch(source, sink)
      const full = yield* send(to, "{}")
      expect(full).toMatchObject({ status: 503, said: "observations_full" })
      expect(full.headers.get("retry-after")).toBe("60")
      expect(source.state.value.phase).toBe("paused")
      yield* sink.resize(1)
      expect(yield* send(to, "{}")).toMatchObject({ status: 202, said: "taken" })
      expect(source.state.value.phase).toBe("watching")
    })
  )

  it.live("is closed before it runs, and after", () =>
    Effect.gen(function* () {
      const { source, to } = yield* receiver
      expect(yield* send(to, "{}")).toMatchObject({ status: 503, said: "not_ready" })
      const fiber = yield* watch(source, yield* makeMemorySink())
      expect(yield* send(to, "{}")).toMatchObject({ status: 202 })
      yield* Fiber.interrupt(fiber)
      expect(yield* send(to, "{}")).toMatchObject({ status: 503, said: "not_ready" })
    })
  )

  it.live("answers a ping and drops what is not on its list", () =>
    Effect.gen(function* () {
      const sink = yield* makeMemorySink()
      const { source, to } = yield* receiver
      yield* watch(source, sink)
      expect(yield* send(to, "{}", { "x-github-event": "ping" })).toMatchObject({ status: 200, said: "pong" })
      expect(yield* send(to, "{}", { "x-github-event": "star" })).toMatchObject({ status: 200, said: "ignored" })
      expect(sink.taken).toEqual([])
    })
  )

  it.live("takes 3 MiB unless it is told otherwise, more than the server around it takes of others", () =>
    Effect.gen(function* () {
      const sink = yield* makeMemorySink()
      const { source, to } = yield* receiverWith({})
      yield* watch(source, sink)
      const body = (bytes: number) => `"${"x".repeat(bytes - 2)}"`
      expect(yield* send(to, body(3 * 1024 * 1024))).toMatchObject({ status: 202 })
      expect(yield* send(to, body(3 * 1024 * 1024 + 1))).toMatchObject({ status: 413, said: "body_too_large" })
      expect(sink.taken.length).toBe(1)
    })
  )

  it.live("refuses with a code each, and repeats nothing of what was sent", () =>
    Effect.gen(function* () {
      const sink = yield* makeMemorySink()
      const { source, to } = yield* receiver
      yield* watch(source, sink)
      const refusals = [
        [401, "bad_signature", yield* send(to, '{"barn":1}', { "x-hub-signature-256": sign("{}") })],
        [401, "bad_signature", yield* send(to, '{"barn":1}', { "x-hub-signature-256": "" })],
        [400, "bad_body", yield* send(to, '{"barn"')],
        [415, "unsupported_media_type", yield* send(to, '{"barn":1}', { "content-type": "text/plain" })],
        [415, "unsupported_media_type", yield* send(to, '{"barn":1}', { "content-encoding": "gzip" })],
        [413, "body_too_large", yield* send(to, `["barn"${" ".repeat(20_000)}]`)]
      ] as const
      for (const [status, said, answer] of refusals) {
        expect(answer).toMatchObject({ status, said })
        expect(answer.headers.get("content-type")).toBe("application/problem+json")
        expect(answer.text).not.toContain("barn")
      }
      expect(sink.taken).toEqual([])
    })
  )

  // What a sender does that says nothing of its length, or sends it a byte at a time.
  const raw = (port: number, head: string, body: string, localAddress = "127.0.0.1") =>
    Effect.callback<string>((resume) => {
      let answer = ""
      const socket = connect({ port, host: "127.0.0.1", localAddress }, () =>
        socket.write(
          `POST /hooks/forge HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n${head}\r\n\r\n${body}`
        )
      )
      socket.on("data", (chunk) => {
        answer += chunk
      })
      socket.on("error", () => undefined)
      socket.on("close", () => resume(Effect.succeed(answer)))
      return Effect.sync(() => socket.destroy())
    })

  it.live("hangs up on a sender that is too slow", () =>
    Effect.gen(function* () {
      const { port, source } = yield* receiverWith({ body_ms_max: 300 })
      yield* watch(source, yield* makeMemorySink())
      const slow = yield* raw(port, "content-length: 100", "{")
      expect(slow).toMatch(/^HTTP\/1.1 408 [\s\S]*"code":"timeout"/)
    })
  )

  it.live("hangs up on a sender that sends more than it may without saying so", () =>
    Effect.gen(function* () {
      const { port, source, to } = yield* receiver
      yield* watch(source, yield* makeMemorySink())
      const chunk = `${(4096).toString(16)}\r\n${" ".repeat(4096)}\r\n`
      const large = yield* raw(port, "transfer-encoding: chunked", chunk.repeat(8))
      expect(large).toMatch(/^HTTP\/1.1 413 [\s\S]*"code":"body_too_large"/)
      expect(yield* send(to, "{}")).toMatchObject({ status: 202 })
    })
  )

  const many = (count: number, one: Effect.Effect<string>) =>
    Effect.forEach(Array.from({ length: count }), () => Effect.forkScoped(one, { startImmediately: true }))
  const turnedAway = /^HTTP\/1.1 503 [\s\S]*"code":"too_many_deliveries"/

  it.live("stays open to others however many send slowly, and turns the first of those away", () =>
    Effect.gen(function* () {
      const { port, source, to } = yield* receiver
      yield* watch(source, yield* makeMemorySink())
      const elsewhere = yield* Effect.forkScoped(raw(port, "content-length: 100", "{", "127.0.0.2"), {
        startImmediately: true
      })
      const slow = yield* many(100, raw(port, "content-length: 100", "{"))
      const first = slow[0]
      expect(first === undefined ? "" : yield* Fiber.join(first)).toMatch(turnedAway)
      expect(yield* send(to, "{}")).toMatchObject({ status: 202 })
      // It came before all of them, and from an address that has no other.
      expect(elsewhere.pollUnsafe()).toBeUndefined()
    })
  )

  it.live("holds no more than sixteen of the largest bodies in memory", () =>
    Effect.gen(function* () {
      const { port, source, to } = yield* receiverWith({ body_bytes_max: 1000 })
      yield* watch(source, yield* makeMemorySink())
      const [first] = yield* many(18, raw(port, "content-length: 1000", "x".repeat(900)))
      expect(first === undefined ? "" : yield* Fiber.join(first)).toMatch(turnedAway)
      expect(yield* send(to, "{}")).toMatchObject({ status: 202 })
    })
  )
})

describe("a webhook receiver's settings", () => {
  const decode = Schema.decodeUnknownExit(WebhookOptions, { onExcessProperty: "error" })

  it("are taken from a file, and keep their secrets to themselves", () => {
    const read = decode({ sender: "gitea", secrets: ["hush"] })
    expect(read._tag).toBe("Success")
    expect(JSON.stringify(read)).not.toContain("hush")
    const plain = { sender: "webhook", secrets: ["hush"], signature_header: "X-Signature", actor: "deploys" }
    expect(decode(plain)._tag).toBe("Success")
  })

  it.each([
    { sender: "gitlab", secrets: ["hush"] },
    { sender: "github", secrets: [] },
    { sender: "github", secrets: [""] },
    { sender: "github", secrets: ["hush"], actor: "ann" },
    { sender: "github", secrets: ["hush"], body_bytes_max: 25 * 1024 * 1024 },
    { sender: "webhook", secrets: ["hush"], actor: "ann" }
  ])("are refused where they make no sense: %j", (options) => {
    expect(decode(options)._tag).toBe("Failure")
  })
})
