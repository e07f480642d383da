/**
 * What a farm's purchases multiply work by. A purchase works once it can be given back no more: so nobody can buy an upgrade,
 * hand in the day's work and take the coins back. Only sums are taken, so the order of purchases is of no matter.
 */
import type { Category } from "@farmops/proof/vocabulary"
import type { Rules } from "../../scoring/Rules.ts"
import { type Holdings, settlesAt } from "./Holdings.ts"

/** Thousandths, each from a time on. */
type Steps = ReadonlyArray<{ readonly from: string; readonly thousandths: number }>

// Holdings change with a purchase, and are asked about with every proof.
const known = new WeakMap<Holdings, Map<Category, Steps>>()

const stepsOf = (holdings: Holdings, category: Category): Steps => {
  const ofHoldings = known.get(holdings) ?? new Map<Category, Steps>()
  known.set(holdings, ofHoldings)
  const found = ofHoldings.get(category)
  if (found !== undefined) return found
  const steps = holdings.purchases.flatMap(({ at, effects }) =>
    effects.flatMap((effect) =>
      effect.kind === "multiply" && (effect.category === category || effect.category === "all")
        ? [{ from: settlesAt(at), thousandths: effect.thousandths }]
        : []
    )
  )
  ofHoldings.set(category, steps)
  return steps
}

/** The factor, in thousandths, for work that the ledger takes at `at`: from 1000 to what the rules allow. */
export const upgradeOf = (holdings: Holdings, category: Category, rules: Rules, at: string): number => {
  const added = stepsOf(holdings, category).reduce((sum, { from, thousandths }) => {
    return from <= at ? sum + thousandths : sum
  }, 0)
  return Math.min(1000 + added, rules.upgrade_max)
}
