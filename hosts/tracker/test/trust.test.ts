import { assert, describe, it } from "@effect/vitest"
import { verifyEvent } from "@farmops/core/farm/trust/LedgerEvent"
import { verifyForkEvidence } from "@farmops/proof/forkEvidence"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { Effect } from "effect"
import { approvedAgent, configIn, startTracker, temporaryFolder } from "./trackerFixture.ts"

const aTracker = Effect.gen(function* () {
  const tracker = yield* startTracker(configIn(yield* temporaryFolder))
  const agent = yield* approvedAgent(tracker)
  const lines = yield* agent.chain(3)
  for (const line of lines) assert.strictEqual((yield* tracker.submit(line)).status, 201)
  return { tracker, agent, lines, path: `/api/v1/agents/${agent.agentId}` }
})

describe("the routes about agents", () => {
  it.live("freeze for a fork, show why, and thaw when the owner approves again", () =>
    Effect.gen(function* () {
      const { agent, lines, path, tracker } = yield* aTracker
      const { line: rival } = yield* agent.build(null)
      const refused = yield* tracker.submit(rival)
      assert.deepInclude(refused, { status: 409, type: "application/problem+json" })
      assert.strictEqual(refused.json.code, "forked")
      assert.strictEqual((yield* tracker.ask("/api/v1/agents")).json.agents[0].status, "frozen")

      const [, , last = ""] = lines
      const head = (yield* tracker.ask("/api/v1/agents")).json.agents[0].head
      const { line: next } = yield* agent.build({ sequence: 2, proofId: JSON.parse(last).proof_id, hash: head.hash })
      const waiting = yield* tracker.submit(next)
      assert.deepInclude(waiting, { status: 403 })
      assert.strictEqual(waiting.json.code, "agent_frozen")

      const forks = yield* tracker.ask(`${path}/forks`)
      assert.strictEqual(forks.type, "application/x-ndjson")
      const evidence = verifyForkEvidence(forks.text.trimEnd(), nodeBackend)
      assert.deepInclude(evidence.ok ? evidence.value : evidence, { publicKey: agent.publicKey, sequence: 0 })

      assert.strictEqual((yield* tracker.ask(`${path}/approve`, { method: "POST" })).status, 401)
      assert.strictEqual((yield* tracker.asOwner(`${path}/approve`)).json.status, "approved")
      assert.strictEqual((yield* tracker.submit(next)).status, 201)
    }).pipe(Effect.scoped)
  )

  it.live("revoke with or without a point, and tell a wrong one from a wrong request", () =>
    Effect.gen(function* () {
      const { path, tracker } = yield* aTracker
      const before = yield* tracker.ask("/api/v1/proofs")
      const hashes: ReadonlyArray<string> = before.json.proofs.map(({ hash }: { hash: string }) => hash).toReversed()
      const revoke = (body?: unknown) =>
        tracker.asOwner(`${path}/revoke`, body === undefined ? {} : { body: JSON.stringify(body) })
      const wrong: ReadonlyArray<readonly [unknown, number, string]> = [
        [{ last_trusted: { sequence: 0, hash: hashes[1] } }, 409, "last_trusted_unknown"],
        [{ last_trusted: { sequence: 3, hash: hashes[2] } }, 409, "last_trusted_unknown"],
        [{ last_trusted: { sequence: -1, hash: hashes[1] } }, 400, "bad_request"],
        [{ last_trusted: { sequence: 1 } }, 400, "bad_request"],
        [{ last_trusted: "all" }, 400, "bad_request"],
        // A misspelt field is not taken for "all that was received".
        [{ lastTrusted: null }, 400, "bad_request"],
        [[], 400, "bad_request"]
      ]
      for (const [body, status, code] of wrong) {
        const answer = yield* revoke(body)
        assert.deepStrictEqual([answer.status, answer.json.code], [status, code], JSON.stringify(body))
      }
      assert.strictEqual((yield* tracker.ask("/api/v1/agents")).json.agents[0].status, "approved")
      assert.strictEqual((yield* tracker.ask(`${path}/revoke`, { method: "POST" })).status, 401)

      const revoked = yield* revoke({ last_trusted: { sequence: 1, hash: hashes[1] } })
      assert.deepInclude(revoked.json, { status: "revoked", branch: 0, recovery_public_key: null })
      assert.strictEqual((yield* revoke()).status, 200)
      assert.strictEqual((yield* revoke({})).status, 200)
      assert.strictEqual(
        (yield* revoke({ last_trusted: { sequence: 2, hash: hashes[2] } })).json.code,
        "trust_withdrawn"
      )
      const after = yield* tracker.ask("/api/v1/proofs")
      assert.deepStrictEqual(
        after.json.proofs.map((one: { void: string | null }) => one.void),
        ["revocation", null, null]
      )
      assert.deepInclude(after.json.proofs[0], { coins: 0 })
      assert.strictEqual(after.json.proofs[0].scoring_detail.reason, "void")
      const trust = yield* tracker.ask(`${path}/trust`)
      assert.deepInclude(trust.json, { status: "revoked", void: { recovery: 0, revocation: 1 }, forks: 0 })
      assert.strictEqual(trust.json.epochs.length, 1)
      yield* revoke({ last_trusted: null })
      assert.strictEqual((yield* tracker.ask("/api/v1/farm")).json.total_coins, 0)
    }).pipe(Effect.scoped)
  )

  it.live("list what the tracker signed, page by page", () =>
    Effect.gen(function* () {
      const { agent, path, tracker } = yield* aTracker
      yield* tracker.asOwner(`${path}/revoke`)
      const { public_key } = (yield* tracker.ask("/api/v1/public/profile")).json
      const all = (yield* tracker.ask("/api/v1/ledger/events")).json
      assert.deepStrictEqual(
        all.events.map(({ kind, position }: { kind: string; position: number }) => [position, kind]),
        [
          [0, "rules_changed"],
          [1, "agent_approved"],
          [5, "agent_revoked"]
        ]
      )
      assert.isNull(all.next_cursor)
      for (const { line } of all.events.slice(1)) {
        assert.deepInclude(verifyEvent(line, public_key, nodeBackend) ?? {}, { agent_id: agent.agentId })
      }
      const first = (yield* tracker.ask("/api/v1/ledger/events?limit=1")).json
      assert.deepStrictEqual(first.events, all.events.slice(0, 1))
      const rest = (yield* tracker.ask(`/api/v1/ledger/events?limit=2&cursor=${first.next_cursor}`)).json
      assert.deepStrictEqual(rest, { events: all.events.slice(1), next_cursor: null })
      assert.strictEqual((yield* tracker.ask("/api/v1/ledger/events?limit=0")).json.code, "bad_request")
      for (const route of ["trust", "forks"]) {
        const missing = yield* tracker.ask(`/api/v1/agents/nobody/${route}`)
        assert.deepStrictEqual([missing.status, missing.json.code], [404, "agent_not_found"])
      }
    }).pipe(Effect.scoped)
  )

  it.live("are for the owner alone where others than this machine can ask", () =>
    Effect.gen(function* () {
      const tracker = yield* startTracker(configIn(yield* temporaryFolder, { host: "0.0.0.0" }))
      const agent = yield* approvedAgent(tracker)
      for (const route of [`agents/${agent.agentId}/trust`, `agents/${agent.agentId}/forks`, "ledger/events"]) {
        assert.strictEqual((yield* tracker.ask(`/api/v1/${route}`)).json.code, "owner_token_required", route)
        assert.strictEqual((yield* tracker.ask(`/api/v1/${route}`, { token: tracker.token })).status, 200, route)
      }
    }).pipe(Effect.scoped)
  )

  it.live("show watchers at once what a revocation took back", () =>
    Effect.gen(function* () {
      const { path, tracker } = yield* aTracker
      const response = yield* Effect.promise(() => fetch(`${tracker.url}/api/v1/events`))
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
      let text = ""
      const readUntil = (part: RegExp) =>
        Effect.promise(async () => {
          while (!part.test(text)) text += (await reader?.read())?.value ?? assert.fail("the stream ended")
        })
      yield* readUntil(/"total_coins":[1-9]/)
      yield* tracker.asOwner(`${path}/revoke`, { body: '{"last_trusted":null}' })
      yield* readUntil(/"total_coins":0,/)
      yield* Effect.promise(async () => reader?.cancel())
    }).pipe(Effect.scoped)
  )
})
