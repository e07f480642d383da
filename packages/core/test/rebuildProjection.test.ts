import { assert, describe, it } from "@effect/vitest"
import { actorTypes, categories, outcomeStatuses } from "@farmops/proof/vocabulary"
import { Effect, Result } from "effect"
import { SqlClient } from "effect/sql"
import { Ledger } from "../src/farm/Ledger.ts"
import { ProofIntake } from "../src/farm/ProofIntake.ts"
import { rebuildProjection, replayLedger } from "../src/farm/rebuildProjection.ts"
import { approvedTestAgent, onFarm } from "./farmLayers.ts"
import type { ProofEdit } from "./proofFixture.ts"

const pick = <A>(list: ReadonlyArray<A>, at: number, otherwise: A): A => list[at % list.length] ?? otherwise

/** Work of all kinds over some months, people and bots, paid and unpaid, and now and then late. */
const varied =
  (at: number): ProofEdit =>
  (proof) => ({
    ...proof,
    timestamp: `2026-0${1 + ((at * 7) % 2)}-${String(1 + ((at * 5) % 28)).padStart(2, "0")}T0${at % 10}:00:00Z`,
    actor: {
      actor_hash: (at % 3 === 0 ? "1a" : "2b").repeat(32),
      actor_type: at % 5 === 0 ? pick(actorTypes, at, "bot") : "human"
    },
    action: { ...proof.action, category: pick(categories, at, "toil") },
    outcome: { ...proof.outcome, status: at % 11 === 0 ? pick(outcomeStatuses, at, "failure") : "success" },
    scoring_hints: { ...proof.scoring_hints, impact_radius: at % 12 }
  })

const sums = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  return JSON.stringify([
    yield* sql`SELECT length, human_coins, bot_coins, last_active, updated_at, scoring_state FROM tracker_farm`,
    yield* sql`SELECT * FROM tracker_category ORDER BY board, category`,
    yield* sql`SELECT * FROM tracker_day ORDER BY farm_day, board, category`
  ])
})

/** Two agents whose chains arrive in groups of every size. */
const fill = Effect.gen(function* () {
  const intake = yield* ProofIntake
  const one = yield* approvedTestAgent
  const other = yield* approvedTestAgent
  for (const size of [1, 2, 40, 1, 7, 120]) {
    const lines = [...(yield* one.chain(size, varied)), ...(yield* other.chain(size, (at) => varied(at + 3)))]
    assert.isTrue((yield* intake.acceptBatch(lines)).every(Result.isSuccess))
  }
})

describe("rebuildProjection", () => {
  it.effect("arrives at the stored sums, byte for byte, from the stored lines alone", () =>
    onFarm(
      Effect.gen(function* () {
        yield* fill
        const report = yield* replayLedger()
        const farm = yield* (yield* Ledger).farm
        assert.deepStrictEqual(report, {
          proofs: 342,
          total_coins: farm.total_coins,
          bot_coins: farm.bot_coins,
          from: 0,
          sums_equal: true,
          rewards_differ: 0,
          voids_differ: 0,
          milestones_differ: 0
        })
        assert.isAbove(report.total_coins, 0)
        assert.isAbove(report.bot_coins, 0)
        const before = yield* sums
        yield* rebuildProjection()
        assert.strictEqual(yield* sums, before)
      })
    )
  )

  it.effect("notices sums, rewards and void marks that were tampered with, and puts them right", () =>
    onFarm(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* fill
        const before = yield* sums
        yield* sql`UPDATE tracker_day SET coins = coins + 1 WHERE farm_day = (SELECT MIN(farm_day) FROM tracker_day)`
        yield* sql`UPDATE tracker_farm SET human_coins = human_coins + 1`
        yield* sql`UPDATE tracker_proof SET scoring_detail = '{}' WHERE position = 5`
        yield* sql`UPDATE tracker_proof SET coins = coins + 1 WHERE position = 6`
        yield* sql`UPDATE tracker_proof SET void = 'revocation' WHERE position = 7`
        assert.deepInclude(yield* replayLedger(), { sums_equal: false, rewards_differ: 2, voids_differ: 1 })
        yield* rebuildProjection()
        assert.strictEqual(yield* sums, before)
        assert.deepInclude(yield* replayLedger(), { sums_equal: true, rewards_differ: 0, voids_differ: 0 })
      })
    )
  )

  it.effect("goes on from rebuilt sums without a difference", () =>
    onFarm(
      Effect.gen(function* () {
        yield* fill
        yield* rebuildProjection()
        yield* fill
        assert.deepInclude(yield* replayLedger(), { proofs: 684, sums_equal: true, rewards_differ: 0 })
      })
    )
  )
})
