import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:http2"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { create, type MessageInitShape } from "@bufbuild/protobuf"
import type { ConnectRouter } from "@connectrpc/connect"
import { connectNodeAdapter } from "@connectrpc/connect-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Redacted } from "effect"
import { serveOn } from "../../src/author/servePlugin.ts"
import { encodeDescription, encodeVerdict } from "../../src/contract/encode.ts"
import { rawDataBytesMax } from "../../src/contract/Observation.ts"
import {
  FarmPlugin,
  type SessionRequest,
  SessionResponseSchema,
  VerifyRequestSchema
} from "../../src/gen/farmops/plugin/v1/plugin_pb.ts"
import { faultCodeOf, makePluginClient } from "../../src/runtime/client/pluginClient.ts"
import { makePluginSession } from "../../src/runtime/client/pluginSession.ts"
import { makeEcho } from "../echoPlugin.ts"
import { observation } from "../observation.ts"

const temporarySocket = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "farmops-session-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  ),
  (folder) => join(folder, "plugin.sock")
)

const open = Effect.fnUntraced(function* (socket: string, options: { callMsMax?: number; token?: string } = {}) {
  const client = makePluginClient(socket, Redacted.make(options.token ?? "right"), options.callMsMax ?? 5_000)
  yield* Effect.addFinalizer(() => client.close)
  yield* Effect.ignore(client.describe(5_000))
  return {
    ask: (data: string) => Effect.map(client.verify(observation(data)), ({ reason }) => reason),
    codeOf: (data: string, changes = {}) =>
      Effect.map(Effect.flip(client.verify(observation(data, changes))), faultCodeOf),
    client
  }
})

const serve = Effect.fnUntraced(function* (options: { callMsMax?: number } = {}) {
  const socket = yield* temporarySocket
  const echo = makeEcho()
  const served = yield* Effect.promise(() => serveOn(echo.plugin, { socket, token: "right" }))
  yield* Effect.addFinalizer(() => Effect.promise(served.close))
  return { ...echo, served, socket, ...(yield* open(socket, options)) }
})

type Answer = MessageInitShape<typeof SessionResponseSchema>["message"]

/** A plugin that another library serves: Connect's own streams, and unary answers that say so. */
const serveForeign = Effect.fnUntraced(function* (
  answer: (request: SessionRequest, stream: number) => ReadonlyArray<Answer>,
  { callMsMax = 5_000, capabilities = ["session"] }: { callMsMax?: number; capabilities?: ReadonlyArray<string> } = {}
) {
  const socket = yield* temporarySocket
  const { plugin } = makeEcho()
  let streams = 0
  const routes = (router: ConnectRouter) =>
    router.service(FarmPlugin, {
      describe: () => ({ ...encodeDescription(plugin.description), capabilities: [...capabilities] }),
      verify: () => encodeVerdict({ verdict: "inconclusive", reason: "unary", remember: null }),
      session: async function* (requests) {
        const stream = ++streams
        for await (const request of requests) {
          for (const message of answer(request, stream)) {
            yield create(
              SessionResponseSchema,
              message === undefined ? { id: request.id } : { id: request.id, message }
            )
          }
        }
      }
    })
  const server = createServer(connectNodeAdapter({ routes }))
  yield* Effect.acquireRelease(
    Effect.promise(() => new Promise<void>((listening) => server.listen(socket, listening))),
    () => Effect.sync(() => server.close())
  )
  return { streams: () => streams, ...(yield* open(socket, { callMsMax })) }
})

const verdict = (reason: string): Answer => ({ case: "verify", value: { verdict: "inconclusive", reason } })

describe("a session with a plugin", () => {
  it.live("gives each of many calls at once its own answer, in whatever order they come", () =>
    Effect.gen(function* () {
      const { ask, release, seen } = yield* serve()
      const first = yield* Effect.forkChild(ask("hold first"))
      yield* Effect.promise(() => seen(1))
      const words = Array.from({ length: 200 }, (_, at) => `word ${at}`)
      assert.deepStrictEqual(yield* Effect.all(words.map(ask), { concurrency: "unbounded" }), words)
      release()
      assert.strictEqual(yield* Fiber.join(first), "hold first")
    })
  )

  it.live("lets one call fail and the others go on", () =>
    Effect.gen(function* () {
      const { ask, client, codeOf, release, seen } = yield* serve()
      const held = yield* Effect.forkChild(ask("hold"))
      yield* Effect.promise(() => seen(1))
      const thrown = yield* Effect.flip(client.verify(observation("throw")))
      assert.strictEqual(faultCodeOf(thrown), "error")
      assert.notInclude(String(thrown), "marker")
      assert.strictEqual(yield* codeOf("huge"), "answer")
      assert.strictEqual(yield* codeOf("x", { sourceType: "other" }), "refused")
      assert.strictEqual(yield* codeOf("x", { rawData: new Uint8Array([0xff]) }), "refused")
      assert.strictEqual(yield* ask("x".repeat(rawDataBytesMax - 2)), "x".repeat(100))
      release()
      assert.strictEqual(yield* Fiber.join(held), "hold")
    })
  )

  it.live("gives up a call at its deadline, tells the plugin, and answers the next", () =>
    Effect.gen(function* () {
      const { ask, codeOf } = yield* serve({ callMsMax: 2_000 })
      assert.strictEqual(yield* codeOf("hold"), "deadline")
      assert.strictEqual(yield* ask("next"), "next")
    })
  )

  it.live("makes room for others when calls are interrupted", () =>
    Effect.gen(function* () {
      const { ask, client, seen } = yield* serve()
      const calls = yield* Effect.forEach(Array.from({ length: 256 }), () => Effect.forkChild(ask("hold")))
      yield* Effect.promise(() => seen(256))
      // A stream is full: this one is a unary call.
      assert.strictEqual(yield* ask("beyond"), "beyond")
      yield* Fiber.interruptAll(calls)
      yield* client.verify(observation("room"))
      const again = Array.from({ length: 200 }, (_, at) => ask(`again ${at}`))
      assert.lengthOf(yield* Effect.all(again, { concurrency: "unbounded" }), 200)
    })
  )

  it.live("fails what waits as crashed when the plugin is gone, and finds the next one by itself", () =>
    Effect.gen(function* () {
      const { ask, codeOf, plugin, seen, served, socket } = yield* serve()
      const waiting = yield* Effect.forkChild(codeOf("hold"))
      yield* Effect.promise(() => seen(1))
      yield* Effect.promise(served.close)
      assert.strictEqual(yield* Fiber.join(waiting), "crashed")
      assert.strictEqual(yield* codeOf("nobody there"), "crashed")
      const next = yield* Effect.promise(() => serveOn(plugin, { socket, token: "right" }))
      yield* Effect.addFinalizer(() => Effect.promise(next.close))
      assert.strictEqual(yield* ask("back"), "back")
    })
  )

  it.live("lets a plugin that stops answer what waits", () =>
    Effect.gen(function* () {
      const { ask, release, seen, served } = yield* serve()
      const waiting = yield* Effect.forkChild(ask("hold"))
      yield* Effect.promise(() => seen(1))
      const closed = yield* Effect.forkChild(Effect.promise(served.close), { startImmediately: true })
      release()
      assert.strictEqual(yield* Fiber.join(waiting), "hold")
      yield* Fiber.join(closed)
    })
  )

  it.live("is refused without the right token", () =>
    Effect.gen(function* () {
      const { socket } = yield* serve()
      const session = makePluginSession(socket, Redacted.make("wrong"))
      const call = session.verify(create(VerifyRequestSchema, { sourceType: "test" }), new Uint8Array(), 5_000)
      assert.strictEqual(faultCodeOf(yield* Effect.flip(call)), "unauthenticated")
    })
  )

  it.live("works with a server of another library, over one stream", () =>
    Effect.gen(function* () {
      const { ask, streams } = yield* serveForeign(() => [verdict("streamed")])
      const answers = yield* Effect.all(
        Array.from({ length: 50 }, () => ask("x")),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual([...new Set(answers)], ["streamed"])
      assert.strictEqual(streams(), 1)
    })
  )

  it.live("is begun anew where nothing comes for the length of a deadline", () =>
    Effect.gen(function* () {
      const { ask, codeOf, streams } = yield* serveForeign(
        (_, stream) => (stream === 1 ? [] : [verdict("another stream")]),
        { callMsMax: 2_000 }
      )
      assert.strictEqual(yield* codeOf("x"), "deadline")
      assert.strictEqual(yield* ask("x"), "another stream")
      assert.strictEqual(streams(), 2)
    })
  )

  it.live("is not asked of a plugin that does not offer it", () =>
    Effect.gen(function* () {
      const { ask, streams } = yield* serveForeign(() => [verdict("streamed")], {
        capabilities: ["memory", "a-later-one"]
      })
      assert.strictEqual(yield* ask("x"), "unary")
      assert.strictEqual(streams(), 0)
    })
  )

  it.live("takes an answer outside the contract for a fault, and a second answer for nothing", () =>
    Effect.gen(function* () {
      let answers: ReadonlyArray<Answer> = []
      const { ask, codeOf } = yield* serveForeign(() => answers)
      for (const bad of [
        undefined,
        { case: "failure", value: { code: 0 } },
        { case: "failure", value: { code: 99 } }
      ]) {
        answers = [bad as Answer]
        assert.strictEqual(yield* codeOf("x"), "answer")
      }
      answers = [verdict("first"), verdict("second"), { case: "failure", value: { code: 13 } }]
      assert.strictEqual(yield* ask("x"), "first")
      assert.strictEqual(yield* ask("y"), "first")
      answers = [{ case: "verify", value: { verdict: "inconclusive", reason: "x".repeat(5 * 1024 * 1024) } }]
      assert.strictEqual(yield* codeOf("x"), "answer")
      answers = [verdict("after a new stream")]
      assert.strictEqual(yield* ask("x"), "after a new stream")
    })
  )
})
