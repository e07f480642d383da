import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Ledger } from "../src/farm/Ledger.ts"
import { dailyDaysMax, fillDays } from "../src/farm/listing/dailySeries.ts"
import { ProofIntake } from "../src/farm/ProofIntake.ts"
import { approvedTestAgent, onFarm } from "./farmLayers.ts"

const any = { from: null, to: null, board: null, category: null }

describe("the daily series", () => {
  it("has every day of a span, also without work, and counts on from the coins before it", () => {
    const sums = {
      before: new Map([["human", 100] as const]),
      days: [{ day: "1970-01-03", board: "human" as const, proofs: 2, coins: 7, work: 2000 }]
    }
    const nothing = { board: "human" as const, proofs: 0, coins: 0, work: 0 }
    assert.deepStrictEqual(fillDays(sums, 1, 3), [
      { ...nothing, day: "1970-01-02", time: 86_400_000, cumulative_coins: 100 },
      { ...nothing, day: "1970-01-03", time: 172_800_000, proofs: 2, coins: 7, work: 2000, cumulative_coins: 107 },
      { ...nothing, day: "1970-01-04", time: 259_200_000, cumulative_coins: 107 }
    ])
    assert.deepStrictEqual(fillDays(sums, 3, 1), [])
  })

  it.effect("adds up to the farm's coins, and its parts to the whole", () =>
    onFarm(
      Effect.gen(function* () {
        const intake = yield* ProofIntake
        const ledger = yield* Ledger
        assert.deepStrictEqual(yield* ledger.daily(any), [])
        const agent = yield* approvedTestAgent
        const days = ["2026-02-27", "2026-03-01", "2026-03-03"]
        yield* intake.acceptBatch(
          yield* agent.chain(9, (at) => (proof) => ({
            ...proof,
            timestamp: `${days[at % 3]}T08:00:00Z`,
            action: { ...proof.action, category: at < 4 ? "toil" : "reliability" },
            actor: at === 5 ? { ...proof.actor, actor_type: "bot" } : proof.actor
          }))
        )
        const { bot_coins, total_coins } = yield* ledger.farm
        const all = yield* ledger.daily(any)
        // From the first work to today, and a bot's board as soon as there is one.
        assert.deepStrictEqual([all[0]?.day, all.at(-1)?.day, all.length], ["2026-02-27", "2026-03-04", 12])
        assert.deepStrictEqual(
          all.slice(-2).map(({ board, cumulative_coins }) => [board, cumulative_coins]),
          [
            ["human", total_coins],
            ["bot", bot_coins]
          ]
        )
        const tail = yield* ledger.daily({ ...any, from: "2026-03-03", board: "human" })
        assert.deepStrictEqual(
          tail,
          all.filter(({ board, day }) => board === "human" && day >= "2026-03-03")
        )
        const last = (rows: typeof all) => rows.at(-1)?.cumulative_coins ?? 0
        const toil = yield* ledger.daily({ ...any, board: "human", category: "toil" })
        const rest = yield* ledger.daily({ ...any, board: "human", category: "reliability" })
        assert.isAbove(last(toil), 0)
        assert.strictEqual(last(toil) + last(rest), total_coins)
        assert.deepStrictEqual(yield* ledger.daily({ ...any, from: "2026-03-03", to: "2026-03-01" }), [])
        assert.deepStrictEqual(yield* ledger.daily({ ...any, category: "incident" }), [])
      })
    )
  )

  it.effect("refuses more days than one answer may have", () =>
    onFarm(
      Effect.gen(function* () {
        const ledger = yield* Ledger
        const agent = yield* approvedTestAgent
        yield* (yield* ProofIntake).accept(
          yield* agent.next((proof) => ({ ...proof, timestamp: "2016-01-01T00:00:00Z" }))
        )
        const error = yield* Effect.flip(ledger.daily(any))
        assert.strictEqual(error._tag, "SpanTooLong")
        assert.strictEqual((yield* ledger.daily({ ...any, to: "2026-01-07" })).length, dailyDaysMax)
      })
    )
  )
})
