import { request } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import { watchersMax } from "@farmops/core/farm/FarmFeed"
import { Effect, Schedule, Scope } from "effect"
import { approvedAgent, configIn, type StartedTracker, startTracker, temporaryFolder } from "./trackerFixture.ts"

const liveUrl = (tracker: StartedTracker) => `${tracker.url.replace("http:", "ws:")}/api/v1/live`

/** Node's own client, as a browser has it: no headers, messages in order, and what ended it. */
const watch = (tracker: StartedTracker, protocols: ReadonlyArray<string> = ["farmops.live.v1"]) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const socket = new WebSocket(liveUrl(tracker), [...protocols])
      const messages: Array<string> = []
      const waiting: Array<() => void> = []
      const wake = () => {
        for (const one of waiting.splice(0)) one()
      }
      let closed: CloseEvent | null = null
      socket.addEventListener("message", ({ data }) => {
        messages.push(String(data))
        wake()
      })
      socket.addEventListener("close", (event) => {
        closed = event
        wake()
      })
      const until = <A>(look: () => A | null): Effect.Effect<A> =>
        Effect.promise(async () => {
          for (;;) {
            const found = look()
            if (found !== null) return found
            await new Promise<void>((resolve) => waiting.push(resolve))
          }
        })
      return {
        socket,
        proofs: (count: number) =>
          until(() => {
            const states = messages.map((message) => JSON.parse(message))
            if (closed !== null) assert.fail("the connection ended")
            return states.find(({ data, event }) => event === "farm" && data.proofs === count) ?? null
          }),
        closed: until(() => closed)
      }
    }),
    ({ socket }) => Effect.sync(() => socket.close())
  )

/** The status with which a handshake with these headers is answered. */
const shake = (tracker: StartedTracker, headers: Record<string, string>) =>
  Effect.callback<number>((resume) => {
    const asked = request(`${tracker.url}/api/v1/live`, {
      headers: {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
        ...headers
      }
    })
    asked.on("upgrade", (response, socket) => {
      socket.destroy()
      resume(Effect.succeed(response.statusCode ?? 0))
    })
    asked.on("response", (response) => {
      response.resume()
      resume(Effect.succeed(response.statusCode ?? 0))
    })
    asked.end()
  })

describe("a tracker's WebSocket", () => {
  it.live("says the farm at once and on each change, and ends when the tracker stops", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const beyond = yield* Effect.scope
      const watching = yield* Effect.scoped(
        Effect.gen(function* () {
          const tracker = yield* startTracker(configIn(folder))
          const agent = yield* approvedAgent(tracker)
          const [line = ""] = yield* agent.chain(1)
          const watching = yield* Scope.provide(watch(tracker), beyond)
          const { data } = yield* watching.proofs(0)
          assert.deepStrictEqual(data, (yield* tracker.ask("/api/v1/farm")).json)
          assert.strictEqual(watching.socket.protocol, "farmops.live.v1")
          yield* tracker.submit(line)
          yield* watching.proofs(1)
          return watching
        })
      )
      assert.strictEqual((yield* watching.closed).code, 1001)
    }).pipe(Effect.scoped)
  )

  it.live("lets no page of another site watch, also on loopback", () =>
    Effect.gen(function* () {
      const tracker = yield* startTracker(configIn(yield* temporaryFolder))
      const { host } = new URL(tracker.url)
      assert.strictEqual(yield* shake(tracker, {}), 101)
      assert.strictEqual(yield* shake(tracker, { origin: `http://${host}` }), 101)
      for (const origin of ["https://evil.example", "null", "http://127.0.0.1:1", `http://${host}.evil.example`]) {
        assert.strictEqual(yield* shake(tracker, { origin }), 403, origin)
      }
      assert.strictEqual(yield* shake(tracker, { host: "evil.example" }), 421)
      const plain = yield* tracker.ask("/api/v1/live")
      assert.deepInclude(plain.json, { status: 426, code: "upgrade_required" })
    }).pipe(Effect.scoped)
  )

  it.live(
    "asks for the owner's token or a ticket, which opens one connection, where others can reach the tracker",
    () =>
      Effect.gen(function* () {
        const tracker = yield* startTracker(configIn(yield* temporaryFolder, { host: "0.0.0.0" }))
        assert.strictEqual(yield* shake(tracker, {}), 401)
        assert.strictEqual(yield* shake(tracker, { authorization: `Bearer ${"0".repeat(64)}` }), 401)
        assert.strictEqual(yield* shake(tracker, { authorization: `Bearer ${tracker.token}` }), 101)
        assert.strictEqual((yield* tracker.ask("/api/v1/live/ticket", { method: "POST" })).status, 401)
        const { json } = yield* tracker.asOwner("/api/v1/live/ticket")
        const protocols = ["farmops.live.v1", `farmops.ticket.${json.ticket}`]
        const watching = yield* watch(tracker, protocols)
        yield* watching.proofs(0)
        assert.strictEqual(watching.socket.protocol, "farmops.live.v1")
        assert.strictEqual(yield* shake(tracker, { "sec-websocket-protocol": protocols.join(", ") }), 401)
      }).pipe(Effect.scoped)
  )

  it.live("counts its watchers with those of the event stream, and takes new ones when some leave", () =>
    Effect.gen(function* () {
      const tracker = yield* startTracker(configIn(yield* temporaryFolder))
      const all = yield* Effect.forEach(Array.from({ length: watchersMax }), () => watch(tracker))
      for (const one of all) yield* one.proofs(0)
      assert.strictEqual(yield* shake(tracker, {}), 503)
      assert.strictEqual((yield* tracker.ask("/api/v1/events")).json.code, "too_many_watchers")
      all[0]?.socket.close()
      yield* shake(tracker, {}).pipe(
        Effect.filterOrFail((status) => status === 101),
        Effect.retry(Schedule.spaced("20 millis"))
      )
    }).pipe(Effect.scoped)
  )
})
