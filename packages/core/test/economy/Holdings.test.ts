import { describe, expect, it } from "@effect/vitest"
import { canonicalJson } from "@farmops/proof/canonicalJson"
import { categories } from "@farmops/proof/vocabulary"
import { Schema } from "effect"
import { applyFact } from "../../src/farm/economy/applyFact.ts"
import { decideRefund } from "../../src/farm/economy/decideRefund.ts"
import { decideUse } from "../../src/farm/economy/decideUse.ts"
import type { EconomyFact } from "../../src/farm/economy/EconomyFact.ts"
import { balanceOf, closedMax, emptyHoldings, Holdings, roomOf } from "../../src/farm/economy/Holdings.ts"
import { upgradeOf } from "../../src/farm/economy/upgradeOf.ts"
import { defaultRules } from "../../src/scoring/Rules.ts"
import { after, ask, buyAll, catalogue, noon, purchaseId } from "./purchases.ts"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const slugs = ["shed", "manor", "field", "barn", "hen", "barrel", "snow", "cup", "castle"] as const

/** What somebody tries, at so many seconds after noon. */
const Attempt = Schema.Struct({
  what: Schema.Literals(["buy", "buy", "buy", "refund", "use"]),
  item: Schema.Literals(slugs),
  purchase: between(0, 15),
  seconds: between(0, 900)
})
const Attempts = Schema.Array(Attempt).check(Schema.isMaxLength(40))
const Coins = between(0, 400)

interface Taken {
  readonly fact: EconomyFact
  readonly at: string
}

/** Decides each attempt on what the ones before it left, as the ledger would. */
const live = (attempts: ReadonlyArray<typeof Attempt.Type>, totalCoins: number) => {
  let holdings = emptyHoldings
  let seconds = 0
  const facts: Array<Taken> = []
  const states = [holdings]
  for (const [id, { item, purchase, what, ...attempt }] of attempts.entries()) {
    seconds += attempt.seconds
    const at = after(seconds)
    const known = { holdings, purchaseId: purchaseId(purchase) }
    const decision =
      what === "buy"
        ? ask(item, { holdings, totalCoins, id, farmDay: "2026-12-24" })
        : what === "refund"
          ? decideRefund({ ...known, start: catalogue.start, at })
          : decideUse({ ...known, freezes: 0, rules: defaultRules })
    if (!decision.ok) continue
    facts.push({ fact: decision.fact, at })
    holdings = applyFact(holdings, decision.fact, at)
    states.push(holdings)
  }
  return { holdings, facts, states, at: after(seconds) }
}

const replay = (facts: ReadonlyArray<Taken>, from = emptyHoldings) =>
  facts.reduce((holdings, { at, fact }) => applyFact(holdings, fact, at), from)

const owned = ({ purchases, spent }: Holdings) => ({ purchases, spent })

describe("whatever is bought, given back and used", () => {
  it.prop(
    "never spends a coin that was not earned, nor uses a plot or stall that is not there",
    {
      attempts: Attempts,
      coins: Coins
    },
    ({ attempts, coins }) => {
      for (const holdings of live(attempts, coins).states) {
        expect(holdings.spent).toBeGreaterThanOrEqual(0)
        expect(balanceOf(coins, holdings)).toEqual({ current_coins: coins - holdings.spent, debt: 0 })
        for (const what of ["plots", "stalls"] as const) {
          const { given, used } = roomOf(holdings, catalogue.start, what)
          expect(used).toBeLessThanOrEqual(given)
        }
      }
    }
  )

  it.prop(
    "buying and giving back leaves what is owned and the money as they were",
    {
      attempts: Attempts,
      coins: Coins,
      item: Schema.Literals(slugs)
    },
    ({ attempts, coins, item }) => {
      const { at, holdings } = live(attempts, coins)
      const bought = ask(item, { holdings, totalCoins: coins, id: 99, farmDay: "2026-12-24" })
      if (!bought.ok) return
      const having = applyFact(holdings, bought.fact, at)
      expect(having.spent).toBe(holdings.spent + bought.fact.price)
      const back = decideRefund({ holdings: having, purchaseId: purchaseId(99), start: catalogue.start, at })
      if (!back.ok) throw new Error(`refused: ${back.refusal.code}`)
      expect(owned(applyFact(having, back.fact, at))).toEqual(owned(holdings))
    }
  )

  it.prop(
    "stays within the rules' cap, and below it without a purchase",
    {
      attempts: Attempts,
      coins: Coins,
      upgradeMax: between(1000, 2000)
    },
    ({ attempts, coins, upgradeMax }) => {
      const { holdings } = live(attempts, coins)
      const rules = { ...defaultRules, upgrade_max: upgradeMax }
      for (const category of categories) {
        const factor = upgradeOf(holdings, category, rules, "2027-01-01T00:00:00Z")
        expect(Number.isInteger(factor) && factor >= 1000 && factor <= upgradeMax).toBe(true)
        expect(upgradeOf(emptyHoldings, category, rules, noon)).toBe(1000)
      }
    }
  )

  it.prop(
    "multiplies and gives room alike in whatever order it was bought",
    {
      attempts: Attempts,
      seed: between(0, 1_000_000)
    },
    ({ attempts, seed }) => {
      const { holdings } = live(attempts, 400)
      const shuffled: Holdings = {
        ...holdings,
        purchases: holdings.purchases.toSorted((a, b) => rank(a.purchase_id, seed) - rank(b.purchase_id, seed))
      }
      for (const at of [noon, after(900), after(9000)]) {
        for (const category of categories) {
          expect(upgradeOf(shuffled, category, defaultRules, at)).toBe(upgradeOf(holdings, category, defaultRules, at))
        }
      }
      expect(roomOf(shuffled, catalogue.start, "plots")).toEqual(roomOf(holdings, catalogue.start, "plots"))
    }
  )

  it.prop(
    "is the same to the byte when it is replayed, in pages and through JSON",
    {
      attempts: Attempts,
      cut: between(0, 40)
    },
    ({ attempts, cut }) => {
      const { facts, holdings } = live(attempts, 400)
      const first = replay(facts.slice(0, cut))
      const stored = Schema.decodeUnknownSync(Holdings)(JSON.parse(JSON.stringify(first)))
      expect(canonicalJson(replay(facts.slice(cut), stored))).toBe(canonicalJson(holdings))
    }
  )

  it.prop("a state that was given is never changed", { attempts: Attempts }, ({ attempts }) => {
    const { states } = live(attempts, 400)
    const { facts } = live(attempts, 400)
    expect(states.map((state) => canonicalJson(state))).toEqual(
      [[], ...facts.map((_, at) => facts.slice(0, at + 1))].map((some) => canonicalJson(replay(some)))
    )
  })
})

const rank = (id: string, seed: number): number => (Number.parseInt(id.slice(-6), 16) * 7919 + seed) % 1009

describe("a fact that makes no sense", () => {
  it.for<[string, EconomyFact]>([
    ["a refund of what is not owned", { kind: "item_refunded", purchase_id: purchaseId(7) }],
    ["a use of what is not owned", { kind: "item_used", purchase_id: purchaseId(7) }]
  ])("changes nothing: %s", ([, fact]) => {
    const holdings = buyAll(["shed"])
    expect(applyFact(holdings, fact, noon)).toBe(holdings)
  })

  it("changes nothing: a purchase for the second time, also after it was given back", () => {
    const fact = ask("barn", { id: 0 })
    if (!fact.ok) throw new Error("refused")
    const once = applyFact(emptyHoldings, fact.fact, noon)
    expect(applyFact(once, fact.fact, noon)).toBe(once)
    const back = applyFact(once, { kind: "item_refunded", purchase_id: purchaseId(0) }, noon)
    expect(applyFact(back, fact.fact, noon)).toBe(back)
  })
})

describe("an upgrade", () => {
  it("works from the second on in which it can be given back no more", () => {
    const holdings = buyAll(["shed"])
    const at = (seconds: number) => upgradeOf(holdings, "toil", defaultRules, after(seconds))
    expect([at(0), at(599), at(600), at(1_000_000)]).toEqual([1000, 1000, 1200, 1200])
    expect(upgradeOf(holdings, "security", defaultRules, after(600))).toBe(1000)
  })

  it("adds up over levels, over a category's own and those for all", () => {
    const holdings = buyAll(["shed", "shed", "field", "manor"])
    const factor = (category: "toil" | "upgrade") => upgradeOf(holdings, category, defaultRules, after(600))
    expect([factor("toil"), factor("upgrade")]).toEqual([1500, 1200])
    expect(upgradeOf(holdings, "toil", { ...defaultRules, upgrade_max: 1400 }, after(600))).toBe(1400)
  })
})

describe("what is remembered", () => {
  it("of purchases given back is bounded, and a refund of one forgotten is still refused", () => {
    let holdings = emptyHoldings
    for (let id = 0; id < closedMax + 5; id++) {
      const bought = ask("barn", { holdings, id })
      if (!bought.ok) throw new Error("refused")
      holdings = applyFact(
        applyFact(holdings, bought.fact, noon),
        { kind: "item_refunded", purchase_id: purchaseId(id) },
        noon
      )
    }
    expect(holdings.closed).toHaveLength(closedMax)
    expect(owned(holdings)).toEqual({ purchases: [], spent: 0 })
    const again = (id: number) =>
      decideRefund({ holdings, purchaseId: purchaseId(id), start: catalogue.start, at: noon })
    expect(again(0)).toMatchObject({ refusal: { code: "purchase_unknown" } })
    expect(again(closedMax)).toMatchObject({ refusal: { code: "already_refunded" } })
  })
})

describe("coins", () => {
  it("that a revocation took back leave debt and take nothing that is owned", () => {
    const holdings = buyAll(["shed", "barn"])
    expect(balanceOf(5, holdings)).toEqual({ current_coins: 0, debt: 17 })
    expect(balanceOf(22, holdings)).toEqual({ current_coins: 0, debt: 0 })
    expect(balanceOf(30, holdings)).toEqual({ current_coins: 8, debt: 0 })
  })
})
