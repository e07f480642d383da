import { assert, describe, it } from "@effect/vitest"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { verifyChain } from "@farmops/proof/verify"
import { Effect, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import { approvedAgent, configIn, type StartedTracker, startTracker, temporaryFolder } from "./trackerFixture.ts"

/** The answer once no audit is under way. */
const settled = (tracker: StartedTracker) =>
  tracker.asOwner("/api/v1/audit", { method: "GET" }).pipe(
    Effect.filterOrFail(({ json }) => json.running === null && json.last !== null),
    Effect.retry(Schedule.spaced("50 millis")),
    Effect.orDie
  )

describe("a tracker's audits", () => {
  it.live("are done for its owner alone, while it goes on, and say what they found", () =>
    Effect.gen(function* () {
      const tracker = yield* startTracker(configIn(yield* temporaryFolder))
      const agent = yield* approvedAgent(tracker)
      const lines = yield* agent.chain(4)
      for (const line of lines.slice(0, 3)) yield* tracker.submit(line)
      for (const method of ["GET", "POST"]) {
        assert.strictEqual((yield* tracker.ask("/api/v1/audit", { method })).json.code, "owner_token_required")
      }
      const none = yield* tracker.asOwner("/api/v1/audit", { method: "GET" })
      assert.deepStrictEqual(none.json, { running: null, last: null })
      const started = yield* tracker.asOwner("/api/v1/audit", { body: '{"level":"full"}' })
      assert.strictEqual(started.status, 202)
      assert.strictEqual(started.json.running.level, "full")
      assert.strictEqual((yield* tracker.submit(lines[3] ?? "")).status, 201)
      const { json } = yield* settled(tracker)
      assert.deepInclude(json.last.report, { level: "full", differences: 0, agents: 1, first: [] })
      assert.isAtLeast(json.last.report.proofs, 3)

      const sql = yield* Effect.provideContext(SqlClient.SqlClient, tracker.services)
      yield* sql`UPDATE tracker_proof SET coins = coins + 1 WHERE sequence = 1`
      yield* tracker.asOwner("/api/v1/audit", { body: '{"level":"links"}' })
      const found = (yield* settled(tracker)).json.last.report
      assert.strictEqual(found.level, "links")
      assert.isAbove(found.differences, 0)
      const misspelt = yield* tracker.asOwner("/api/v1/audit", { body: '{"levle":"links"}' })
      assert.strictEqual(misspelt.json.code, "bad_request")
    }).pipe(Effect.scoped)
  )
})

describe("a tracker's export", () => {
  it.live("gives every agent's chain when it is asked for none, each still a chain", () =>
    Effect.gen(function* () {
      const tracker = yield* startTracker(configIn(yield* temporaryFolder))
      const one = yield* approvedAgent(tracker)
      const other = yield* approvedAgent(tracker)
      for (const agent of [one, other]) for (const line of yield* agent.chain(3)) yield* tracker.submit(line)
      const { text, type } = yield* tracker.ask("/api/v1/proofs/export")
      assert.strictEqual(type, "application/x-ndjson")
      const lines = text.trimEnd().split("\n")
      assert.strictEqual(lines.length, 6)
      for (const { agentId, publicKey } of [one, other]) {
        const chain = lines.filter((line) => line.includes(agentId))
        assert.deepInclude(verifyChain(chain, publicKey, nodeBackend), { ok: true, count: 3 })
      }
    }).pipe(Effect.scoped)
  )
})
