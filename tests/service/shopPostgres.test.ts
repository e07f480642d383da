/** The shop on PostgreSQL, where two trackers of one farm really sell at once. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Ledger } from "@farmops/core/farm/Ledger"
import { LedgerRules } from "@farmops/core/farm/LedgerRules"
import { Shop } from "@farmops/core/farm/Shop"
import { defaultRules } from "@farmops/core/scoring/Rules"
import { Context, Effect, Layer, Result } from "effect"
import { approvedTestAgent } from "../../packages/core/test/farmLayers.ts"
import { buy, earn, refund, shopLayer } from "../../packages/core/test/shopFixture.ts"
import { assertReplays } from "../../packages/core/test/trustFixture.ts"
import { postgresBin, type RunningPostgres, startPostgres } from "./postgres.ts"

let server: RunningPostgres

describe.skipIf(postgresBin === null)("a shop on PostgreSQL", () => {
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.stop())

  it.live("sells one thing to 64 who ask two trackers at once with money for one", () => {
    const url = server.makeDatabase()
    return Effect.gen(function* () {
      yield* earn(yield* approvedTestAgent, 1)
      const { total_coins } = yield* (yield* Ledger).farm
      assert.isTrue(total_coins >= 12 && total_coins < 24, `${total_coins}`)
      const here = yield* Shop
      const there = Context.get(yield* Layer.build(Layer.fresh(shopLayer(url))), Shop)
      const asked = Array.from({ length: 64 }, (_, at) =>
        (at % 2 === 0 ? here : there).buy({
          item: at % 4 < 2 ? "barn" : "field",
          level: null,
          expectedPrice: null,
          requestKey: null
        })
      )
      const answers = yield* Effect.forEach(asked, Effect.result, { concurrency: "unbounded" })
      assert.lengthOf(answers.filter(Result.isSuccess), 1)
      for (const { failure } of answers.filter(Result.isFailure)) {
        assert.strictEqual(failure._tag, "ShopRefused", JSON.stringify(failure))
      }
      yield* assertReplays
    }).pipe(Effect.provide(shopLayer(url)), Effect.scoped)
  })

  it.live("answers one key once, whichever of two trackers is asked", () => {
    const url = server.makeDatabase()
    return Effect.gen(function* () {
      yield* earn(yield* approvedTestAgent, 5)
      const here = yield* Shop
      const there = Context.get(yield* Layer.build(Layer.fresh(shopLayer(url))), Shop)
      const asked = Array.from({ length: 16 }, (_, at) =>
        (at % 2 === 0 ? here : there).buy({ item: "barn", level: null, expectedPrice: null, requestKey: "one" })
      )
      const answers = yield* Effect.all(asked, { concurrency: "unbounded" })
      assert.lengthOf(new Set(answers.map(({ purchase_id }) => purchase_id)), 1)
      yield* assertReplays
    }).pipe(Effect.provide(shopLayer(url)), Effect.scoped)
  })

  it.live("pays by upgrades, takes refunds and replays to the same", () =>
    Effect.gen(function* () {
      const agent = yield* approvedTestAgent
      yield* earn(agent, 5)
      const { purchase_id } = yield* buy("shed")
      yield* buy("barn")
      yield* refund(purchase_id)
      yield* buy("shed")
      yield* earn(agent, 2)
      assert.deepInclude(yield* (yield* Ledger).farm, { debt: 0 })
      assert.lengthOf((yield* (yield* Ledger).holdings).purchases, 2)
      yield* assertReplays
    }).pipe(Effect.provide(shopLayer(server.makeDatabase())))
  )

  it.live("pays by the rules of each proof's place when another tracker changes them", () => {
    const url = server.makeDatabase()
    return Effect.gen(function* () {
      const agent = yield* approvedTestAgent
      const there = Context.get(yield* Layer.build(Layer.fresh(shopLayer(url))), LedgerRules)
      const [before = 0] = yield* earn(agent, 1)
      yield* there.change({ ...defaultRules, base_coins: { ...defaultRules.base_coins, toil: 30 } })
      assert.deepStrictEqual(yield* earn(agent, 1), [2 * before])
      yield* there.change(defaultRules)
      assert.deepStrictEqual(yield* earn(agent, 1), [before])
      yield* assertReplays
    }).pipe(Effect.provide(shopLayer(url)), Effect.scoped)
  })
})
