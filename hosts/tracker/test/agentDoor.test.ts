import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { TrackerClient } from "@farmops/core/delivery/TrackerClient"
import { TrustStore } from "@farmops/core/farm/TrustStore"
import { makeCertificate } from "@farmops/core/host/makeCertificate"
import { Effect, Redacted } from "effect"
import { makeAgent } from "./testAgent.ts"
import { approvedAgent, configIn, type StartedTracker, startTracker, temporaryFolder } from "./trackerFixture.ts"

const required = { agentsMustBeKnown: true }
const startRequiring = Effect.flatMap(temporaryFolder, (folder) => startTracker(configIn(folder, required)))

const issue = Effect.fnUntraced(function* (tracker: StartedTracker, agentId: string) {
  const { json } = yield* tracker.asOwner(`/api/v1/agents/${agentId}/key`)
  return String(json.api_key)
})

/** What REST and Connect say to the next proof of a chain, sent with a key. */
const sendBothWays = Effect.fnUntraced(function* (tracker: StartedTracker, line: string, key?: string) {
  const token = key === undefined ? {} : { token: key }
  const { json, status } = yield* tracker.ask("/api/v1/proofs", { body: line, ...token })
  const access = key === undefined ? {} : { apiKey: Redacted.make(key) }
  const client = yield* Effect.provide(TrackerClient, TrackerClient.layer(tracker.url, access))
  const [result] = yield* client.submit([line])
  return [status, json.code ?? "taken", result?.code ?? "taken"]
})

const shut = [401, "agent_unauthenticated", "agent_unauthenticated"]
const taken = [201, "taken", "taken"]

describe("the tracker's door for agents", () => {
  it.live("opens to an agent's own key alone, over REST and RPC", () =>
    Effect.gen(function* () {
      const tracker = yield* startRequiring
      const agent = yield* approvedAgent(tracker)
      const other = yield* approvedAgent(tracker)
      const [line = "", next = ""] = yield* agent.chain(2)
      const key = yield* issue(tracker, agent.agentId)
      assert.match(key, /^farmops_agent_[0-9a-f]{64}$/)
      assert.deepStrictEqual(yield* sendBothWays(tracker, line), shut)
      assert.deepStrictEqual(
        yield* sendBothWays(
          tracker,
          line,
          key.replace(/.$/, (end) => (end === "0" ? "1" : "0"))
        ),
        shut
      )
      assert.deepStrictEqual(yield* sendBothWays(tracker, line, yield* issue(tracker, other.agentId)), shut)
      assert.deepStrictEqual(yield* sendBothWays(tracker, line, tracker.token), shut)
      assert.deepStrictEqual(yield* sendBothWays(tracker, line, key), taken)
      assert.deepStrictEqual(yield* sendBothWays(tracker, next, key), taken)
      assert.strictEqual((yield* tracker.ask("/api/v1/farm")).json.proofs, 2)
    }).pipe(Effect.scoped)
  )

  it.live("takes a new key beside the old one, and none once they were taken back", () =>
    Effect.gen(function* () {
      const tracker = yield* startRequiring
      const agent = yield* approvedAgent(tracker)
      const lines = yield* agent.chain(4)
      const first = yield* issue(tracker, agent.agentId)
      const second = yield* issue(tracker, agent.agentId)
      assert.deepStrictEqual(yield* sendBothWays(tracker, lines[0] ?? "", first), taken)
      assert.deepStrictEqual(yield* sendBothWays(tracker, lines[1] ?? "", second), taken)
      const third = yield* issue(tracker, agent.agentId)
      assert.deepStrictEqual(yield* sendBothWays(tracker, lines[2] ?? "", first), shut)
      assert.deepStrictEqual(yield* sendBothWays(tracker, lines[2] ?? "", third), taken)
      const dropped = yield* tracker.asOwner(`/api/v1/agents/${agent.agentId}/key`, { method: "DELETE" })
      assert.deepInclude(dropped.json, { dropped: 2 })
      assert.deepStrictEqual(yield* sendBothWays(tracker, lines[3] ?? "", third), shut)
    }).pipe(Effect.scoped)
  )

  it.live("keeps no key, and hands none to an agent that is unknown or revoked", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const tracker = yield* startTracker(configIn(folder, required))
      const agent = yield* approvedAgent(tracker)
      const key = yield* issue(tracker, agent.agentId)
      const files = ["tracker.db", "tracker.db-wal"].map((name) => readFileSync(join(folder, name), "latin1"))
      assert.isTrue(files.some((text) => text.includes(agent.agentId)))
      assert.isFalse(files.some((text) => text.includes(key) || text.includes(key.slice(-64))))
      assert.strictEqual((yield* tracker.asOwner("/api/v1/agents/nobody/key")).status, 404)
      yield* tracker.asOwner(`/api/v1/agents/${agent.agentId}/revoke`)
      assert.deepInclude((yield* tracker.asOwner(`/api/v1/agents/${agent.agentId}/key`)).json, {
        code: "agent_revoked"
      })
      const [line = ""] = yield* agent.chain(1)
      assert.deepStrictEqual(yield* sendBothWays(tracker, line, key), [403, "agent_revoked", "agent_revoked"])
    }).pipe(Effect.scoped)
  )

  it.live("scores at its start what an approval left waiting", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const approvedOnly = Effect.gen(function* () {
        const tracker = yield* startTracker(configIn(folder))
        const agent = yield* makeAgent
        yield* tracker.ask("/api/v1/agents/enroll", { body: JSON.stringify(yield* agent.enrolment) })
        for (const line of yield* agent.chain(3)) assert.strictEqual((yield* tracker.submit(line)).status, 202)
        // The owner's word alone, as when the tracker died right after it.
        yield* Effect.flatMap(TrustStore, (trust) => trust.approve(agent.agentId)).pipe(
          Effect.provideContext(tracker.services)
        )
        assert.strictEqual((yield* tracker.ask("/api/v1/farm")).json.proofs, 0)
      })
      yield* Effect.scoped(approvedOnly)
      const tracker = yield* startTracker(configIn(folder))
      assert.strictEqual((yield* tracker.ask("/api/v1/farm")).json.proofs, 3)
      assert.deepInclude((yield* tracker.ask("/api/v1/agents")).json.agents[0], { waiting_proofs: 0 })
    }).pipe(Effect.scoped)
  )

  it.live("is open on loopback, closed beyond it, and as its owner says on both", () =>
    Effect.gen(function* () {
      const codeOf = Effect.fnUntraced(function* (more: Parameters<typeof configIn>[1]) {
        const tracker = yield* startTracker(configIn(yield* temporaryFolder, more))
        const agent = yield* approvedAgent(tracker)
        const [line = ""] = yield* agent.chain(1)
        return (yield* tracker.submit(line)).status
      }, Effect.scoped)
      assert.strictEqual(yield* codeOf({}), 201)
      assert.strictEqual(yield* codeOf({ host: "0.0.0.0" }), 401)
      assert.strictEqual(yield* codeOf({ host: "0.0.0.0", agentsMustBeKnown: false }), 201)
      assert.strictEqual(yield* codeOf(required), 401)
    })
  )

  it.live("opens to a certificate of the owner's authority that names the agent, over gRPC and REST", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const from = new Date(Date.now() - 3_600_000)
      const days = 2
      const server = makeCertificate({ commonName: "tracker", hosts: ["127.0.0.1"], from, days })
      const authority = makeCertificate({ commonName: "farm", hosts: [], from, days })
      const stranger = makeCertificate({ commonName: "stranger", hosts: [], from, days })
      const tls = { cert: join(folder, "tls.crt"), key: join(folder, "tls.key"), clientCa: join(folder, "ca.crt") }
      writeFileSync(tls.cert, server.cert)
      writeFileSync(tls.key, server.key)
      writeFileSync(tls.clientCa, authority.cert)
      const tracker = yield* startTracker(configIn(folder, { ...required, tls }))
      const believing = { ca: server.cert }
      const owner = yield* Effect.provide(TrackerClient, TrackerClient.layer(tracker.url, { tls: believing }))
      const agent = yield* makeAgent
      yield* owner.enroll(yield* agent.enrolment)
      const lines = yield* agent.chain(3)
      const send = Effect.fnUntraced(function* (by: "farm" | "stranger", commonName: string, line: string) {
        const { cert, key } = makeCertificate({
          commonName,
          hosts: [],
          from,
          days,
          issuer: { ...(by === "farm" ? authority : stranger), commonName: by }
        })
        const access = { tls: { ...believing, cert, key } }
        const codes: Array<string> = []
        for (const layer of [TrackerClient.layer(tracker.url, access), TrackerClient.layerRest(tracker.url, access)]) {
          const [result] = yield* Effect.flatMap(TrackerClient, (client) => client.submit([line])).pipe(
            Effect.provide(layer)
          )
          codes.push(result?.code ?? (result?.pending === true ? "pending" : "taken"))
        }
        return codes
      })
      const closed = ["agent_unauthenticated", "agent_unauthenticated"]
      assert.deepStrictEqual(yield* send("stranger", agent.agentId, lines[0] ?? ""), closed)
      assert.deepStrictEqual(yield* send("farm", "00000000-0000-4000-8000-000000000000", lines[0] ?? ""), closed)
      assert.deepStrictEqual(yield* send("farm", agent.agentId, lines[0] ?? ""), ["pending", "pending"])
    }).pipe(Effect.scoped)
  )
})
