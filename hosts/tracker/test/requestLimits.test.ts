import { once } from "node:events"
import { get } from "node:http"
import { connect } from "node:http2"
import { networkInterfaces } from "node:os"
import { assert, describe, it } from "@effect/vitest"
import { TrackerClient } from "@farmops/core/delivery/TrackerClient"
import { Effect, Redacted } from "effect"
import { approvedAgent, configIn, startTracker, temporaryFolder } from "./trackerFixture.ts"

/** One request, then one in ten seconds. */
const tight = { agent: 0.1, owner: 0.1, address: 0.1 }
const none = { agent: 0, owner: 0, address: 0 }

const start = (more: Parameters<typeof configIn>[1]) =>
  Effect.flatMap(temporaryFolder, (folder) => startTracker(configIn(folder, more)))

/** An address of this machine that others could have too. */
const outside = Object.values(networkInterfaces())
  .flatMap((all) => all ?? [])
  .find(({ family, internal }) => family === "IPv4" && !internal)?.address

describe("the tracker's limits on requests", () => {
  it.live("turn the owner's token away with the time to wait, and nobody else with it", () =>
    Effect.gen(function* () {
      const tracker = yield* start({ requestRates: { ...none, owner: 0.1 } })
      assert.strictEqual((yield* tracker.ask("/api/v1/farm", { token: tracker.token })).status, 200)
      const response = yield* Effect.promise(() =>
        fetch(`${tracker.url}/api/v1/farm`, { headers: { authorization: `Bearer ${tracker.token}` } })
      )
      const problem = yield* Effect.promise(() => response.json())
      assert.deepInclude(problem, { status: 429, code: "too_many_requests" })
      assert.strictEqual(response.headers.get("content-type"), "application/problem+json")
      assert.match(response.headers.get("retry-after") ?? "", /^([1-9]|10)$/)
      assert.strictEqual((yield* tracker.ask("/api/v1/farm")).status, 200)
    }).pipe(Effect.scoped)
  )

  it.live("count a handshake for a WebSocket like any request", () =>
    Effect.gen(function* () {
      const tracker = yield* start({ requestRates: { ...none, owner: 0.1 } })
      const shake = Effect.promise(async () => {
        const asked = get(`${tracker.url}/api/v1/live`, {
          headers: {
            authorization: `Bearer ${tracker.token}`,
            connection: "upgrade",
            upgrade: "websocket",
            "sec-websocket-version": "13",
            "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
            "sec-websocket-protocol": "farmops.live.v1"
          }
        })
        const status = await new Promise<number>((answered) => {
          asked.on("response", (response) => answered(response.statusCode ?? 0))
          asked.on("upgrade", (response) => answered(response.statusCode ?? 0))
        })
        asked.destroy()
        return status
      })
      assert.strictEqual(yield* shake, 101)
      assert.strictEqual(yield* shake, 429)
    }).pipe(Effect.scoped)
  )

  it.live("count an agent by its key, over REST, Connect and gRPC, and tell it how long to wait", () =>
    Effect.gen(function* () {
      const tracker = yield* start({ grpcPort: 0, requestRates: { ...none, agent: 0.1 } })
      const agent = yield* approvedAgent(tracker)
      const other = yield* approvedAgent(tracker)
      const keyOf = (agentId: string) =>
        Effect.map(tracker.asOwner(`/api/v1/agents/${agentId}/key`), ({ json }) => String(json.api_key))
      const key = yield* keyOf(agent.agentId)
      const lines = yield* agent.chain(3)
      // A key is known once it was good, so that invented ones have no bucket of their own.
      assert.strictEqual((yield* tracker.ask("/api/v1/proofs", { body: lines[0] ?? "", token: key })).status, 201)
      assert.strictEqual((yield* tracker.ask("/api/v1/proofs", { body: lines[1] ?? "", token: key })).status, 201)
      assert.strictEqual((yield* tracker.ask("/api/v1/proofs", { body: lines[2] ?? "", token: key })).status, 429)
      const client = yield* Effect.provide(
        TrackerClient,
        TrackerClient.layer(tracker.url, { apiKey: Redacted.make(key) })
      )
      const early = yield* Effect.flip(client.submit(lines))
      assert.deepInclude(early, { _tag: "TrackerUnavailable" })
      assert.isAtLeast(early._tag === "TrackerUnavailable" ? (early.retryAfterMs ?? 0) : 0, 1000)
      const grpc = yield* Effect.promise(async () => {
        const session = connect(`http://127.0.0.1:${tracker.grpcPort}`)
        const stream = session.request({
          ":method": "POST",
          ":path": "/farmops.proof.v1.ProofService/Submit",
          authorization: `Bearer ${key}`
        })
        const [headers] = await once(stream, "response")
        session.destroy()
        return headers
      })
      assert.strictEqual(grpc[":status"], 429)
      assert.match(grpc["retry-after"], /^\d+$/)
      const otherKey = yield* keyOf(other.agentId)
      const [line = ""] = yield* other.chain(1)
      assert.strictEqual((yield* tracker.ask("/api/v1/proofs", { body: line, token: otherKey })).status, 201)
    }).pipe(Effect.scoped)
  )

  it.live("count a stream as one request, however many proofs it carries", () =>
    Effect.gen(function* () {
      const tracker = yield* start({ requestRates: { ...none, agent: 1 } })
      const agent = yield* approvedAgent(tracker)
      const { json } = yield* tracker.asOwner(`/api/v1/agents/${agent.agentId}/key`)
      const client = yield* Effect.provide(
        TrackerClient,
        TrackerClient.layer(tracker.url, { apiKey: Redacted.make(String(json.api_key)) })
      )
      const lines = yield* agent.chain(768)
      for (let at = 0; at < lines.length; at += 256) {
        const results = yield* client.submit(lines.slice(at, at + 256))
        assert.isTrue(results.every(({ code }) => code === null))
      }
    }).pipe(Effect.scoped)
  )

  it.live("hold nothing against a probe, nor against this machine without a credential", () =>
    Effect.gen(function* () {
      const tracker = yield* start({ requestRates: tight })
      for (let at = 0; at < 5; at++) assert.strictEqual((yield* tracker.ask("/api/v1/farm")).status, 200)
      for (let at = 0; at < 5; at++) {
        assert.strictEqual((yield* tracker.ask("/healthz", { token: tracker.token })).status, 200)
      }
    }).pipe(Effect.scoped)
  )

  it.live.skipIf(outside === undefined)("count strangers by their address, whatever they claim to be", () =>
    Effect.gen(function* () {
      const tracker = yield* start({ host: outside ?? "", requestRates: tight })
      const ask = (token?: string) =>
        Effect.map(tracker.ask("/api/v1/public/profile", token === undefined ? {} : { token }), ({ status }) => status)
      assert.deepStrictEqual([yield* ask(), yield* ask()], [200, 429])
      assert.strictEqual(yield* ask(`farmops_agent_${"0".repeat(64)}`), 429)
      assert.strictEqual(yield* ask("1".repeat(64)), 429)
      assert.strictEqual(yield* ask(tracker.token), 200)
    }).pipe(Effect.scoped)
  )
})
