/** Random lives of a farm that earns, buys, gives back, uses up, loses trust in an agent and changes its rules. */
import { assert } from "@effect/vitest"
import { Effect, Layer, Result, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { refundSeconds } from "../src/farm/economy/Holdings.ts"
import type { SoldItem } from "../src/farm/economy/Item.ts"
import { Ledger } from "../src/farm/Ledger.ts"
import { LedgerRules } from "../src/farm/LedgerRules.ts"
import { rebuildProjection } from "../src/farm/rebuildProjection.ts"
import { Shop } from "../src/farm/Shop.ts"
import { TrustStore } from "../src/farm/TrustStore.ts"
import { defaultRules, type Rules, rulesHash } from "../src/scoring/Rules.ts"
import { items } from "./economy/purchases.ts"
import { approvedTestAgent, farmDatabase, testNow } from "./farmLayers.ts"
import { changedTables, dumpLedger, withoutRebuild } from "./ledgerDump.ts"
import type { TestAgent } from "./proofFixture.ts"
import { buy, earn, refund, shopServices } from "./shopFixture.ts"
import { assertReplays, listed } from "./trustFixture.ts"

const goods = items.filter((item): item is SoldItem => item.kind !== "trophy")

const rulesChoices: ReadonlyArray<Rules> = [
  defaultRules,
  { ...defaultRules, upgrade_max: 1250, daily_ceiling: null },
  { ...defaultRules, base_coins: { ...defaultRules.base_coins, toil: 40 }, fatigue_free: null, freezes_max: 0 }
]

/** What may happen; `at` chooses an item, a purchase, an agent, rules, or how long to wait. */
export const ShopStep = Schema.Struct({
  what: Schema.Literals([
    ...["work", "work", "work", "buy", "buy", "buy", "buy", "refund", "use", "wait", "wait"],
    ...["revoke", "rules", "restart", "replay"]
  ] as const),
  at: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 99 }))
})
export type ShopStep = typeof ShopStep.Type

/** The farm as the test knows it, apart from the tracker. */
interface Model {
  agents: Array<TestAgent>
  now: number
  rules: Rules
  spent: number
  owned: Array<{
    readonly id: string
    readonly item: SoldItem
    readonly price: number
    readonly level: number
    readonly at: number
  }>
  gone: Array<string>
  /** What each accepted proof must have been paid by, by its hash. */
  readonly paid: Map<string, { readonly upgrade: number; readonly ruleset: string }>
}

const farm = Effect.flatMap(Ledger, (ledger) => ledger.farm)

/** The thousandths that work against toil is multiplied by, added up here from the shop's prices alone. */
const upgradeNow = ({ now, owned, rules }: Model): number => {
  const settled = owned.filter(({ at }) => at + refundSeconds <= now)
  const added = settled.flatMap(({ item, level }) => item.levels[level - 1]?.effects ?? [])
  const sum = added.reduce((total, effect) => {
    return effect.kind === "multiply" && effect.category !== "reliability" ? total + effect.thousandths : total
  }, 1000)
  return Math.min(sum, rules.upgrade_max)
}

const workOnce = Effect.fnUntraced(function* (model: Model, at: number) {
  const agent = model.agents[at % model.agents.length]
  if (agent === undefined) return
  yield* earn(agent, 1, `2026-03-0${1 + (at % 4)}`)
  const hash = agent.head()?.hash ?? ""
  model.paid.set(hash, { upgrade: upgradeNow(model), ruleset: rulesHash(model.rules) })
})

const counters = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  return yield* sql`SELECT revision, entries FROM tracker_farm`
})

/** The receipt, or null for a refusal, which moves nothing. */
const asked = Effect.fnUntraced(function* <A, E, R>(request: Effect.Effect<A, E, R>) {
  const before = yield* counters
  const answer = yield* Effect.result(request)
  if (Result.isSuccess(answer)) return answer.success
  assert.deepInclude<unknown>(answer.failure, { _tag: "ShopRefused" })
  assert.deepStrictEqual(yield* counters, before)
  return null
})

const buyOne = Effect.fnUntraced(function* (model: Model, at: number) {
  const item = goods[at % goods.length]
  if (item === undefined) return
  const { current_coins, level } = yield* farm
  const receipt = yield* asked(buy(item.slug))
  const has = model.owned.filter((one) => one.item === item).length
  const next = item.levels[item.levels.length > 1 ? has : 0]
  if (receipt === null) {
    const cheap = next !== undefined && next.price <= current_coins && level >= next.level_required
    const roomy = item.needs.plots === 0 && item.needs.stalls === 0
    const left = item.levels.length > 1 ? has < item.levels.length : has < item.stock
    assert.isFalse(cheap && roomy && left && item.season === null, `${item.slug} was refused`)
    return
  }
  assert.isTrue(next !== undefined && next.price <= current_coins && has < Math.max(item.stock, item.levels.length))
  assert.deepInclude<unknown>(receipt, { price: next?.price, current_coins: current_coins - (next?.price ?? 0) })
  model.owned.push({ id: receipt.purchase_id, item, price: receipt.price, level: receipt.level, at: model.now })
  model.spent += receipt.price
})

const idAt = (model: Model, at: number): string => {
  const ids = [...model.owned.map(({ id }) => id), ...model.gone]
  return ids[at % ids.length] ?? "01939f2e-0000-7000-8000-00000000000f"
}

const refundOne = Effect.fnUntraced(function* (model: Model, at: number) {
  const id = idAt(model, at)
  const found = model.owned.find((one) => one.id === id)
  const receipt = yield* asked(refund(id))
  if (receipt === null) {
    const stands = (one: Model["owned"][number]) =>
      (one.item === found?.item && one.level > found.level) || one.item.needs.plots > 0 || one.item.needs.stalls > 0
    assert.isFalse(found !== undefined && model.now < found.at + refundSeconds && !model.owned.some(stands))
    return
  }
  assert.isTrue(found !== undefined && model.now < found.at + refundSeconds)
  assert.strictEqual(receipt.refunded, found?.price)
  model.spent -= receipt.refunded
  model.owned = model.owned.filter((one) => one !== found)
  model.gone.push(id)
})

const useOne = Effect.fnUntraced(function* (model: Model, at: number) {
  const id = idAt(model, at)
  const found = model.owned.find((one) => one.id === id)
  const { freezes } = yield* farm
  const receipt = yield* asked(Effect.flatMap(Shop, (shop) => shop.use({ purchaseId: id, requestKey: null })))
  assert.strictEqual(receipt !== null, found?.item.kind === "consumable" && freezes < model.rules.freezes_max)
  if (receipt === null) return
  assert.strictEqual(receipt.freezes, freezes + 1)
  model.owned = model.owned.filter((one) => one !== found)
  model.gone.push(id)
})

const revokeOne = Effect.fnUntraced(function* (model: Model, at: number) {
  const agent = model.agents[at % model.agents.length]
  if (agent === undefined) return
  yield* (yield* TrustStore).revoke(agent.agentId, null)
  model.agents = [...model.agents.filter((one) => one !== agent), yield* approvedTestAgent]
})

const waits = [1, 299, 300, 600]

const step = Effect.fnUntraced(function* (model: Model, { at, what }: ShopStep) {
  switch (what) {
    case "work":
      return yield* workOnce(model, at)
    case "buy":
      return yield* buyOne(model, at)
    case "refund":
      return yield* refundOne(model, at)
    case "use":
      return yield* useOne(model, at)
    case "revoke":
      return yield* revokeOne(model, at)
    case "rules": {
      model.rules = rulesChoices[at % rulesChoices.length] ?? defaultRules
      return yield* (yield* LedgerRules).change(model.rules)
    }
    case "wait": {
      const seconds = waits[at % waits.length] ?? 1
      model.now += seconds
      return yield* TestClock.adjust(seconds * 1000)
    }
    case "replay":
      return yield* assertReplays
    case "restart":
      return
  }
})

const check = Effect.fnUntraced(function* (model: Model) {
  yield* assertReplays
  const { current_coins, debt, ruleset_hash, total_coins } = yield* farm
  assert.deepStrictEqual(
    [current_coins, debt, ruleset_hash],
    [Math.max(0, total_coins - model.spent), Math.max(0, model.spent - total_coins), rulesHash(model.rules)]
  )
  const { purchases, spent } = yield* (yield* Ledger).holdings
  assert.strictEqual(spent, model.spent)
  assert.deepStrictEqual(
    purchases.map(({ purchase_id }) => purchase_id),
    model.owned.map(({ id }) => id)
  )
  for (const { agentId } of model.agents) {
    for (const { hash, scoring_detail } of yield* listed(agentId)) {
      const { ruleset_hash: ruleset, upgrade } = scoring_detail
      assert.deepStrictEqual({ upgrade, ruleset }, model.paid.get(hash))
    }
  }
  const before = yield* dumpLedger
  yield* rebuildProjection()
  assert.deepStrictEqual(changedTables(before, withoutRebuild(yield* dumpLedger)), [])
})

/** The steps between one start of the tracker and the next. */
const starts = (steps: ReadonlyArray<ShopStep>): ReadonlyArray<ReadonlyArray<ShopStep>> => {
  const ends = steps.flatMap(({ what }, at) => (what === "restart" ? [at + 1] : []))
  return [0, ...ends].map((from, at) => steps.slice(from, ends[at] ?? steps.length))
}

/** Lets a fresh farm live through the steps, and asserts that it is what the steps make it, and that a replay gives the same bytes. */
export const livesThrough = Effect.fnUntraced(function* (steps: ReadonlyArray<ShopStep>) {
  yield* TestClock.setTime(Date.parse(testNow))
  const database = Layer.succeedContext(yield* Layer.build(farmDatabase()))
  // A start reads everything anew but the bytes of the database.
  const tracker = Layer.fresh(shopServices).pipe(Layer.provideMerge(database))
  const model: Model = {
    agents: [],
    now: Date.parse(testNow) / 1000,
    rules: defaultRules,
    spent: 0,
    owned: [],
    gone: [],
    paid: new Map()
  }
  yield* Effect.gen(function* () {
    model.agents = [yield* approvedTestAgent, yield* approvedTestAgent]
  }).pipe(Effect.provide(tracker))
  for (const some of starts(steps)) {
    yield* Effect.gen(function* () {
      for (const one of some) yield* step(model, one)
      yield* check(model)
    }).pipe(Effect.provide(tracker))
  }
}, Effect.scoped)
