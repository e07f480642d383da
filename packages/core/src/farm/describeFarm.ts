/** The farm of a moment, from the sums of its ledger. Pure: streak and today's coins depend on what day it is. */
import { categories } from "@farmops/proof/vocabulary"
import { dayOf, streakOn } from "../scoring/boardDays.ts"
import { dayNumberOf, dayOfNumber } from "../scoring/farmDay.ts"
import { farmDayIn, timeZoneAt } from "../scoring/LedgerCalendar.ts"
import { coinsForLevel, levelOf } from "../scoring/level.ts"
import { rulesHash } from "../scoring/Rules.ts"
import { balanceOf } from "./economy/Holdings.ts"
import type { CategorySum } from "./FarmProjection.ts"
import type { CategoryTotals, FarmState } from "./FarmState.ts"
import type { FarmTotals } from "./FarmTotals.ts"
import type { LedgerSettings } from "./LedgerSettings.ts"

/** All that a farm's picture depends on. */
export interface FarmFacts {
  readonly totals: FarmTotals
  readonly categories: ReadonlyArray<CategorySum>
  readonly settings: Pick<LedgerSettings["Service"], "farmName" | "sample">
  /** In the wire's spelling. */
  readonly now: string
}

const categoryTotals = (sums: ReadonlyArray<CategorySum>): ReadonlyArray<CategoryTotals> =>
  categories.map((category) => {
    const sum = sums.find((one) => one.board === "human" && one.category === category)
    return {
      category,
      total_proofs: sum?.proofs ?? 0,
      total_coins: sum?.coins ?? 0,
      last_proof_at: sum?.lastProofAt ?? null
    }
  })

/** The day number of the farm-day of `now`, or that of the newest work where a clock runs ahead of ours. */
export const todayOf = ({ calendar, scoring }: Pick<FarmTotals, "calendar" | "scoring">, now: string): number =>
  Math.max(dayNumberOf(farmDayIn(calendar, now)), scoring.human.days.at(-1)?.day ?? 0)

/** See {@link FarmState}. */
export const describeFarm = ({ categories: sums, now, settings, totals }: FarmFacts): FarmState => {
  const { calendar, rules } = totals
  const { human } = totals.scoring
  const today = todayOf(totals, now)
  const streak = streakOn(human, today, rules, calendar.changes)
  const level = levelOf(totals.humanCoins)
  return {
    name: settings.farmName,
    total_coins: totals.humanCoins,
    ...balanceOf(totals.humanCoins, totals.holdings),
    level,
    level_progress: {
      have: totals.humanCoins - coinsForLevel(level),
      need: coinsForLevel(level + 1) - coinsForLevel(level)
    },
    streak_days: streak.days,
    freezes: streak.freezes,
    last_active: totals.lastActive,
    farm_day: dayOfNumber(today),
    today_coins: dayOf(human, today).coins,
    ceiling: rules.daily_ceiling ?? 0,
    bot_coins: totals.botCoins,
    proofs: totals.length,
    categories: categoryTotals(sums),
    sample: settings.sample,
    time_zone: timeZoneAt(calendar, now),
    ruleset_hash: rulesHash(rules),
    updated_at: totals.updatedAt
  }
}
