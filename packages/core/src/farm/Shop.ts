/**
 * The farm's shop. Each purchase, refund and use is decided on what the ledger holds in the very transaction that adds its
 * event, under the farm's lock: coins are spent once, however many ask at a time.
 */
import { uuidV7 } from "@farmops/proof/UuidV7"
import { Context, Effect, Layer, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import { streakOn } from "../scoring/boardDays.ts"
import { dayOfNumber } from "../scoring/farmDay.ts"
import { appendFact, presentTotals } from "./appendFact.ts"
import { todayOf } from "./describeFarm.ts"
import { decidePurchase } from "./economy/decidePurchase.ts"
import { decideRefund } from "./economy/decideRefund.ts"
import { decideUse } from "./economy/decideUse.ts"
import { balanceOf, type Purchase, settlesAt } from "./economy/Holdings.ts"
import type { Shopper } from "./economy/offerOf.ts"
import type { FarmFact } from "./FarmFact.ts"
import type { FarmTotals } from "./FarmTotals.ts"
import { LedgerCommits } from "./LedgerCommits.ts"
import type { LedgerSettings } from "./LedgerSettings.ts"
import { makeOnLedger } from "./makeOnLedger.ts"
import type { StoredTotals } from "./ProjectionStore.ts"
import { ActiveShop } from "./shop/ActiveShop.ts"
import { answerOnce } from "./shop/answerOnce.ts"
import { refusedBy } from "./shop/describeRefusal.ts"
import { describeShop, describeUpgrades } from "./shop/describeShop.ts"
import { PurchaseReceipt, RefundReceipt, type ShopRefusal, ShopRefused, UseReceipt } from "./shop/ShopAnswer.ts"
import type { TrackerKey } from "./TrackerKey.ts"
import { underFarmLock } from "./underFarmLock.ts"
import { wireNow } from "./wireTime.ts"

/** What somebody wants to buy. */
export interface PurchaseWish {
  readonly item: string
  /** The level that the buyer saw; null takes whatever is next. */
  readonly level: number | null
  /** The price that the buyer saw; null takes whatever it is. */
  readonly expectedPrice: number | null
  /** The same wish with the same key is one purchase; null for none. */
  readonly requestKey: string | null
}

/** Something owned, by the id of its purchase. */
export interface PurchaseChoice {
  readonly purchaseId: string
  readonly requestKey: string | null
}

type Answer<A> = { readonly receipt: A } | { readonly refused: ShopRefused }

const answerOf = <A, I>(receipt: Schema.Codec<A, I>) =>
  Schema.Union([Schema.Struct({ receipt }), Schema.Struct({ refused: ShopRefused })])

const BuyAnswer = answerOf(PurchaseReceipt)
const RefundAnswer = answerOf(RefundReceipt)
const UseAnswer = answerOf(UseReceipt)

const no = (refusal: ShopRefusal) => ({ refused: refusedBy(refusal) })

const findPurchase = ({ holdings }: FarmTotals, purchaseId: string): Purchase | null =>
  holdings.purchases.find((one) => one.purchase_id === purchaseId) ?? null

/** The newest time that the ledger knows, or ours: a clock that was set back opens nothing again. */
const latest = (now: string, { holdings, updatedAt }: FarmTotals): string =>
  holdings.purchases.reduce((last, { at }) => (at > last ? at : last), updatedAt > now ? updatedAt : now)

const make = Effect.gen(function* () {
  const shop = yield* ActiveShop
  const { announce } = yield* LedgerCommits
  const { catalogue } = shop

  const onLedger = yield* makeOnLedger

  const shopperOf = (totals: FarmTotals, now: string): Shopper => ({
    catalogue,
    holdings: totals.holdings,
    totalCoins: totals.humanCoins,
    farmDay: dayOfNumber(todayOf(totals, now))
  })

  /** One request: decided and written under the lock, told to whoever watches, and the refusal as the error that it is. */
  const settle = <A, E>(answer: Effect.Effect<Answer<A>, E, LedgerSettings | SqlClient.SqlClient | TrackerKey>) =>
    onLedger(underFarmLock(answer)).pipe(
      Effect.tap((given) => ("receipt" in given ? announce : Effect.void)),
      Effect.flatMap((given) => ("receipt" in given ? Effect.succeed(given.receipt) : Effect.fail(given.refused))),
      // What is in the ledger is also announced.
      Effect.uninterruptible
    )

  const take = Effect.fnUntraced(function* (stored: StoredTotals, fact: FarmFact) {
    const { at, position, totals } = yield* appendFact(stored, fact)
    return { totals, receipt: { position, at }, balance: balanceOf(totals.humanCoins, totals.holdings) }
  })

  const decideBuy = Effect.fnUntraced(function* ({ expectedPrice, item, level }: PurchaseWish) {
    const stored = yield* presentTotals
    const shopper = shopperOf(stored.totals, yield* wireNow)
    const decision = decidePurchase(shopper, { purchaseId: yield* uuidV7, item, expectedPrice })
    if (!decision.ok) return no(decision.refusal)
    const { fact } = decision
    if (level !== null && fact.level !== level) return no({ code: "level_changed", expected: level, level: fact.level })
    const { balance, receipt } = yield* take(stored, fact)
    const { price, purchase_id } = fact
    const settles_at = settlesAt(receipt.at)
    const bought = { purchase_id, item, ...receipt, level: fact.level, price, settles_at, ...balance }
    return { receipt: bought }
  })

  const decideReturn = Effect.fnUntraced(function* (purchaseId: string) {
    const stored = yield* presentTotals
    const { holdings } = stored.totals
    const at = latest(yield* wireNow, stored.totals)
    const decision = decideRefund({ holdings, purchaseId, start: catalogue.start, at })
    const found = findPurchase(stored.totals, purchaseId)
    if (!decision.ok) return no(decision.refusal)
    const { balance, receipt } = yield* take(stored, decision.fact)
    const { item = "", price = 0 } = found ?? {}
    return { receipt: { purchase_id: purchaseId, item, ...receipt, refunded: price, ...balance } }
  })

  const freezesOf = (totals: FarmTotals, now: string): number =>
    streakOn(totals.scoring.human, todayOf(totals, now), totals.rules, totals.calendar.changes).freezes

  const decideUsing = Effect.fnUntraced(function* (purchaseId: string) {
    const stored = yield* presentTotals
    const now = yield* wireNow
    const { holdings, rules } = stored.totals
    const decision = decideUse({ holdings, purchaseId, freezes: freezesOf(stored.totals, now), rules })
    const { item = "" } = findPurchase(stored.totals, purchaseId) ?? {}
    if (!decision.ok) return no(decision.refusal)
    const { receipt, totals } = yield* take(stored, decision.fact)
    return { receipt: { purchase_id: purchaseId, item, ...receipt, freezes: freezesOf(totals, now) } }
  })

  const buy = Effect.fn("Shop.buy")((wish: PurchaseWish) => {
    const { requestKey, ...asked } = wish
    const request = { do: "buy", item: asked.item, level: asked.level, price: asked.expectedPrice }
    return settle(answerOnce(requestKey, request, BuyAnswer, decideBuy(wish)))
  })

  const refund = Effect.fn("Shop.refund")(({ purchaseId, requestKey }: PurchaseChoice) =>
    settle(answerOnce(requestKey, { do: "refund", purchase: purchaseId }, RefundAnswer, decideReturn(purchaseId)))
  )

  const use = Effect.fn("Shop.use")(({ purchaseId, requestKey }: PurchaseChoice) =>
    settle(answerOnce(requestKey, { do: "use", purchase: purchaseId }, UseAnswer, decideUsing(purchaseId)))
  )

  const offers = Effect.gen(function* () {
    const { totals } = yield* onLedger(presentTotals)
    return describeShop(shopperOf(totals, yield* wireNow))
  }).pipe(Effect.withSpan("Shop.offers"))

  const upgrades = Effect.gen(function* () {
    const { totals } = yield* onLedger(presentTotals)
    return describeUpgrades(totals, catalogue, yield* wireNow)
  }).pipe(Effect.withSpan("Shop.upgrades"))

  return {
    /** Everything that is sold, with its price, and why it cannot be bought now if so. */
    offers,
    /** What the farm has, and what it does. */
    upgrades,
    /** The next level of an item, or one more of it. */
    buy,
    /** Gives something back for what was paid, within ten minutes. */
    refund,
    /** Uses a consumable up. */
    use
  } as const
})

/** Buys, gives back and uses, for the farm's owner. */
export class Shop extends Context.Service<Shop>()("@farmops/core/farm/Shop", { make }) {
  /** Needs the tables of `ledgerMigrations`. */
  static readonly layer: Layer.Layer<Shop, never, LedgerSettings | SqlClient.SqlClient | TrackerKey> = Layer.effect(
    this,
    this.make
  ).pipe(Layer.provide(LedgerCommits.layer))
}
