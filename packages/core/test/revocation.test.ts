import { assert, describe, it } from "@effect/vitest"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { verifyChain } from "@farmops/proof/verify"
import { Effect, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { Ledger } from "../src/farm/Ledger.ts"
import { TrackerKey } from "../src/farm/TrackerKey.ts"
import { TrustStore } from "../src/farm/TrustStore.ts"
import { LastTrustedUnknown, TrustWithdrawn } from "../src/farm/trust/agentErrors.ts"
import { verifyEvent } from "../src/farm/trust/LedgerEvent.ts"
import { approvedRecoverableAgent, approvedTestAgent, onFarm } from "./farmLayers.ts"
import { changedTables, dumpLedger } from "./ledgerDump.ts"
import { makeTestAgent } from "./proofFixture.ts"
import { assertReplays, listed, refused, send, sendAll } from "./trustFixture.ts"

const pointOf = Effect.fnUntraced(function* (agentId: string, sequence: number) {
  const proof = (yield* listed(agentId)).find((one) => one.proof.sequence === sequence && one.void !== "recovery")
  return { sequence, hash: proof?.hash ?? "" }
})

const voids = Effect.fnUntraced(function* (agentId: string) {
  return (yield* listed(agentId)).map((one) => one.void)
})

describe("a revocation", () => {
  it.effect("without a point trusts all that was received, and changes no reward", () =>
    onFarm(
      Effect.gen(function* () {
        const trust = yield* TrustStore
        const agent = yield* approvedTestAgent
        yield* sendAll(yield* agent.chain(3))
        const before = yield* dumpLedger
        yield* trust.revoke(agent.agentId)
        const after = yield* dumpLedger
        assert.deepStrictEqual(changedTables(before, after), ["tracker_agent", "tracker_event", "tracker_farm"])
        assert.deepStrictEqual(after.tracker_farm, [{ ...before.tracker_farm[0], entries: 5 }])
        yield* refused(yield* agent.next(), "agent_revoked")
        yield* trust.revoke(agent.agentId)
        assert.deepStrictEqual(changedTables(after, yield* dumpLedger), [])
        yield* assertReplays
      })
    )
  )

  it.effect("from a point keeps what came before it and takes the coins of the rest back", () =>
    onFarm(
      Effect.gen(function* () {
        const trust = yield* TrustStore
        const ledger = yield* Ledger
        const agent = yield* approvedTestAgent
        const other = yield* approvedTestAgent
        const lines = yield* agent.chain(5)
        yield* sendAll([...lines, ...(yield* other.chain(2))])
        const before = yield* listed(agent.agentId)
        const point = yield* pointOf(agent.agentId, 1)
        yield* trust.revoke(agent.agentId, point)

        const after = yield* listed(agent.agentId)
        assert.deepStrictEqual(yield* voids(agent.agentId), [null, null, "revocation", "revocation", "revocation"])
        assert.deepStrictEqual(after.slice(0, 2), before.slice(0, 2))
        assert.isTrue(after.slice(2).every((one) => one.coins === 0 && one.scoring_detail.reason === "void"))
        // Three fewer of a kind that had tired the farm: the others are paid in full again.
        const others = yield* listed(other.agentId)
        assert.deepStrictEqual(
          others.map(({ scoring_detail }) => scoring_detail.repeats_today),
          [3, 4]
        )
        const farm = yield* ledger.farm
        assert.strictEqual(farm.proofs, 7)
        assert.strictEqual(
          farm.total_coins,
          [...after, ...others].reduce((sum, { coins }) => sum + coins, 0)
        )
        assert.strictEqual(
          farm.categories.reduce((sum, { total_proofs }) => sum + total_proofs, 0),
          4
        )
        // The chain is still the agent's own, and verifies.
        const exported = [...(yield* Stream.runCollect(yield* ledger.lines(agent.agentId)))]
        assert.deepStrictEqual(exported, lines)
        assert.isTrue(verifyChain(exported, agent.key.publicKey, nodeBackend).ok)
        const { events } = yield* ledger.events(1, 10)
        const event = verifyEvent(events[0]?.line ?? "", (yield* TrackerKey).publicKey, nodeBackend)
        assert.deepInclude(event ?? {}, { kind: "agent_revoked", last_trusted: point })
        yield* assertReplays
      })
    )
  )

  it.effect("of nothing leaves no coin and no day, and the others as if the agent had never been", () =>
    onFarm(
      Effect.gen(function* () {
        const trust = yield* TrustStore
        const ledger = yield* Ledger
        const agent = yield* approvedTestAgent
        yield* sendAll([...(yield* agent.chain(3)), yield* agent.rotate(), yield* agent.next()])
        yield* trust.revoke(agent.agentId, null)
        const farm = yield* ledger.farm
        assert.deepInclude(farm, { proofs: 5, total_coins: 0, streak_days: 0, today_coins: 0, last_active: null })
        assert.deepStrictEqual(yield* ledger.daysAfter(""), [])
        assert.deepStrictEqual(yield* ledger.categories, [])
        yield* assertReplays
        const other = yield* approvedTestAgent
        yield* sendAll([yield* other.next()])
        assert.deepInclude((yield* listed(other.agentId))[0]?.scoring_detail, { repeats_today: 1, streak_days: 1 })
        yield* assertReplays
      })
    )
  )

  it.effect("points at a proof of the agent's present chain, or does nothing", () =>
    onFarm(
      Effect.gen(function* () {
        const trust = yield* TrustStore
        const agent = yield* approvedRecoverableAgent
        const other = yield* approvedTestAgent
        yield* sendAll([...(yield* agent.chain(3)), ...(yield* other.chain(3))])
        const left = yield* pointOf(agent.agentId, 2)
        yield* sendAll([yield* agent.recover(null)])
        const before = yield* dumpLedger
        const here = yield* pointOf(agent.agentId, 0)
        for (const wrong of [
          left,
          { sequence: 0, hash: left.hash },
          { sequence: 1, hash: here.hash },
          { sequence: 9, hash: here.hash },
          yield* pointOf(other.agentId, 0)
        ]) {
          assert.instanceOf(yield* Effect.flip(trust.revoke(agent.agentId, wrong)), LastTrustedUnknown)
        }
        assert.deepStrictEqual(changedTables(before, yield* dumpLedger), [])
        assert.strictEqual((yield* trust.revoke(agent.agentId, here)).status, "revoked")
        assert.deepStrictEqual(yield* voids(agent.agentId), ["recovery", "recovery", "recovery", null])
        yield* assertReplays
      })
    )
  )

  it.effect("can be said again from an earlier point, never from a later one", () =>
    onFarm(
      Effect.gen(function* () {
        const trust = yield* TrustStore
        const agent = yield* approvedTestAgent
        yield* sendAll(yield* agent.chain(4))
        const points = yield* Effect.forEach([0, 1, 2, 3], (sequence) => pointOf(agent.agentId, sequence))
        yield* trust.revoke(agent.agentId, points[2] ?? null)
        assert.deepStrictEqual(yield* voids(agent.agentId), [null, null, null, "revocation"])
        const once = yield* dumpLedger
        yield* trust.revoke(agent.agentId, points[2] ?? null)
        assert.instanceOf(yield* Effect.flip(trust.revoke(agent.agentId, points[3] ?? null)), TrustWithdrawn)
        assert.deepStrictEqual(changedTables(once, yield* dumpLedger), [])
        yield* trust.revoke(agent.agentId, points[0] ?? null)
        assert.deepStrictEqual(yield* voids(agent.agentId), [null, "revocation", "revocation", "revocation"])
        yield* assertReplays
        yield* trust.revoke(agent.agentId, null)
        assert.deepStrictEqual([...new Set(yield* voids(agent.agentId))], ["revocation"])
        yield* assertReplays
      })
    )
  )

  it.effect("leaves alone what the agent signed before it, under whatever key", () =>
    onFarm(
      Effect.gen(function* () {
        const trust = yield* TrustStore
        const agent = yield* approvedTestAgent
        yield* sendAll([yield* agent.next(), yield* agent.rotate(), yield* agent.next(), yield* agent.next()])
        const before = yield* listed(agent.agentId)
        yield* trust.revoke(agent.agentId, yield* pointOf(agent.agentId, 2))
        assert.deepStrictEqual((yield* listed(agent.agentId)).slice(0, 3), before.slice(0, 3))
        assert.deepInclude(yield* trust.trust(agent.agentId), { void: { recovery: 0, revocation: 1 } })
      })
    )
  )

  it.effect("of an agent that still waits keeps it out, and is no news to the sums", () =>
    onFarm(
      Effect.gen(function* () {
        const trust = yield* TrustStore
        const agent = yield* makeTestAgent
        yield* trust.enroll(yield* agent.enrolment)
        yield* trust.revoke(agent.agentId, null)
        assert.deepStrictEqual(yield* send(yield* agent.next()), ["agent_revoked"])
        assert.strictEqual((yield* Effect.flip(trust.approve(agent.agentId)))._tag, "AgentRevoked")
        yield* assertReplays
      })
    )
  )

  it.effect("asks for archived proofs to be restored before it takes coins back, and does nothing until then", () =>
    onFarm(
      Effect.gen(function* () {
        const trust = yield* TrustStore
        const sql = yield* SqlClient.SqlClient
        const agent = yield* approvedTestAgent
        yield* sendAll(yield* agent.chain(3))
        yield* sql`UPDATE tracker_proof SET line = NULL, scoring_detail = NULL WHERE position = 1`
        const before = yield* dumpLedger
        const failure = yield* Effect.flip(trust.revoke(agent.agentId, null))
        assert.deepInclude(failure, { _tag: "BodiesArchived", position: 1 })
        assert.deepStrictEqual(changedTables(before, yield* dumpLedger), [])
        assert.strictEqual((yield* trust.revoke(agent.agentId)).status, "revoked")
      })
    )
  )
})
