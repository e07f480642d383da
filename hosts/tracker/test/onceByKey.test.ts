import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { makeAgent } from "./testAgent.ts"
import { type Asked, configIn, type StartedTracker, startTracker, temporaryFolder } from "./trackerFixture.ts"

const withKey = (key: string, more: Asked = {}): Asked => ({ ...more, headers: { "idempotency-key": key } })

const rotations = (tracker: StartedTracker) =>
  Effect.map(tracker.ask("/api/v1/public/keys"), ({ json }) => json.rotations.length)

describe("a request of the owner with an Idempotency-Key", () => {
  it.live("is done once, also when it is sent at the same time and after a restart, and is answered the same", () =>
    Effect.gen(function* () {
      const config = configIn(yield* temporaryFolder)
      const first = yield* Effect.scoped(
        Effect.gen(function* () {
          const tracker = yield* startTracker(config)
          const answers = yield* Effect.all(
            Array.from({ length: 6 }, () => tracker.asOwner("/api/v1/key/rotate", withKey("one"))),
            { concurrency: "unbounded" }
          )
          assert.strictEqual(yield* rotations(tracker), 1)
          assert.strictEqual(new Set(answers.map(({ text }) => text)).size, 1)
          return answers[0]
        })
      )
      const tracker = yield* startTracker(config)
      assert.deepStrictEqual(yield* tracker.asOwner("/api/v1/key/rotate", withKey("one")), first)
      assert.strictEqual(yield* rotations(tracker), 1)
      assert.strictEqual((yield* tracker.asOwner("/api/v1/key/rotate", withKey("two"))).status, 200)
      assert.strictEqual((yield* tracker.asOwner("/api/v1/key/rotate")).status, 200)
      assert.strictEqual(yield* rotations(tracker), 3)
    }).pipe(Effect.scoped)
  )

  it.live("is refused where the key came with another body, for another route, or from somebody else", () =>
    Effect.gen(function* () {
      const tracker = yield* startTracker(configIn(yield* temporaryFolder))
      const agent = yield* makeAgent
      yield* tracker.ask("/api/v1/agents/enroll", { body: JSON.stringify(yield* agent.enrolment) })
      const approve = `/api/v1/agents/${agent.agentId}/approve`
      const approved = yield* tracker.asOwner(approve, withKey("k"))
      assert.strictEqual(approved.status, 200)
      assert.deepStrictEqual(yield* tracker.asOwner(approve, withKey("k")), approved)
      const others: ReadonlyArray<readonly [string, Asked]> = [
        [`/api/v1/agents/${agent.agentId}/revoke`, {}],
        [`/api/v1/agents/0/approve`, {}],
        ["/api/v1/audit", { body: '{"level":"links"}' }],
        ["/api/v1/shop/purchase", { body: '{"item":"hen"}' }],
        ["/api/v1/villages", { body: '{"url":"http://127.0.0.1:1"}' }]
      ]
      for (const [path, asked] of others) {
        const refused = yield* tracker.asOwner(path, withKey("k", asked))
        assert.deepInclude(refused.json, { status: 422, code: "idempotency_key_reused" }, path)
      }
      assert.strictEqual((yield* tracker.ask(approve, withKey("k", { method: "POST" }))).status, 401)
      const { json } = yield* tracker.ask("/api/v1/agents")
      assert.strictEqual(json.agents[0].status, "approved")
      const bad = yield* tracker.asOwner(approve, withKey("two words"))
      assert.deepInclude(bad.json, { status: 400, code: "bad_request" })
    }).pipe(Effect.scoped)
  )

  it.live("may fail and be sent again, and is forgotten after a day", () =>
    Effect.gen(function* () {
      const tracker = yield* startTracker(configIn(yield* temporaryFolder))
      const agent = yield* makeAgent
      const approve = `/api/v1/agents/${agent.agentId}/approve`
      assert.strictEqual((yield* tracker.asOwner(approve, withKey("k"))).json.code, "agent_not_found")
      yield* tracker.ask("/api/v1/agents/enroll", { body: JSON.stringify(yield* agent.enrolment) })
      assert.strictEqual((yield* tracker.asOwner(approve, withKey("k"))).json.status, "approved")
      const sql = yield* Effect.provideContext(SqlClient.SqlClient, tracker.services)
      yield* sql`UPDATE tracker_request SET answer = json_set(answer, '$.at', json_extract(answer, '$.at') - 86400001)`
      assert.strictEqual((yield* tracker.asOwner("/api/v1/audit", withKey("k"))).status, 202)
      assert.strictEqual((yield* tracker.asOwner(approve, withKey("k"))).json.code, "idempotency_key_reused")
    }).pipe(Effect.scoped)
  )
})
