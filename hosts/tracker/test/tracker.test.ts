import { assert, describe, it } from "@effect/vitest"
import { TrackerClient } from "@farmops/core/delivery/TrackerClient"
import { replayLedger } from "@farmops/core/farm/rebuildProjection"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { verifyChain } from "@farmops/proof/verify"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { makeAgent } from "./testAgent.ts"
import { approvedAgent, configIn, startTracker, temporaryFolder } from "./trackerFixture.ts"

describe("a tracker", () => {
  it.live("takes proofs only once the owner has approved their agent, and shows the farm that grows", () =>
    Effect.gen(function* () {
      const tracker = yield* startTracker(configIn(yield* temporaryFolder))
      const agent = yield* makeAgent
      const lines = yield* agent.chain(3)
      const [first = ""] = lines
      const enroll = Effect.flatMap(agent.enrolment, (request) =>
        tracker.ask("/api/v1/agents/enroll", { body: JSON.stringify(request) })
      )

      assert.deepInclude(yield* tracker.submit(first), { status: 403, type: "application/problem+json" })
      assert.strictEqual((yield* tracker.submit(first)).json.code, "agent_unknown")
      assert.deepInclude((yield* enroll).json, { status: "pending", farm_salt: null })
      assert.deepInclude(yield* tracker.submit(first), { status: 202 })
      assert.deepInclude((yield* tracker.submit(first)).json, { pending: true, already: true })
      assert.deepInclude((yield* enroll).json, { status: "pending", waiting_proofs: 1 })

      const approve = `/api/v1/agents/${agent.agentId}/approve`
      assert.strictEqual((yield* tracker.ask(approve, { method: "POST" })).json.code, "owner_token_required")
      assert.strictEqual((yield* tracker.ask(approve, { method: "POST", token: "0".repeat(64) })).status, 401)
      assert.deepInclude((yield* tracker.asOwner(approve)).json, { status: "approved", waiting_proofs: 0 })
      assert.match((yield* enroll).json.farm_salt, /^[0-9a-f]{64}$/)

      assert.deepInclude(yield* tracker.submit(first), { status: 200 })
      for (const line of lines.slice(1)) {
        const taken = yield* tracker.submit(line)
        assert.strictEqual(taken.status, 201)
        assert.deepInclude(taken.json, { already: false })
      }
      const again = yield* tracker.submit(first)
      assert.strictEqual(again.status, 200)
      assert.deepInclude(again.json, { already: true })

      const farm = yield* tracker.ask("/api/v1/farm")
      assert.deepInclude(farm.json, { name: "Test farm", proofs: 3 })
      const listed = yield* tracker.ask("/api/v1/proofs?limit=2")
      assert.strictEqual(listed.json.proofs.length, 2)
      assert.strictEqual(listed.json.proofs[0].proof.sequence, 2)
      const sum = (yield* tracker.ask("/api/v1/proofs")).json.proofs.reduce(
        (total: number, { coins }: { coins: number }) => total + coins,
        0
      )
      assert.strictEqual(farm.json.total_coins, sum)
      const one = yield* tracker.ask(`/api/v1/proofs/${listed.json.proofs[0].proof.proof_id}`)
      assert.deepStrictEqual(one.json, listed.json.proofs[0])

      const exported = yield* tracker.ask(`/api/v1/proofs/export?agent_id=${agent.agentId}`)
      assert.strictEqual(exported.type, "application/x-ndjson")
      assert.strictEqual(exported.text, lines.map((line) => `${line}\n`).join(""))
      const verdict = verifyChain(exported.text.trimEnd().split("\n"), agent.publicKey, nodeBackend)
      assert.deepInclude(verdict, { ok: true, count: 3 })
      const agents = yield* tracker.ask("/api/v1/agents")
      assert.deepInclude(agents.json.agents[0], { public_key: agent.publicKey, status: "approved" })
      assert.strictEqual((yield* tracker.ask("/api/v1/farm/stats")).json.boards[0].proofs, 3)
      const [today] = (yield* tracker.ask("/api/v1/farm/daily?board=human")).json
      assert.deepInclude(today, { board: "human", proofs: 3, coins: sum, cumulative_coins: sum })
      assert.strictEqual(today.time, Date.parse(today.day))
      assert.deepInclude((yield* tracker.ask("/api/v1/public/profile")).json, { name: "Test farm" })
      assert.strictEqual((yield* tracker.ask("/api/v1/public/snapshot")).json.body.sequence, 3)
    }).pipe(Effect.scoped)
  )

  it.live("keeps every proof, coin, key and token over a restart, and replays to the same sums", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const config = configIn(folder)
      const before = yield* Effect.scoped(
        Effect.gen(function* () {
          const tracker = yield* startTracker(config)
          const agent = yield* approvedAgent(tracker)
          for (const line of yield* agent.chain(5)) yield* tracker.submit(line)
          const { json } = yield* tracker.ask("/api/v1/farm")
          const snapshot = yield* tracker.ask("/api/v1/public/snapshot")
          return { farm: json, key: snapshot.json.public_key, token: tracker.token }
        })
      )
      const tracker = yield* startTracker(config)
      assert.deepStrictEqual((yield* tracker.ask("/api/v1/farm")).json, before.farm)
      assert.strictEqual((yield* tracker.ask("/api/v1/public/snapshot")).json.public_key, before.key)
      assert.strictEqual(tracker.token, before.token)
      const report = yield* Effect.provideContext(replayLedger(), tracker.services)
      assert.deepInclude(report, { proofs: 5, sums_equal: true, rewards_differ: 0 })
    }).pipe(Effect.scoped)
  )

  it.live("stores one row however many send the same proof at once", () =>
    Effect.gen(function* () {
      const tracker = yield* startTracker(configIn(yield* temporaryFolder))
      const agent = yield* approvedAgent(tracker)
      const [line = ""] = yield* agent.chain(1)
      const answers = yield* Effect.all(
        Array.from({ length: 30 }, () => tracker.submit(line)),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(answers.map(({ status }) => status).toSorted(), [...Array(29).fill(200), 201])
      const sql = yield* Effect.provideContext(SqlClient.SqlClient, tracker.services)
      const rows = yield* sql<{ n: number }>`SELECT COUNT(*) AS n FROM tracker_proof`
      assert.strictEqual(rows[0]?.n, 1)
    }).pipe(Effect.scoped)
  )

  it.live("tells forks, gaps, false signatures and malformed bytes apart, each with its status and code", () =>
    Effect.gen(function* () {
      const tracker = yield* startTracker(configIn(yield* temporaryFolder))
      const agent = yield* approvedAgent(tracker)
      const [first = "", , third = ""] = yield* agent.chain(3)
      yield* tracker.submit(first)
      const { line: fork } = yield* agent.build(null)
      const before = (yield* tracker.ask("/api/v1/farm")).text
      const refusals: ReadonlyArray<readonly [string, number, string]> = [
        [third, 409, "gap"],
        [third.replace("Did 1 thing", "Did 2 thing"), 422, "bad_signature"],
        [`${third}\n`, 422, "not_canonical"],
        ["{", 422, "not_json"],
        ["{}", 422, "missing_field"],
        ["", 422, "not_json"],
        [`"${"x".repeat(9000)}"`, 422, "too_large"],
        [fork, 409, "forked"],
        [third, 403, "agent_frozen"]
      ]
      assert.strictEqual((yield* tracker.submit(third)).json.expected, 1)
      for (const [body, status, code] of refusals) {
        const answer = yield* tracker.ask("/api/v1/proofs", { body })
        assert.deepInclude(answer, { status, type: "application/problem+json" }, code)
        assert.deepInclude(answer.json, { status, code })
      }
      assert.strictEqual((yield* tracker.ask("/api/v1/farm")).text, before)
    }).pipe(Effect.scoped)
  )

  it.live("answers every request that it cannot serve with a problem", () =>
    Effect.gen(function* () {
      const tracker = yield* startTracker(configIn(yield* temporaryFolder))
      const big = "x".repeat(1024 * 1024 + 1)
      const asked: ReadonlyArray<readonly [string, Parameters<typeof tracker.ask>[1], number, string]> = [
        ["/nothing", {}, 404, "not_found"],
        ["/api/v1/proofs/0", {}, 404, "proof_not_found"],
        [`/api/v1/proofs/${"0".repeat(65)}`, {}, 400, "bad_request"],
        ["/api/v1/proofs?limit=0", {}, 400, "bad_request"],
        ["/api/v1/proofs?limit=101", {}, 400, "bad_request"],
        ["/api/v1/proofs?cursor=-1", {}, 400, "bad_request"],
        ["/api/v1/proofs?cursor=next", {}, 400, "bad_request"],
        ["/api/v1/proofs?categroy=toil", {}, 400, "bad_request"],
        ["/api/v1/proofs?category=fun", {}, 400, "bad_request"],
        ["/api/v1/proofs?from=2026-02-30", {}, 400, "bad_request"],
        ["/api/v1/proofs?order=coins", {}, 400, "bad_request"],
        ["/api/v1/farm/daily?from=yesterday", {}, 400, "bad_request"],
        ["/api/v1/farm/daily?agent=0", {}, 400, "bad_request"],
        ["/api/v1/proofs/export?agent_id=0", {}, 404, "agent_not_found"],
        ["/api/v1/agents/0/approve", { method: "POST", token: tracker.token }, 404, "agent_not_found"],
        ["/api/v1/agents/0/revoke", { method: "POST" }, 401, "owner_token_required"],
        ["/api/v1/villages", { body: '{"url":"http://127.0.0.1:1"}' }, 401, "owner_token_required"],
        ["/api/v1/villages", { body: '{"url":"ftp://x"}', token: tracker.token }, 502, "bad_url"],
        ["/api/v1/agents/enroll", { body: "{}" }, 400, "bad_request"],
        ["/api/v1/agents/enroll", { body: "not json" }, 400, "bad_request"],
        ["/api/v1/proofs", { body: big }, 413, "body_too_large"],
        ["/api/v1/proofs", { body: "x", headers: { "content-type": "text/plain" } }, 415, "unsupported_media_type"]
      ]
      for (const [path, options, status, code] of asked) {
        const answer = yield* tracker.ask(path, options)
        assert.deepInclude(answer, { status, type: "application/problem+json" }, path)
        assert.strictEqual(answer.json?.code, code, path)
      }
    }).pipe(Effect.scoped)
  )

  it.live("lists the proofs that match, from either end, and says which filter it does not know", () =>
    Effect.gen(function* () {
      const tracker = yield* startTracker(configIn(yield* temporaryFolder))
      const agent = yield* approvedAgent(tracker)
      for (const line of yield* agent.chain(3)) yield* tracker.submit(line)
      const sequences = (query: string) =>
        Effect.map(tracker.ask(`/api/v1/proofs?${query}`), ({ json }) =>
          json.proofs.map(({ proof }: { proof: { sequence: number } }) => proof.sequence)
        )
      const [first] = (yield* tracker.ask("/api/v1/proofs")).json.proofs
      const day = first.scoring_detail.farm_day
      const matching = `agent_id=${agent.agentId}&plugin=farmops/test&category=reliability&board=human&status=success`
      assert.deepStrictEqual(yield* sequences(`${matching}&from=${day}&to=${day}&limit=2`), [2, 1])
      assert.deepStrictEqual(
        yield* sequences(`${matching}&actor=${first.proof.actor.actor_hash}&order=oldest`),
        [0, 1, 2]
      )
      assert.deepStrictEqual(yield* sequences("board=bot"), [])
      const { json } = yield* tracker.ask("/api/v1/proofs?order=oldest&limit=1")
      assert.deepStrictEqual(yield* sequences(`order=oldest&cursor=${json.next_cursor}`), [1, 2])
      const unknown = yield* tracker.ask("/api/v1/proofs?categroy=toil")
      assert.strictEqual(unknown.json.errors[0].path, "query.categroy")
    }).pipe(Effect.scoped)
  )

  it.live("asks for the owner's token on reads as soon as others than this machine can ask", () =>
    Effect.gen(function* () {
      const tracker = yield* startTracker(configIn(yield* temporaryFolder, { host: "0.0.0.0" }))
      const owned = [
        "/api/v1/proofs",
        "/api/v1/proofs/0",
        "/api/v1/proofs/export?agent_id=0",
        "/api/v1/farm",
        "/api/v1/farm/stats",
        "/api/v1/farm/daily",
        "/api/v1/shop/catalogue",
        "/api/v1/audit",
        "/api/v1/agents",
        "/api/v1/villages",
        "/api/v1/leaderboard",
        "/api/v1/events",
        "/farm.svg"
      ]
      for (const path of owned) {
        const answer = yield* tracker.ask(path)
        assert.deepInclude(answer, { status: 401, type: "application/problem+json" }, path)
        assert.strictEqual(answer.json.code, "owner_token_required", path)
      }
      assert.strictEqual((yield* tracker.ask("/api/v1/farm", { token: tracker.token })).status, 200)
      assert.strictEqual((yield* tracker.ask("/farm.svg", { token: tracker.token })).status, 200)
      for (const path of ["/api/v1/public/profile", "/api/v1/public/snapshot", "/healthz", "/", "/verify"]) {
        assert.strictEqual((yield* tracker.ask(path)).status, 200, path)
      }
      const agent = yield* makeAgent
      const enrolled = yield* tracker.ask("/api/v1/agents/enroll", { body: JSON.stringify(yield* agent.enrolment) })
      assert.strictEqual(enrolled.status, 200)
    }).pipe(Effect.scoped)
  )

  it.live("documents itself, draws itself and counts what it did", () =>
    Effect.gen(function* () {
      const tracker = yield* startTracker(configIn(yield* temporaryFolder))
      const agent = yield* approvedAgent(tracker)
      const [line = ""] = yield* agent.chain(1)
      yield* tracker.submit(line)
      yield* tracker.submit(line)
      yield* tracker.submit("{}")
      const spec = yield* tracker.ask("/openapi.json")
      assert.match(spec.json.openapi, /^3\.1\./)
      for (const path of ["/api/v1/proofs", "/api/v1/proofs/export", "/api/v1/events", "/api/v1/public/snapshot"]) {
        assert.property(spec.json.paths, path)
      }
      const docs = yield* tracker.ask("/docs")
      assert.strictEqual(docs.status, 200)
      assert.include(docs.text, "FarmOps tracker")
      assert.strictEqual((yield* tracker.ask("/readyz")).status, 200)
      const picture = yield* tracker.ask("/farm.svg")
      assert.include(picture.type, "image/svg+xml")
      assert.include((yield* tracker.ask("/")).text, "<!doctype html>")
      const { text } = yield* tracker.ask("/metrics")
      assert.match(text, /farmops_tracker_proofs_total\{[^}]*result="accepted"[^}]*\} \d+/)
      assert.match(text, /farmops_tracker_proofs_total\{[^}]*result="missing_field"[^}]*\} \d+/)
      assert.match(text, /farmops_tracker_coins_total\{[^}]*board="human"[^}]*\} \d+/)
      assert.match(text, /farmops_tracker_intake_seconds_count(\{[^}]*\})? \d+/)
    }).pipe(Effect.scoped)
  )

  it.live("takes a batch over Connect, in order, and says which proof it refused", () =>
    Effect.gen(function* () {
      const tracker = yield* startTracker(configIn(yield* temporaryFolder))
      const agent = yield* approvedAgent(tracker)
      const lines = yield* agent.chain(100)
      const client = yield* Effect.provide(TrackerClient, TrackerClient.layer(tracker.url))
      const results = yield* client.submit(lines)
      assert.strictEqual(results.length, 100)
      assert.isTrue(results.every(({ already, code }) => code === null && !already))
      const again = yield* client.submit([lines[5] ?? "", "{}"])
      assert.deepStrictEqual(again[0], {
        already: true,
        pending: false,
        coins: results[5]?.coins ?? 0,
        code: null,
        detail: ""
      })
      assert.strictEqual(again[1]?.code, "missing_field")
      assert.strictEqual((yield* tracker.ask("/api/v1/farm")).json.proofs, 100)
    }).pipe(Effect.scoped)
  )

  it.live("shows each change to those who watch, and ends their streams when it stops", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const stream = yield* Effect.scoped(
        Effect.gen(function* () {
          const tracker = yield* startTracker(configIn(folder))
          const agent = yield* approvedAgent(tracker)
          const [line = ""] = yield* agent.chain(1)
          const response = yield* Effect.promise(() => fetch(`${tracker.url}/api/v1/events`))
          assert.include(response.headers.get("content-type"), "text/event-stream")
          const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
          let text = ""
          const readUntil = (part: string) =>
            Effect.promise(async () => {
              while (!text.includes(part)) text += (await reader?.read())?.value ?? assert.fail("the stream ended")
            })
          yield* readUntil('"proofs":0')
          assert.include(text, "event: farm\ndata: {")
          yield* tracker.submit(line)
          yield* readUntil('"proofs":1')
          return reader
        })
      )
      // A stream that was cut off would fail here instead of ending.
      assert.isTrue((yield* Effect.promise(async () => stream?.read()))?.done)
    }).pipe(Effect.scoped)
  )
})
