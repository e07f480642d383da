import { assert, describe, it } from "@effect/vitest"
import type { FarmProof } from "@farmops/proof/FarmProof"
import { categories } from "@farmops/proof/vocabulary"
import { Effect, Schema } from "effect"
import { defaultAchievements } from "../src/farm/economy/defaultAchievements.ts"
import { joinChanges, projectEntries, projectionBytes, workOf } from "../src/farm/FarmProjection.ts"
import { emptyTotals, type ProofEntry } from "../src/farm/FarmTotals.ts"

const scoring = { achievements: defaultAchievements }
const founded = emptyTotals({ foundedAt: "2026-01-01T00:00:00Z", timeZone: "UTC" }, defaultAchievements)

/** What of a proof the sums may depend on. */
const Work = Schema.Struct({
  day: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 4 })),
  category: Schema.Literals(categories),
  bot: Schema.Boolean,
  success: Schema.Boolean,
  isVoid: Schema.Boolean,
  impact: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 12 }))
})

const entryOf = ({ bot, category, day, impact, isVoid, success }: typeof Work.Type, position: number): ProofEntry => {
  const proof: FarmProof = {
    schema_version: "1",
    proof_id: "01890000-0000-7000-8000-000000000000",
    prev_proof_id: null,
    prev_proof_hash: null,
    sequence: 0,
    timestamp: `2026-02-${String(day).padStart(2, "0")}T12:00:00Z`,
    agent: { agent_id: "01890000-0000-7000-8000-000000000001", cluster_alias: "test" },
    actor: { actor_hash: "ab".repeat(32), actor_type: bot ? "bot" : "human" },
    action: { plugin: "p", action_type: "deploy", category, subcategory: null, description: "d" },
    outcome: { status: success ? "success" : "failure", verified: true, evidence_hash: "cd".repeat(32) },
    scoring_hints: { complexity: "high", impact_radius: impact, artifacts_touched: 1, time_spent_seconds: null },
    signature: "ef".repeat(64)
  }
  return { position, proof, receivedAt: `2026-03-${String(day).padStart(2, "0")}T00:00:00Z`, isVoid }
}

describe("projectEntries", () => {
  it.effect.prop(
    "gives the same bytes wherever a ledger is cut in two",
    [Schema.Array(Work).check(Schema.isMaxLength(30)), Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 30 }))],
    ([work, cut]) =>
      Effect.sync(() => {
        const entries = work.map(entryOf)
        const whole = projectEntries(founded, entries, scoring)
        const first = projectEntries(founded, entries.slice(0, cut), scoring)
        const second = projectEntries(first.totals, entries.slice(cut), scoring)
        assert.strictEqual(projectionBytes(joinChanges(first, second)), projectionBytes(whole))
      })
  )

  it.effect.prop(
    "pays out exactly what its details say",
    [Schema.Array(Work).check(Schema.isMaxLength(40))],
    ([work]) =>
      Effect.sync(() => {
        const { categories: sums, days, details, totals } = projectEntries(founded, work.map(entryOf), scoring)
        const coins = (list: ReadonlyArray<{ readonly coins: number }>) => list.reduce((sum, one) => sum + one.coins, 0)
        const total = totals.humanCoins + totals.botCoins
        assert.deepStrictEqual([coins(details), coins(sums), coins(days)], [total, total, total])
        assert.strictEqual(
          days.reduce((sum, one) => sum + one.proofs, 0),
          work.filter(({ isVoid, success }) => success && !isVoid).length
        )
      })
  )

  it.effect.prop(
    "pays and counts the rest as if void proofs had never come, but for the length of the ledger",
    [Schema.Array(Work).check(Schema.isMaxLength(40))],
    ([work]) =>
      Effect.sync(() => {
        const entries = work.map(entryOf)
        const whole = projectEntries(founded, entries, scoring)
        const counted = entries.filter(({ isVoid }) => !isVoid)
        const rest = projectEntries(founded, counted, scoring)
        const { length, updatedAt } = whole.totals
        assert.strictEqual(length, work.length)
        assert.strictEqual(
          projectionBytes(whole),
          projectionBytes({ ...rest, totals: { ...rest.totals, length, updatedAt } })
        )
        const voided = whole.details.filter(({ reason }) => reason === "void")
        assert.strictEqual(voided.length, work.length - counted.length)
        assert.isTrue(voided.every(({ coins }) => coins === 0))
      })
  )

  it("rounds the work of a proof half up to a thousandth", () => {
    const { details } = projectEntries(
      founded,
      [entryOf({ day: 3, category: "toil", bot: false, success: true, impact: 2, isVoid: false }, 0)],
      scoring
    )
    // 1.5 × 1.111 × 1 = 1.6665
    assert.deepStrictEqual(
      details.map((detail) => [detail.complexity, detail.impact, workOf(detail)]),
      [[1500, 1111, 1667]]
    )
  })
})
