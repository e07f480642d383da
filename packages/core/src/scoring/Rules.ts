/** How much work is worth, as data. A farm's owner may change it; its hash says under which rules coins were earned. */

import { createHash } from "node:crypto"
import { canonicalJson } from "@farmops/proof/canonicalJson"
import { categories } from "@farmops/proof/vocabulary"
import { Schema } from "effect"
import { weekdays } from "./farmDay.ts"

/** The least and the most that each number of the rules may be. */
export const ruleLimits = {
  // 10,000 coins or a factor of 10 is far beyond any sensible rule and keeps every product exact.
  coins: { minimum: 0, maximum: 10_000 },
  thousandths: { minimum: 0, maximum: 10_000 },
  upgradeMax: { minimum: 1000, maximum: 10_000 },
  fatigueFree: { minimum: 1, maximum: 1000 },
  dailyCeiling: { minimum: 0, maximum: 1_000_000 },
  freezeEveryDays: { minimum: 1, maximum: 1000 },
  freezesMax: { minimum: 0, maximum: 100 }
} as const

const between = (limits: { readonly minimum: number; readonly maximum: number }) =>
  Schema.Int.check(Schema.isBetween(limits))

const Thousandths = between(ruleLimits.thousandths)

const Complexity = Schema.Struct({ low: Thousandths, medium: Thousandths, high: Thousandths })

const neverLessForMore = ({ high, low, medium }: typeof Complexity.Type) =>
  (low <= medium && medium <= high) || "low ≤ medium ≤ high"

/** The rules of scoring. Factors and bonuses are thousandths: 1250 is × 1.25. A bonus of 0 or a null switches its factor off. */
export const Rules = Schema.Struct({
  format: Schema.Literal("farmops/rules/1"),
  /** What a proof of the category is worth before any factor. */
  base_coins: Schema.Record(Schema.Literals(categories), between(ruleLimits.coins)),
  /** Harder work never pays less. */
  complexity: Complexity.check(Schema.makeFilter(neverLessForMore)),
  /** Added in full at an impact radius of 10, not at all at 1. */
  impact_bonus: Thousandths,
  /** Added in full from the seventh day of a streak, not at all on the first. */
  streak_bonus: Thousandths,
  /** The most that a farm's upgrades may multiply by, all together. */
  upgrade_max: between(ruleLimits.upgradeMax),
  /** So many proofs of one actor, plugin and action type count in full in a farm-day; each further one half of the one before. */
  fatigue_free: Schema.NullOr(between(ruleLimits.fatigueFree)),
  /** The most coins that one board may earn in one farm-day. */
  daily_ceiling: Schema.NullOr(between(ruleLimits.dailyCeiling)),
  /** Days without work that cost nothing. Work on them earns, but neither breaks nor extends a streak. */
  rest_days: Schema.Array(Schema.Literals(weekdays)).check(Schema.isUnique()),
  /** A freeze is earned with every so many active days; each saves the streak from one missed day, by itself. */
  freeze_every_days: Schema.NullOr(between(ruleLimits.freezeEveryDays)),
  freezes_max: between(ruleLimits.freezesMax)
})

/** See the schema of the same name. */
export type Rules = typeof Rules.Type

/** The rules that a new farm has until its owner changes them. */
export const defaultRules: Rules = {
  format: "farmops/rules/1",
  base_coins: { maintenance: 10, toil: 15, reliability: 20, security: 25, incident: 30, upgrade: 20 },
  complexity: { low: 1000, medium: 1250, high: 1500 },
  impact_bonus: 1000,
  streak_bonus: 500,
  upgrade_max: 1500,
  fatigue_free: 4,
  daily_ceiling: 600,
  rest_days: ["saturday", "sunday"],
  freeze_every_days: 7,
  freezes_max: 2
}

/** By which a ledger pays that does not say so: those of before ledgers did. Fixed for ever, whatever the defaults become. */
export const unsaidRules: Rules = {
  format: "farmops/rules/1",
  base_coins: { maintenance: 10, toil: 15, reliability: 20, security: 25, incident: 30, upgrade: 20 },
  complexity: { low: 1000, medium: 1250, high: 1500 },
  impact_bonus: 1000,
  streak_bonus: 500,
  upgrade_max: 1500,
  fatigue_free: 4,
  daily_ceiling: 600,
  rest_days: ["saturday", "sunday"],
  freeze_every_days: 7,
  freezes_max: 2
}

const hashes = new WeakMap<Rules, string>()

/** Lowercase hex SHA-256 of the rules' canonical JSON: two farms with one hash score alike. */
export const rulesHash = (rules: Rules): string => {
  const known = hashes.get(rules)
  if (known !== undefined) return known
  const hash = createHash("sha256").update(canonicalJson(rules), "utf8").digest("hex")
  hashes.set(rules, hash)
  return hash
}
