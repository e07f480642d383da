/** A person who works on weekdays and buys the cheapest thing that can be had: the measure of the default prices. */
import type { ActionType, Category, Complexity } from "@farmops/proof/vocabulary"
import { applyFact } from "../../src/farm/economy/applyFact.ts"
import type { Catalogue } from "../../src/farm/economy/Catalogue.ts"
import { decidePurchase } from "../../src/farm/economy/decidePurchase.ts"
import { emptyHoldings, type Holdings } from "../../src/farm/economy/Holdings.ts"
import { offersOf } from "../../src/farm/economy/offerOf.ts"
import { upgradeOf } from "../../src/farm/economy/upgradeOf.ts"
import { dayNumberOf, dayOfNumber, weekdayOf } from "../../src/scoring/farmDay.ts"
import { defaultRules } from "../../src/scoring/Rules.ts"
import { emptyScoringState } from "../../src/scoring/ScoringState.ts"
import { scoreProof } from "../../src/scoring/scoreProof.ts"
import { proofOf } from "../scoredWork.ts"
import { purchaseId } from "./purchases.ts"

/** Out of a hundred pieces of work. */
const mix: ReadonlyArray<readonly [Category, ActionType, number]> = [
  ["maintenance", "verify", 45],
  ["toil", "configure", 15],
  ["reliability", "fix", 15],
  ["security", "fix", 8],
  ["incident", "resolve", 5],
  ["upgrade", "upgrade", 12]
]

const seeded = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const pick = (at: number): readonly [Category, ActionType] => {
  let left = at
  for (const [category, action, share] of mix) {
    if (left < share) return [category, action]
    left -= share
  }
  return ["maintenance", "verify"]
}

const complexities: ReadonlyArray<Complexity> = ["low", "low", "low", "medium", "medium", "high"]

export interface Persona {
  readonly proofsADay: number
  /** 0 is Sunday. */
  readonly weekdays: ReadonlyArray<number>
  readonly seed?: number
}

export interface DayOfYear {
  /** From 1. */
  readonly day: number
  readonly worked: boolean
  readonly coins: number
  readonly bought: ReadonlyArray<string>
  /** Items that the farm's level opened on this day. */
  readonly opened: ReadonlyArray<string>
}

export interface Year {
  readonly days: ReadonlyArray<DayOfYear>
  readonly totalCoins: number
  readonly holdings: Holdings
}

/** Consumables are for emergencies and are left alone; of the rest one each is bought, in all of its levels. */
const shopping = (catalogue: Catalogue, totalCoins: number, farmDay: string, at: string, from: Holdings) => {
  let holdings = from
  const bought: Array<string> = []
  for (;;) {
    const offers = offersOf({ catalogue, holdings, totalCoins, farmDay })
    const [cheapest] = offers
      .flatMap(({ item, next, refusal }) =>
        next !== null &&
        refusal === null &&
        item.kind !== "consumable" &&
        (item.levels.length > 1 || !holdings.purchases.some((one) => one.item === item.slug))
          ? [{ slug: item.slug, price: next.price }]
          : []
      )
      .toSorted((a, b) => a.price - b.price)
    if (cheapest === undefined) return { holdings, bought }
    const decision = decidePurchase(
      { catalogue, holdings, totalCoins, farmDay },
      { purchaseId: purchaseId(holdings.purchases.length), item: cheapest.slug, expectedPrice: cheapest.price }
    )
    if (!decision.ok) throw new Error(`refused what was offered: ${decision.refusal.code}`)
    holdings = applyFact(holdings, decision.fact, at)
    bought.push(cheapest.slug)
  }
}

const opening = (catalogue: Catalogue, totalCoins: number, farmDay: string) =>
  new Set(
    offersOf({ catalogue, holdings: emptyHoldings, totalCoins, farmDay })
      .filter(({ refusal }) => refusal === null || refusal.code !== "level_required")
      .map(({ item }) => item.slug)
  )

export const liveYear = (catalogue: Catalogue, persona: Persona, first = "2026-01-05", length = 365): Year => {
  const random = seeded(persona.seed ?? 7)
  let state = emptyScoringState
  let holdings = emptyHoldings
  let totalCoins = 0
  const days: Array<DayOfYear> = []
  for (let day = 1; day <= length; day++) {
    const number = dayNumberOf(first) + day - 1
    const farmDay = dayOfNumber(number)
    const worked = persona.weekdays.includes(weekdayOf(number))
    const before = totalCoins
    for (let proof = 0; worked && proof < persona.proofsADay; proof++) {
      const [category, actionType] = pick(random(100))
      const work = {
        at: `${farmDay}T09:${String(proof).padStart(2, "0")}:00Z`,
        category,
        actionType,
        plugin: `farmops/${category}`,
        complexity: complexities[random(6)] ?? "low",
        // Most changes are small.
        impact: 1 + Math.min(random(10), random(10), random(10))
      }
      const scored = scoreProof({
        proof: proofOf(work),
        state,
        rules: defaultRules,
        timeZone: "UTC",
        upgrade: upgradeOf(holdings, category, defaultRules, work.at)
      })
      state = scored.next
      totalCoins += scored.score.coins
    }
    const openBefore = opening(catalogue, before, farmDay)
    const opened = [...opening(catalogue, totalCoins, farmDay)].filter((slug) => !openBefore.has(slug))
    const shopped = shopping(catalogue, totalCoins, farmDay, `${farmDay}T18:00:00Z`, holdings)
    holdings = shopped.holdings
    days.push({ day, worked, coins: totalCoins - before, bought: shopped.bought, opened })
  }
  return { days, totalCoins, holdings }
}

export const weekdayWorker: Persona = { proofsADay: 8, weekdays: [1, 2, 3, 4, 5] }
