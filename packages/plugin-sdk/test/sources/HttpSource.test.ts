import type { IncomingMessage, ServerResponse } from "node:http"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber, Latch, Redacted, Schema } from "effect"
import { HttpOptions, makeHttpSource } from "../../src/sources/http/HttpSource.ts"
import { makeSourceMemoryInRam, type SourceMemory } from "../../src/sources/SourceMemory.ts"
import { serverWith } from "./serverFixture.ts"
import { dataOf, makeMemorySink, untilState } from "./sinkFixture.ts"

type Handle = (request: IncomingMessage, response: ServerResponse) => void

/** A server whose answer can be changed, and a source that asks it at a quick pace. */
const asking = Effect.fnUntraced(function* (first: Handle, changes: Partial<HttpOptions> = {}, memory?: SourceMemory) {
  let handle = first
  let asked = 0
  let turn = Latch.makeUnsafe(false)
  const requests: Array<IncomingMessage["headers"]> = []
  const url = yield* serverWith((request, response) => {
    requests.push(request.headers)
    handle(request, response)
    response.once("close", () => {
      asked++
      const before = turn
      turn = Latch.makeUnsafe(false)
      Effect.runFork(before.open)
    })
  })
  const source = yield* makeHttpSource(
    {
      name: "page",
      source_type: "page",
      actor: "ops",
      url: `${url}/a`,
      every_seconds: 0.02,
      timeout_ms: 5_000,
      ...changes
    },
    memory ?? (yield* makeSourceMemoryInRam)
  )
  const sink = yield* makeMemorySink()
  const fiber = yield* Effect.forkScoped(source.run(sink))
  const until = (count: number): Effect.Effect<void> =>
    Effect.suspend(() => (asked >= count ? Effect.void : Effect.andThen(turn.await, until(count))))
  return {
    source,
    sink,
    fiber,
    requests,
    url,
    answer: (next: Handle) => {
      handle = next
    },
    /** Waits until the server has answered so many times more. */
    turns: (count: number) => Effect.suspend(() => until(asked + count))
  }
})

const say =
  (body: string, headers: Record<string, string> = {}, status = 200): Handle =>
  (_, response) =>
    response.writeHead(status, headers).end(body)

describe("a watched URL", () => {
  it.live("is told when its answer changes, also back to what it was, and not when it is the same", () =>
    Effect.gen(function* () {
      const { answer, sink, turns } = yield* asking(say('{"n":1}'))
      yield* sink.reached(1)
      yield* turns(2)
      for (const n of [2, 1, 2]) {
        const before = sink.taken.length
        answer(say(`{"n":${n}}`))
        yield* sink.reached(before + 1)
      }
      answer(say("gone", {}, 404))
      yield* sink.reached(5)
      expect(sink.taken.map(dataOf)).toEqual([
        ...[1, 2, 1, 2].map((n) => ({ kind: "http", status: 200, json: { n }, text: null })),
        { kind: "http", status: 404, json: null, text: "gone" }
      ])
      expect(new Set(sink.taken.map(({ subject }) => subject)).size).toBe(1)
      expect(sink.taken[0]).toMatchObject({ sourceType: "page", actor: { type: "human" } })
    })
  )

  it.live("is asked whether it has changed by what it is known by", () =>
    Effect.gen(function* () {
      const { requests, sink, source, turns } = yield* asking((request, response) => {
        const isKnown = request.headers["if-none-match"] === '"v1"'
        response.writeHead(isKnown ? 304 : 200, { etag: '"v1"', "last-modified": "Tue, 03 Feb 2026 10:00:00 GMT" })
        response.end(isKnown ? undefined : "milk")
      })
      yield* sink.reached(1)
      yield* turns(2)
      expect(requests[0]?.["if-none-match"]).toBeUndefined()
      expect(requests[1]).toMatchObject({
        "if-none-match": '"v1"',
        "if-modified-since": "Tue, 03 Feb 2026 10:00:00 GMT"
      })
      expect(source.state.value).toEqual({ phase: "watching", code: null, observations: 1 })
    })
  )

  it.live("is not told again after a restart, but what changed meanwhile is", () =>
    Effect.gen(function* () {
      const memory = yield* makeSourceMemoryInRam
      const same = (request: IncomingMessage, response: ServerResponse) => say("milk")(request, response)
      const ids: Array<string | undefined> = []
      let url = ""
      const server = yield* serverWith((request, response) => {
        const { pathname } = new URL(request.url ?? "/", "http://localhost")
        expect(pathname).toBe("/b")
        bodies.shift()?.(request, response) ?? same(request, response)
      })
      url = `${server}/b`
      const bodies: Array<Handle> = [same, same, say("cheese")]
      const options = { name: "page", source_type: "page", actor: "ops", url, every_seconds: 0.02 }
      const first = yield* makeMemorySink()
      const before = yield* Effect.forkScoped((yield* makeHttpSource(options, memory)).run(first))
      yield* first.reached(1)
      yield* Fiber.interrupt(before)
      ids.push(first.taken[0]?.observationId)
      const second = yield* makeMemorySink()
      yield* Effect.forkScoped((yield* makeHttpSource(options, memory)).run(second))
      yield* second.reached(1)
      expect(dataOf(second.taken[0])).toMatchObject({ text: "cheese" })
      expect(ids).not.toContain(second.taken[0]?.observationId)
    })
  )

  it.live.each([
    ["busy", say("", {}, 503)],
    ["busy", say("", {}, 429)],
    ["too_large", say("x".repeat(2_000))],
    ["timed_out", () => undefined],
    ["unreachable", (request) => request.socket.destroy()],
    ["redirected", say("", { location: "http://localhost:1/" }, 302)],
    ["redirected", say("", { location: "/a" }, 302)],
    ["redirected", say("", { location: "//[" }, 302)]
  ] as ReadonlyArray<[string, Handle]>)(
    "says %s when that is why it cannot be seen, and sees it again",
    ([code, handle]) =>
      Effect.gen(function* () {
        const { answer, sink, source } = yield* asking(handle, {
          body_bytes_max: 1_000,
          timeout_ms: code === "timed_out" ? 300 : 5_000
        })
        yield* untilState(source, { phase: "degraded", code })
        expect(sink.taken).toEqual([])
        answer(say("milk"))
        yield* sink.reached(1)
        yield* untilState(source, { phase: "watching", code: null })
      })
  )

  it.live("is followed on its own server, with its credential, and nowhere else", () =>
    Effect.gen(function* () {
      const elsewhere: Array<string> = []
      const other = yield* serverWith((request, response) => {
        elsewhere.push(request.headers.authorization ?? "")
        response.end("stolen")
      })
      const { answer, requests, sink, source } = yield* asking(
        (request, response) =>
          request.url === "/a" ? say("", { location: "/b" }, 307)(request, response) : say("milk")(request, response),
        { credential: { username: "ann", password: Redacted.make("hush") } }
      )
      yield* sink.reached(1)
      expect(dataOf(sink.taken[0])).toMatchObject({ status: 200, text: "milk" })
      const basic = `Basic ${Buffer.from("ann:hush").toString("base64")}`
      expect(requests.slice(0, 2).map(({ authorization }) => authorization)).toEqual([basic, basic])
      answer(say("", { location: other }, 302))
      yield* untilState(source, { code: "redirected" })
      expect(elsewhere).toEqual([])
    })
  )

  it.live("is an answer that is no text, too", () =>
    Effect.gen(function* () {
      const { sink } = yield* asking((_, response) => response.end(Buffer.from([0xff, 0xfe])))
      yield* sink.reached(1)
      expect(dataOf(sink.taken[0])).toEqual({ kind: "http", status: 200, json: null, text: null })
    })
  )
})

describe("settings of a watched URL", () => {
  const decode = Schema.decodeUnknownExit(HttpOptions, { onExcessProperty: "error" })
  const good = { source_type: "page", actor: "ops", url: "https://barn.example/status" }

  it("are taken from a file", () => {
    expect(decode({ ...good, every_seconds: 5, credential: { bearer_token: "hush" } })._tag).toBe("Success")
  })

  it.each([
    { url: "ftp://barn.example/" },
    { url: "https://ann:hush@barn.example/" },
    { url: "barn" },
    { source_type: "Barn Door" },
    { every_seconds: 0 },
    { credential: { username: "ann" } }
  ])("are refused where they make no sense: %j", (change) => {
    expect(decode({ ...good, ...change })._tag).toBe("Failure")
  })
})
