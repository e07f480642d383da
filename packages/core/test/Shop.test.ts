import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { Ledger } from "../src/farm/Ledger.ts"
import { Shop } from "../src/farm/Shop.ts"
import { SnapshotSigner } from "../src/farm/SnapshotSigner.ts"
import { requestKeysMax } from "../src/farm/shop/answerOnce.ts"
import { TrustStore } from "../src/farm/TrustStore.ts"
import { approvedTestAgent } from "./farmLayers.ts"
import { changedTables, dumpLedger } from "./ledgerDump.ts"
import { buy, earn, inShop, refund, shopLayer } from "./shopFixture.ts"
import { temporaryFolder } from "./temporaryFolder.ts"
import { assertReplays, listed } from "./trustFixture.ts"

const farm = Effect.flatMap(Ledger, (ledger) => ledger.farm)

/** Asserts that something is refused with a code, and that no stored byte changes. */
const refusedWith = Effect.fnUntraced(function* <A, R>(
  asked: Effect.Effect<A, { readonly _tag: string }, R>,
  code: string
) {
  const before = yield* dumpLedger
  const error = yield* Effect.flip(asked)
  assert.strictEqual("code" in error ? error.code : error._tag, code)
  assert.deepStrictEqual(changedTables(before, yield* dumpLedger), [])
  return error
})

describe("Shop", () => {
  it.effect("takes the price from what is left to spend, and not from what was earned", () =>
    inShop(
      Effect.gen(function* () {
        yield* earn(yield* approvedTestAgent, 5)
        const before = yield* farm
        const receipt = yield* buy("shed")
        assert.deepInclude(receipt, {
          item: "shed",
          level: 1,
          price: 10,
          current_coins: before.total_coins - 10,
          debt: 0
        })
        assert.strictEqual(receipt.settles_at, "2026-03-04T10:10:00Z")
        const { current_coins, level, total_coins } = yield* farm
        assert.deepStrictEqual(
          [total_coins, level, current_coins],
          [before.total_coins, before.level, before.total_coins - 10]
        )
        yield* assertReplays
      })
    )
  )

  it.effect("pays work by what is owned once it can be given back no more, and replays to the same", () =>
    inShop(
      Effect.gen(function* () {
        const agent = yield* approvedTestAgent
        yield* earn(agent, 3)
        yield* buy("shed")
        yield* earn(agent, 1)
        yield* TestClock.adjust("599 seconds")
        yield* earn(agent, 1)
        yield* TestClock.adjust("1 second")
        yield* earn(agent, 1)
        const upgrades = (yield* listed(agent.agentId)).map(({ scoring_detail }) => scoring_detail.upgrade)
        assert.deepStrictEqual(upgrades, [1000, 1000, 1000, 1000, 1000, 1200])
        yield* assertReplays
      })
    )
  )

  it.effect("gives back what was paid, within ten minutes and once", () =>
    inShop(
      Effect.gen(function* () {
        yield* earn(yield* approvedTestAgent, 5)
        const { current_coins } = yield* farm
        const { purchase_id } = yield* buy("shed")
        const other = yield* buy("hen").pipe(Effect.flip)
        assert.strictEqual(other._tag === "ShopRefused" ? other.code : other._tag, "no_room")
        yield* TestClock.adjust("599 seconds")
        assert.deepInclude(yield* refund(purchase_id), { item: "shed", refunded: 10, current_coins, debt: 0 })
        yield* refusedWith(refund(purchase_id), "already_refunded")
        const late = yield* buy("shed")
        yield* TestClock.adjust("10 minutes")
        yield* refusedWith(refund(late.purchase_id), "too_late")
        yield* refusedWith(refund("01939f2e-0000-7000-8000-00000000000f"), "purchase_unknown")
        yield* assertReplays
      })
    )
  )

  it.effect("opens no refund again when the clock is set back", () =>
    inShop(
      Effect.gen(function* () {
        const agent = yield* approvedTestAgent
        yield* earn(agent, 5)
        const { purchase_id } = yield* buy("shed")
        yield* TestClock.adjust("11 minutes")
        yield* earn(agent, 1)
        yield* TestClock.setTime(Date.parse("2026-03-04T10:01:00Z"))
        yield* refusedWith(refund(purchase_id), "too_late")
      })
    )
  )

  it.effect("refuses what it must, and changes nothing by it", () =>
    inShop(
      Effect.gen(function* () {
        const shop = yield* Shop
        yield* refusedWith(buy("shed"), "insufficient_funds")
        yield* earn(yield* approvedTestAgent, 5)
        yield* refusedWith(buy("castle"), "item_unknown")
        yield* refusedWith(buy("cup"), "not_for_sale")
        yield* refusedWith(buy("snow"), "out_of_season")
        yield* refusedWith(buy("hen"), "no_room")
        const wish = { item: "shed", level: null, requestKey: null }
        const error = yield* refusedWith(shop.buy({ ...wish, expectedPrice: 9 }), "price_changed")
        assert.deepInclude<unknown>(error, {
          detail: "It costs 10 coins and not 9.",
          facts: { expected: 9, price: 10 }
        })
        yield* refusedWith(shop.buy({ ...wish, level: 2, expectedPrice: null }), "level_changed")
        const { purchase_id: purchaseId } = yield* buy("shed")
        yield* refusedWith(shop.use({ purchaseId, requestKey: null }), "not_usable")
        yield* buy("shed")
        yield* refusedWith(buy("shed"), "already_owned")
        yield* refusedWith(refund(purchaseId), "in_use")
      })
    )
  )

  it.effect(
    "keeps what was bought with coins that a revocation takes back, shows the debt, and sells nothing until it is earned",
    () =>
      inShop(
        Effect.gen(function* () {
          const trust = yield* TrustStore
          const agent = yield* approvedTestAgent
          yield* earn(agent, 2)
          yield* buy("shed")
          yield* buy("shed")
          const { agentId } = agent
          yield* trust.revoke(agentId, null)
          assert.deepInclude(yield* farm, { total_coins: 0, current_coins: 0, debt: 30 })
          yield* assertReplays
          const other = yield* approvedTestAgent
          const coins = (yield* earn(other, 1))[0] ?? 0
          assert.deepInclude(yield* farm, { total_coins: coins, current_coins: 0, debt: 30 - coins })
          yield* refusedWith(buy("barn"), "insufficient_funds")
          const more = yield* earn(other, 4)
          const total = more.reduce((sum, one) => sum + one, coins)
          assert.deepInclude(yield* farm, { current_coins: total - 30, debt: 0 })
          assert.deepStrictEqual((yield* (yield* SnapshotSigner).snapshot).body.upgrades, [{ slug: "shed", level: 2 }])
          yield* buy("barn")
          yield* assertReplays
        })
      )
  )

  it.effect("puts a freeze to the streak when one is used, once, and saves the streak with it", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "tracker.db")
      const agent = yield* inShop(
        Effect.gen(function* () {
          const shop = yield* Shop
          const agent = yield* approvedTestAgent
          yield* earn(agent, 3)
          const { purchase_id: purchaseId } = yield* buy("barrel")
          assert.deepInclude(yield* shop.use({ purchaseId, requestKey: null }), { item: "barrel", freezes: 1 })
          yield* refusedWith(shop.use({ purchaseId, requestKey: null }), "already_used")
          yield* refusedWith(refund(purchaseId), "already_used")
          assert.deepInclude(yield* farm, { streak_days: 1, freezes: 1 })
          yield* assertReplays
          return agent
        }),
        file
      )
      // Thursday is missed. A farm that is opened then need not run through the hours.
      yield* TestClock.setTime(Date.parse("2026-03-06T10:00:00Z"))
      yield* Effect.gen(function* () {
        assert.deepInclude(yield* farm, { farm_day: "2026-03-06", streak_days: 1, freezes: 0 })
        yield* earn(agent, 1, "2026-03-06")
        assert.deepInclude(yield* farm, { streak_days: 2 })
        yield* assertReplays
      }).pipe(Effect.provide(shopLayer(file)))
    }).pipe(Effect.scoped)
  )

  it.effect("uses no freeze up that the rules leave no room for", () =>
    inShop(
      Effect.gen(function* () {
        const shop = yield* Shop
        yield* earn(yield* approvedTestAgent, 5)
        const ids = [yield* buy("barrel"), yield* buy("barrel")].map(({ purchase_id }) => purchase_id)
        for (const purchaseId of ids) yield* shop.use({ purchaseId, requestKey: null })
        const { purchase_id: purchaseId } = yield* buy("barrel")
        yield* refusedWith(shop.use({ purchaseId, requestKey: null }), "no_effect")
        assert.strictEqual((yield* refund(purchaseId)).refunded, 8)
      })
    )
  )

  it.effect("gives the same wish with the same key one purchase, and another wish with it none", () =>
    inShop(
      Effect.gen(function* () {
        yield* earn(yield* approvedTestAgent, 5)
        const first = yield* buy("shed", "one")
        const before = yield* dumpLedger
        assert.deepStrictEqual(yield* buy("shed", "one"), first)
        yield* refusedWith(buy("barn", "one"), "RequestKeyReused")
        assert.deepStrictEqual(changedTables(before, yield* dumpLedger), [])
        const refusal = yield* Effect.flip(buy("castle", "two"))
        assert.deepStrictEqual(yield* Effect.flip(buy("castle", "two")), refusal)
        assert.strictEqual((yield* buy("shed", "three")).level, 2)
      })
    )
  )

  it.effect("remembers the newest keys and no more", () =>
    inShop(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        for (let at = 0; at < requestKeysMax + 3; at++) yield* Effect.flip(buy("castle", `key-${at}`))
        const rows = yield* sql<{ request_key: string }>`SELECT request_key FROM tracker_request ORDER BY number`
        assert.deepStrictEqual([rows.length, rows[0]?.request_key], [requestKeysMax, "key-3"])
      })
    )
  )

  it.effect("sells one thing to 64 who ask at once with money for one", () =>
    inShop(
      Effect.gen(function* () {
        yield* earn(yield* approvedTestAgent, 1)
        const { total_coins } = yield* farm
        assert.isTrue(total_coins >= 12 && total_coins < 24, `${total_coins}`)
        const asked = Array.from({ length: 64 }, (_, at) => buy(at % 2 === 0 ? "barn" : "field"))
        const answers = yield* Effect.forEach(asked, Effect.result, { concurrency: "unbounded" })
        assert.lengthOf(answers.filter(Result.isSuccess), 1)
        const codes = answers
          .filter(Result.isFailure)
          .map(({ failure }): string => (failure._tag === "ShopRefused" ? failure.code : failure._tag))
        assert.isTrue(codes.every((code) => code === "insufficient_funds" || code === "already_owned"))
        yield* assertReplays
      })
    )
  )
})
