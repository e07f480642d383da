import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Result } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { Ledger } from "../src/farm/Ledger.ts"
import { ProofIntake } from "../src/farm/ProofIntake.ts"
import { TrustStore } from "../src/farm/TrustStore.ts"
import { waitingLimits } from "../src/farm/waiting/keepWaiting.ts"
import { approvedTestAgent, farmLayer, onFarm, testNow } from "./farmLayers.ts"
import { makeRecoverableAgent, makeTestAgent } from "./proofFixture.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

const pendingTestAgent = Effect.gen(function* () {
  const trust = yield* TrustStore
  const agent = yield* makeTestAgent
  yield* trust.enroll(yield* agent.enrolment)
  return agent
})

/** What each line came to: `pending`, `pending again`, `paid`, `already`, or the code of the refusal. */
const submit = Effect.fnUntraced(function* (...lines: ReadonlyArray<string>) {
  const intake = yield* ProofIntake
  return (yield* intake.acceptBatch(lines)).map((answer) => {
    if (Result.isFailure(answer)) return answer.failure.code
    const { already, pending } = answer.success
    return pending ? (already ? "pending again" : "pending") : already ? "already" : "paid"
  })
})

const approve = Effect.fnUntraced(function* (agentId: string) {
  yield* (yield* TrustStore).approve(agentId)
  yield* (yield* ProofIntake).settle(agentId)
})

const waitingOf = Effect.fnUntraced(function* (agentId: string) {
  return (yield* (yield* TrustStore).get(agentId)).waiting_proofs
})

const ledgerLines = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ line: string }>`SELECT line FROM tracker_proof ORDER BY position`
  return rows.map(({ line }) => line)
})

const farmCoins = Effect.map(
  Effect.flatMap(Ledger, ({ farm }) => farm),
  ({ proofs, total_coins }) => ({ proofs, total_coins })
)

/** A table as large as it may become, of agents that nobody asks about. */
const fillTo = Effect.fnUntraced(function* (agentId: string, proofs: number, bytesEach: number) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${proofs})
    INSERT INTO tracker_waiting_proof (agent_id, sequence, proof_id, hash, line, bytes, received_at)
    SELECT ${agentId}, i, 'id' || i, 'hash' || i, '', ${bytesEach}, '' FROM n`
})

describe("proofs of an agent that its owner has not decided on", () => {
  it.effect("wait unpaid, in order and known again, and are scored once by the approval", () =>
    onFarm(
      Effect.gen(function* () {
        const agent = yield* pendingTestAgent
        const lines = yield* agent.chain(600)
        assert.deepStrictEqual(new Set(yield* submit(...lines.slice(0, 300))), new Set(["pending"]))
        assert.deepStrictEqual(new Set(yield* submit(...lines.slice(290))), new Set(["pending again", "pending"]))
        assert.deepStrictEqual(yield* farmCoins, { proofs: 0, total_coins: 0 })
        assert.strictEqual(yield* waitingOf(agent.agentId), 600)
        yield* approve(agent.agentId)
        assert.deepStrictEqual(yield* ledgerLines, lines)
        assert.strictEqual(yield* waitingOf(agent.agentId), 0)
        const paid = yield* farmCoins
        assert.isAbove(paid.total_coins, 0)
        yield* approve(agent.agentId)
        assert.deepStrictEqual(yield* submit(lines[0] ?? "", yield* agent.next()), ["already", "paid"])
        assert.strictEqual((yield* farmCoins).proofs, 601)
      })
    )
  )

  it.effect("are paid what they would have been paid had the agent been approved before", () =>
    Effect.gen(function* () {
      const agent = yield* onFarm(makeTestAgent)
      const lines = yield* agent.chain(20)
      const early = onFarm(
        Effect.gen(function* () {
          const trust = yield* TrustStore
          yield* trust.enroll(yield* agent.enrolment)
          yield* trust.approve(agent.agentId)
          yield* submit(...lines)
          return yield* farmCoins
        })
      )
      const late = onFarm(
        Effect.gen(function* () {
          yield* (yield* TrustStore).enroll(yield* agent.enrolment)
          yield* submit(...lines)
          yield* approve(agent.agentId)
          return yield* farmCoins
        })
      )
      assert.deepStrictEqual(yield* late, yield* early)
    })
  )

  it.effect("are checked as any other: signature, chain and place", () =>
    onFarm(
      Effect.gen(function* () {
        const agent = yield* pendingTestAgent
        const thief = yield* makeTestAgent
        const [first = "", second = "", third = ""] = yield* agent.chain(3)
        const foreign = yield* thief.after(null, (proof) => ({
          ...proof,
          agent: { ...proof.agent, agent_id: agent.agentId }
        }))
        assert.deepStrictEqual(
          yield* submit(foreign, second, first.replace("Did 1 thing", "Did 2 thing"), first, third),
          ["bad_signature", "gap", "bad_signature", "pending", "gap"]
        )
        const stray = yield* agent.after({ sequence: 0, proofId: agent.head()?.proofId ?? "", hash: "00".repeat(32) })
        assert.deepStrictEqual(yield* submit(stray, second), ["wrong_parent", "pending"])
        assert.strictEqual(yield* waitingOf(agent.agentId), 2)
      })
    )
  )

  it.effect("follow a change of key that waits among them", () =>
    onFarm(
      Effect.gen(function* () {
        const agent = yield* pendingTestAgent
        const lines = [yield* agent.next(), yield* agent.rotate(), yield* agent.next()]
        assert.deepStrictEqual(yield* submit(...lines), ["pending", "pending", "pending"])
        const later = yield* agent.next()
        assert.deepStrictEqual(yield* submit(later), ["pending"])
        yield* approve(agent.agentId)
        assert.deepStrictEqual(yield* ledgerLines, [...lines, later])
      })
    )
  )

  it.effect("decide nothing where two want one place: the ledger does, once the agent is approved", () =>
    onFarm(
      Effect.gen(function* () {
        const trust = yield* TrustStore
        const agent = yield* makeRecoverableAgent
        yield* trust.enroll(yield* agent.enrolment)
        const line = yield* agent.next()
        const other = yield* agent.after(null)
        assert.deepStrictEqual(yield* submit(line, other), ["pending", "agent_pending"])
        assert.deepStrictEqual((yield* trust.get(agent.agentId)).status, "pending")
        yield* approve(agent.agentId)
        assert.deepStrictEqual(yield* submit(other), ["forked"])
        assert.deepStrictEqual((yield* trust.get(agent.agentId)).status, "frozen")
      })
    )
  )

  it.effect("are scored at the next start where the tracker died after the approval", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.parse(testNow))
      const file = join(yield* temporaryFolder, "tracker.db")
      const start = <A, E>(run: Effect.Effect<A, E, Layer.Success<ReturnType<typeof farmLayer>>>) =>
        Effect.provide(run, Layer.fresh(farmLayer(file)))
      const { agent, lines } = yield* start(
        Effect.gen(function* () {
          const agent = yield* pendingTestAgent
          const lines = yield* agent.chain(300)
          yield* submit(...lines)
          yield* (yield* TrustStore).approve(agent.agentId)
          return { agent, lines }
        })
      )
      yield* start(
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* farmCoins, { proofs: 0, total_coins: 0 })
          yield* (yield* ProofIntake).settleAll
          assert.deepStrictEqual(yield* ledgerLines, lines)
          assert.strictEqual(yield* waitingOf(agent.agentId), 0)
        })
      )
    }).pipe(Effect.scoped)
  )

  it.effect("are paid once where the tracker died after it had scored them and before it forgot them", () =>
    onFarm(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const agent = yield* pendingTestAgent
        yield* submit(...(yield* agent.chain(300)))
        yield* sql`CREATE TABLE remembered AS SELECT * FROM tracker_waiting_proof`
        yield* approve(agent.agentId)
        const paid = yield* farmCoins
        yield* sql`INSERT INTO tracker_waiting_proof SELECT * FROM remembered`
        yield* (yield* ProofIntake).settleAll
        assert.deepStrictEqual(yield* farmCoins, paid)
        assert.strictEqual(yield* waitingOf(agent.agentId), 0)
      })
    )
  )

  it.effect("come before what the agent sends next, also where the approval was cut short", () =>
    onFarm(
      Effect.gen(function* () {
        const agent = yield* pendingTestAgent
        const lines = yield* agent.chain(3)
        yield* submit(...lines)
        yield* (yield* TrustStore).approve(agent.agentId)
        const next = yield* agent.next()
        assert.deepStrictEqual(yield* submit(next), ["paid"])
        assert.deepStrictEqual(yield* ledgerLines, [...lines, next])
      })
    )
  )

  it.effect("are dropped when the owner says no", () =>
    onFarm(
      Effect.gen(function* () {
        const trust = yield* TrustStore
        const agent = yield* pendingTestAgent
        yield* submit(...(yield* agent.chain(3)))
        assert.strictEqual((yield* trust.revoke(agent.agentId)).waiting_proofs, 0)
        yield* (yield* ProofIntake).settleAll
        assert.deepStrictEqual(yield* farmCoins, { proofs: 0, total_coins: 0 })
        assert.deepStrictEqual(yield* submit(yield* agent.next()), ["agent_revoked"])
      })
    )
  )

  it.effect("are bounded for each agent", () =>
    onFarm(
      Effect.gen(function* () {
        const agent = yield* pendingTestAgent
        const lines = yield* agent.chain(waitingLimits.proofsOfAgentMax + 1)
        const answers = yield* submit(...lines)
        assert.deepStrictEqual(answers.slice(-2), ["pending", "pending_full"])
        const other = yield* pendingTestAgent
        assert.deepStrictEqual(yield* submit(yield* other.next()), ["pending"])
        yield* approve(agent.agentId)
        assert.deepStrictEqual(yield* submit(lines.at(-1) ?? ""), ["paid"])
      })
    )
  )

  it.effect.each([
    ["proofs", waitingLimits.proofsMax - 1, 1],
    ["bytes", 1, waitingLimits.bytesMax - 1500]
  ] as const)("are bounded in all, by %s, and approved agents go on", ([, proofs, bytesEach]) =>
    onFarm(
      Effect.gen(function* () {
        const crowd = yield* pendingTestAgent
        yield* fillTo(crowd.agentId, proofs, bytesEach)
        const agent = yield* pendingTestAgent
        const known = yield* approvedTestAgent
        const answers = yield* submit(...(yield* agent.chain(3)), yield* known.next())
        assert.deepStrictEqual(answers, ["pending", "pending_full", "gap", "paid"])
      })
    )
  )
})
