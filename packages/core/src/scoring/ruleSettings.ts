/** What each setting of the rules is, in words: for tables, complaints and the difference of two sets of rules. */
import { categories, complexities } from "@farmops/proof/vocabulary"
import { weekdays } from "./farmDay.ts"
import { type Rules, ruleLimits, rulesHash } from "./Rules.ts"

/** One setting. */
export interface RuleSetting {
  readonly path: ReadonlyArray<string>
  readonly means: string
  /** What may be written, as the end of "expected …". */
  readonly expected: string
  /** Whether `null` switches it off. */
  readonly canBeOff: boolean
  readonly read: (rules: Rules) => unknown
  /** A value as people read it. */
  readonly show: (rules: Rules) => string
}

type Limits = (typeof ruleLimits)[keyof typeof ruleLimits]

const factor = (thousandths: number): string => `× ${(thousandths / 1000).toFixed(3).replace(/0{1,2}$/, "")}`

const wholeNumber = ({ maximum, minimum }: Limits) => `a whole number from ${minimum} to ${maximum}`

const setting = (
  path: ReadonlyArray<string>,
  limits: Limits,
  means: string,
  read: (rules: Rules) => number | null,
  show: (value: number) => string = String
): RuleSetting => {
  const canBeOff = path.length === 1 && ["fatigue_free", "daily_ceiling", "freeze_every_days"].includes(path[0] ?? "")
  return {
    path,
    means,
    expected: canBeOff ? `${wholeNumber(limits)}, or off` : wholeNumber(limits),
    canBeOff,
    read,
    show: (rules) => {
      const value = read(rules)
      return value === null ? "off" : show(value)
    }
  }
}

const { coins, dailyCeiling, fatigueFree, freezeEveryDays, freezesMax, thousandths, upgradeMax } = ruleLimits

const restDays: RuleSetting = {
  path: ["rest_days"],
  means: "days on which a streak rests: without work they do not break it",
  expected: `a list of different weekdays: ${weekdays.join(", ")}`,
  canBeOff: false,
  read: (rules) => rules.rest_days,
  show: (rules) => (rules.rest_days.length === 0 ? "none" : rules.rest_days.join(", "))
}

/** Every setting but `format`, in the order of {@link Rules}. */
export const ruleSettings: ReadonlyArray<RuleSetting> = [
  ...categories.map((category) =>
    setting(
      ["base_coins", category],
      coins,
      `coins for ${category} before any factor`,
      (rules) => rules.base_coins[category]
    )
  ),
  ...complexities.map((complexity) =>
    setting(
      ["complexity", complexity],
      thousandths,
      `for work of ${complexity} complexity`,
      (rules) => rules.complexity[complexity],
      factor
    )
  ),
  setting(
    ["impact_bonus"],
    thousandths,
    "at an impact radius of 10; at 1 it is × 1.0",
    (rules) => rules.impact_bonus,
    (bonus) => `up to ${factor(1000 + bonus)}`
  ),
  setting(
    ["streak_bonus"],
    thousandths,
    "from the seventh day of a streak; on the first it is × 1.0",
    (rules) => rules.streak_bonus,
    (bonus) => `up to ${factor(1000 + bonus)}`
  ),
  setting(
    ["upgrade_max"],
    upgradeMax,
    "for all upgrades of the farm together",
    (rules) => rules.upgrade_max,
    (most) => `up to ${factor(most)}`
  ),
  setting(
    ["fatigue_free"],
    fatigueFree,
    "proofs of one actor, plugin and action that pay in full in a day; each further one half",
    (rules) => rules.fatigue_free
  ),
  setting(["daily_ceiling"], dailyCeiling, "coins that a board may earn in a day", (rules) => rules.daily_ceiling),
  restDays,
  setting(
    ["freeze_every_days"],
    freezeEveryDays,
    "active days that earn a freeze, which saves the streak from one missed day",
    (rules) => rules.freeze_every_days
  ),
  setting(["freezes_max"], freezesMax, "freezes that are held at once", (rules) => rules.freezes_max)
]

const pad = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join("  ")
        .trimEnd()
    )
    .join("\n")
}

/** The rules as a table in plain text, with their hash in the last line. */
export const describeRules = (rules: Rules): string => {
  const rows = ruleSettings.map(({ means, path, show }) => [path.join("."), show(rules), means])
  return `${pad([["setting", "value", "meaning"], ...rows])}\n\nhash ${rulesHash(rules)}`
}

/** A setting that two sets of rules have differently. */
export interface RuleDifference {
  readonly path: string
  readonly before: string
  readonly after: string
}

/** What a change of rules changes; empty for rules of one hash. */
export const diffRules = (before: Rules, after: Rules): ReadonlyArray<RuleDifference> =>
  ruleSettings
    .filter(({ read }) => JSON.stringify(read(before)) !== JSON.stringify(read(after)))
    .map(({ path, show }) => ({ path: path.join("."), before: show(before), after: show(after) }))
