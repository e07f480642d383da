import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { SqlClient } from "effect/sql"
import { Ledger } from "../src/farm/Ledger.ts"
import type { LedgerUnavailable } from "../src/farm/LedgerUnavailable.ts"
import { groupMax, ProofIntake } from "../src/farm/ProofIntake.ts"
import type { ProofRefused } from "../src/farm/ProofRefused.ts"
import { TrustStore } from "../src/farm/TrustStore.ts"
import { approvedTestAgent, onFarm } from "./farmLayers.ts"
import { makeTestAgent } from "./proofFixture.ts"

const countRows = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  Effect.map(sql<{ n: number }>`SELECT COUNT(*) AS n FROM tracker_proof`, ([row]) => row?.n)
)
const everything = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  return [
    yield* sql`SELECT * FROM tracker_proof ORDER BY position`,
    yield* sql`SELECT * FROM tracker_farm`,
    yield* sql`SELECT * FROM tracker_category ORDER BY board, category`,
    yield* sql`SELECT * FROM tracker_day ORDER BY farm_day, board, category`,
    yield* sql`SELECT * FROM tracker_agent ORDER BY agent_id`
  ]
})
/** Asserts that an effect fails with a code and that not one stored byte changes. */
const refusedWithoutTrace = Effect.fnUntraced(function* <A, R>(
  effect: Effect.Effect<A, ProofRefused | LedgerUnavailable, R>,
  code: string
) {
  const before = yield* everything
  const failure = yield* Effect.flip(effect)
  assert.strictEqual(failure._tag === "ProofRefused" ? failure.code : failure._tag, code)
  assert.deepStrictEqual(yield* everything, before)
})

describe("ProofIntake", () => {
  it.effect("takes a chain, stores its exact bytes and pays for it", () =>
    onFarm(
      Effect.gen(function* () {
        const intake = yield* ProofIntake
        const ledger = yield* Ledger
        const agent = yield* approvedTestAgent
        const lines = yield* agent.chain(3)
        const answers = yield* Effect.forEach(lines, (line) => intake.accept(line))
        assert.deepStrictEqual(
          answers.map(({ already, sequence }) => [sequence, already]),
          [
            [0, false],
            [1, false],
            [2, false]
          ]
        )
        assert.isTrue(answers.every(({ coins }) => coins > 0))
        const sql = yield* SqlClient.SqlClient
        const stored = yield* sql<{ line: string }>`SELECT line FROM tracker_proof ORDER BY sequence`
        assert.deepStrictEqual(
          stored.map(({ line }) => line),
          lines
        )
        const farm = yield* ledger.farm
        assert.strictEqual(farm.proofs, 3)
        assert.strictEqual(
          farm.total_coins,
          answers.reduce((sum, { coins }) => sum + coins, 0)
        )
      })
    )
  )

  it.effect("answers the same bytes again with already and the same coins", () =>
    onFarm(
      Effect.gen(function* () {
        const intake = yield* ProofIntake
        const agent = yield* approvedTestAgent
        const [first = "", second = ""] = yield* agent.chain(2)
        const taken = yield* intake.accept(first)
        yield* intake.accept(second)
        const before = yield* everything
        assert.deepStrictEqual(yield* intake.accept(first), { ...taken, already: true })
        assert.deepStrictEqual(yield* everything, before)
      })
    )
  )

  it.effect("refuses other bytes at a used sequence", () =>
    onFarm(
      Effect.gen(function* () {
        const intake = yield* ProofIntake
        const agent = yield* approvedTestAgent
        yield* intake.acceptBatch(yield* agent.chain(2))
        const [proofs] = yield* everything
        assert.deepInclude(yield* Effect.flip(intake.accept(yield* agent.after(null))), { code: "forked" })
        assert.deepStrictEqual((yield* everything)[0], proofs)
      })
    )
  )

  it.effect("refuses a proof whose parent is not the head", () =>
    onFarm(
      Effect.gen(function* () {
        const intake = yield* ProofIntake
        const agent = yield* approvedTestAgent
        yield* intake.accept(yield* agent.next())
        const stray = yield* agent.after({ sequence: 0, proofId: agent.head()?.proofId ?? "", hash: "00".repeat(32) })
        yield* refusedWithoutTrace(intake.accept(stray), "wrong_parent")
      })
    )
  )

  it.effect("refuses a gap and names the sequence that comes next", () =>
    onFarm(
      Effect.gen(function* () {
        const intake = yield* ProofIntake
        const agent = yield* approvedTestAgent
        const [first = "", , third = ""] = yield* agent.chain(3)
        yield* intake.accept(first)
        const before = yield* everything
        const refusal = yield* Effect.flip(intake.accept(third))
        assert.strictEqual(refusal._tag, "ProofRefused")
        assert.deepInclude(refusal, { code: "gap", expected: 1 })
        assert.deepStrictEqual(yield* everything, before)
      })
    )
  )

  it.effect("refuses a proof_id that another agent's proof has", () =>
    onFarm(
      Effect.gen(function* () {
        const intake = yield* ProofIntake
        const one = yield* approvedTestAgent
        const other = yield* approvedTestAgent
        yield* intake.accept(yield* one.next())
        const proof_id = one.head()?.proofId ?? ""
        const line = yield* other.next((proof) => ({ ...proof, proof_id }))
        yield* refusedWithoutTrace(intake.accept(line), "repeated_id")
      })
    )
  )

  it.effect("refuses a changed byte and another agent's signature", () =>
    onFarm(
      Effect.gen(function* () {
        const intake = yield* ProofIntake
        const agent = yield* approvedTestAgent
        const thief = yield* makeTestAgent
        const line = yield* agent.next()
        yield* refusedWithoutTrace(intake.accept(line.replace("Did 1 thing", "Did 9 thing")), "bad_signature")
        const stolen = yield* thief.next((proof) => ({ ...proof, agent: { ...proof.agent, agent_id: agent.agentId } }))
        yield* refusedWithoutTrace(intake.accept(stolen), "bad_signature")
        yield* refusedWithoutTrace(intake.accept(` ${line}`), "not_canonical")
      })
    )
  )

  it.effect("refuses work from more than five minutes ahead, not less", () =>
    onFarm(
      Effect.gen(function* () {
        const intake = yield* ProofIntake
        const agent = yield* approvedTestAgent
        const far = yield* agent.after(null, (proof) => ({ ...proof, timestamp: "2026-03-04T10:05:01Z" }))
        yield* refusedWithoutTrace(intake.accept(far), "future_timestamp")
        yield* intake.accept(yield* agent.next((proof) => ({ ...proof, timestamp: "2026-03-04T10:05:00Z" })))
      })
    )
  )

  it.effect("takes nothing into the ledger from an agent that is unknown, pending or revoked", () =>
    onFarm(
      Effect.gen(function* () {
        const intake = yield* ProofIntake
        const trust = yield* TrustStore
        const agent = yield* makeTestAgent
        const line = yield* agent.next()
        yield* refusedWithoutTrace(intake.accept(line), "agent_unknown")
        yield* trust.enroll(yield* agent.enrolment)
        const before = yield* everything
        assert.deepInclude(yield* intake.accept(line), { pending: true, coins: 0 })
        assert.deepStrictEqual(yield* everything, before)
        yield* trust.approve(agent.agentId)
        yield* intake.accept(line)
        yield* trust.revoke(agent.agentId)
        yield* refusedWithoutTrace(intake.accept(yield* agent.next()), "agent_revoked")
      })
    )
  )

  it.effect("gives every line of a batch its answer and stores the good ones", () =>
    onFarm(
      Effect.gen(function* () {
        const intake = yield* ProofIntake
        const one = yield* approvedTestAgent
        const other = yield* approvedTestAgent
        const [a0 = "", a1 = "", a2 = ""] = yield* one.chain(3)
        const [b0 = "", b1 = ""] = yield* other.chain(2)
        const broken = a1.replace("Did 1 thing", "Did 2 thing")
        const answers = yield* intake.acceptBatch([a0, b0, broken, b1, a2, a0])
        assert.deepStrictEqual(
          answers.map((answer) =>
            Result.isSuccess(answer) ? (answer.success.already ? "already" : "accepted") : answer.failure.code
          ),
          ["accepted", "accepted", "bad_signature", "accepted", "gap", "already"]
        )
        assert.strictEqual(yield* countRows, 3)
      })
    )
  )

  it.effect("stores one row and pays once when many send the same proof at once", () =>
    onFarm(
      Effect.gen(function* () {
        const intake = yield* ProofIntake
        const ledger = yield* Ledger
        const agent = yield* approvedTestAgent
        const line = yield* agent.next()
        const answers = yield* Effect.all(
          Array.from({ length: 40 }, () => intake.accept(line)),
          {
            concurrency: "unbounded"
          }
        )
        assert.strictEqual(answers.filter(({ already }) => !already).length, 1)
        assert.strictEqual(new Set(answers.map(({ coins }) => coins)).size, 1)
        assert.strictEqual(yield* countRows, 1)
        assert.strictEqual((yield* ledger.farm).total_coins, answers[0]?.coins)
      })
    )
  )

  it.effect("keeps the order of a batch that is longer than a group", () =>
    onFarm(
      Effect.gen(function* () {
        const intake = yield* ProofIntake
        const agent = yield* approvedTestAgent
        const lines = yield* agent.chain(groupMax * 2 + 3)
        const answers = yield* intake.acceptBatch(lines)
        assert.isTrue(answers.every(Result.isSuccess))
        assert.strictEqual(yield* countRows, lines.length)
      })
    )
  )

  it.effect("stores nothing of a group that the database refuses, and takes it when sent again", () =>
    onFarm(
      Effect.gen(function* () {
        const intake = yield* ProofIntake
        const sql = yield* SqlClient.SqlClient
        const agent = yield* approvedTestAgent
        const lines = yield* agent.chain(3)
        // The last write of the transaction fails: whatever came before it must be undone.
        yield* sql`CREATE TRIGGER full BEFORE UPDATE ON tracker_farm BEGIN SELECT RAISE(ABORT, 'full'); END`
        const before = yield* everything
        const failure = yield* Effect.flip(intake.acceptBatch(lines))
        assert.strictEqual(failure._tag, "LedgerUnavailable")
        assert.deepStrictEqual(yield* everything, before)
        yield* sql`DROP TRIGGER full`
        assert.isTrue((yield* intake.acceptBatch(lines)).every(Result.isSuccess))
      })
    )
  )
})
