import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { approvedAgent, configIn, startTracker, temporaryFolder } from "./trackerFixture.ts"

const fence = { item: "fence" }

/** A tracker whose farm has earned some coins. */
const aFarm = Effect.gen(function* () {
  const tracker = yield* startTracker(configIn(yield* temporaryFolder))
  const agent = yield* approvedAgent(tracker)
  for (const line of yield* agent.chain(3)) assert.strictEqual((yield* tracker.submit(line)).status, 201)
  const post = (path: string, body: unknown, key?: string) =>
    tracker.asOwner(`/api/v1/shop/${path}`, {
      body: JSON.stringify(body),
      ...(key === undefined ? {} : { headers: { "idempotency-key": key } })
    })
  const coins = Effect.map(tracker.ask("/api/v1/farm"), ({ json }) => json.current_coins as number)
  return { tracker, post, coins }
})

describe("the routes of the shop", () => {
  it.live("show what is sold, sell it, show it as owned and take it back", () =>
    Effect.gen(function* () {
      const { coins, post, tracker } = yield* aFarm
      const before = yield* coins
      const { paths } = (yield* tracker.ask("/openapi.json")).json
      for (const path of ["/farm/upgrades", "/farm/achievements", "/shop/items", "/shop/purchase", "/rules"]) {
        assert.property(paths, `/api/v1${path}`)
      }
      const achieved = yield* tracker.ask("/api/v1/farm/achievements")
      const first = achieved.json.achievements.find(({ slug }: { slug: string }) => slug === "first-proof")
      assert.strictEqual(first.earned.position, 2)
      const window = yield* tracker.ask("/api/v1/shop/items")
      assert.deepInclude(window.json, { current_coins: before, debt: 0, catalogue_version: 1 })
      const offered = window.json.items.find(({ item }: { item: string }) => item === "fence")
      assert.deepInclude(offered, { kind: "decor", owned: { count: 0, level: 0 }, refusal: null })
      assert.deepInclude(offered.next, { level: 1, price: 25 })

      const bought = yield* post("purchase", { ...fence, price: 25, level: 1 })
      assert.deepInclude(bought, { status: 200, type: "application/json" })
      assert.deepInclude(bought.json, { item: "fence", price: 25, current_coins: before - 25 })
      assert.strictEqual(yield* coins, before - 25)
      const owned = yield* tracker.ask("/api/v1/farm/upgrades")
      assert.deepInclude(owned.json, { spent: 25, current_coins: before - 25 })
      assert.deepInclude(owned.json.upgrades[0], { item: "fence", name: "Fence", count: 1, level: 1 })
      assert.deepInclude(owned.json.upgrades[0].purchases[0], { settled: false, price: 25 })
      assert.isTrue(owned.json.multipliers.every((one: { thousandths: number }) => one.thousandths === 1000))
      const events = yield* tracker.ask("/api/v1/ledger/events?cursor=1")
      assert.strictEqual(JSON.parse(events.json.events[0].line).body.kind, "item_bought")
      const snapshot = yield* tracker.ask("/api/v1/public/snapshot")
      assert.deepStrictEqual(snapshot.json.body.upgrades, [{ slug: "fence", level: 1 }])

      const { purchase_id } = bought.json
      assert.deepInclude((yield* post("refund", { purchase_id })).json, { refunded: 25, current_coins: before })
      const again = yield* post("refund", { purchase_id })
      assert.deepInclude(again, { status: 409, type: "application/problem+json" })
      assert.strictEqual(again.json.code, "already_refunded")
    }).pipe(Effect.scoped)
  )

  it.live("answer the same to the same request with one Idempotency-Key, and refuse another one with it", () =>
    Effect.gen(function* () {
      const { coins, post } = yield* aFarm
      const before = yield* coins
      const first = yield* post("purchase", fence, "abc")
      const answers = yield* Effect.all(
        Array.from({ length: 8 }, () => post("purchase", fence, "abc")),
        { concurrency: "unbounded" }
      )
      for (const answer of answers) assert.strictEqual(answer.text, first.text)
      assert.strictEqual(yield* coins, before - 25)
      const other = yield* post("purchase", { item: "path" }, "abc")
      assert.deepStrictEqual([other.status, other.json.code], [422, "idempotency_key_reused"])
      const elsewhere = yield* post("refund", { purchase_id: first.json.purchase_id }, "abc")
      assert.strictEqual(elsewhere.status, 422)
      const poor = yield* post("purchase", { item: "farmhouse" }, "def")
      assert.strictEqual(poor.status, 409)
      assert.strictEqual((yield* post("purchase", { item: "farmhouse" }, "def")).text, poor.text)
      assert.strictEqual((yield* post("purchase", fence, "with space")).status, 400)
    }).pipe(Effect.scoped)
  )

  it.live("refuse with a code that says why, and take nothing from strangers", () =>
    Effect.gen(function* () {
      const { coins, post, tracker } = yield* aFarm
      const before = yield* coins
      const unknown = "01939f2e-0000-7000-8000-00000000000f"
      const wrong: ReadonlyArray<readonly [string, unknown, number, string]> = [
        ["purchase", { item: "castle" }, 404, "item_unknown"],
        ["purchase", { item: "fence", price: 24 }, 409, "price_changed"],
        ["purchase", { item: "fence", level: 2 }, 409, "level_changed"],
        ["purchase", { item: "statue" }, 409, "level_required"],
        ["purchase", { item: "fence", prize: 24 }, 400, "bad_request"],
        ["purchase", { item: "Fence" }, 400, "bad_request"],
        ["purchase", { item: "fence", price: 0 }, 400, "bad_request"],
        ["purchase", { item: "fence", price: 1.5 }, 400, "bad_request"],
        ["purchase", [], 400, "bad_request"],
        ["refund", { purchase_id: unknown }, 404, "purchase_unknown"],
        ["refund", { purchase_id: "1" }, 400, "bad_request"],
        ["use", { purchase_id: unknown }, 404, "purchase_unknown"]
      ]
      for (const [path, body, status, code] of wrong) {
        const answer = yield* post(path, body)
        assert.deepStrictEqual([answer.status, answer.json.code], [status, code], JSON.stringify(body))
        assert.strictEqual(answer.type, "application/problem+json")
      }
      for (const path of ["purchase", "refund", "use"]) {
        const body = JSON.stringify(path === "purchase" ? fence : { purchase_id: unknown })
        assert.strictEqual((yield* tracker.ask(`/api/v1/shop/${path}`, { body })).json.code, "owner_token_required")
      }
      assert.strictEqual(yield* coins, before)
      const bought = yield* post("purchase", fence)
      const { purchase_id } = bought.json
      assert.strictEqual((yield* post("use", { purchase_id })).json.code, "not_usable")
    }).pipe(Effect.scoped)
  )
})
