/** Entries of a ledger as achievements see them. */
import type { Achievement, AchievementSet, CompositeStep, Condition } from "../../src/farm/economy/Achievement.ts"
import { type AchievementState, emptyAchievementState } from "../../src/farm/economy/AchievementState.ts"
import { foldAchievements } from "../../src/farm/economy/foldAchievements.ts"
import { emptyHoldings, type Holdings } from "../../src/farm/economy/Holdings.ts"
import type { AchievementEntry, PaidWork } from "../../src/farm/economy/PaidWork.ts"
import { after } from "./purchases.ts"

export const setOf = (conditions: Readonly<Record<string, Condition>>): AchievementSet => ({
  format: "farmops/achievements/1",
  version: 1,
  achievements: Object.entries(conditions).map(
    ([slug, condition]): Achievement => ({ slug, name: slug, description: "For a test.", condition })
  )
})

export const anyWork = { plugins: null, category: null, action_type: null }

export const step = (by: CompositeStep["by"], kind: Partial<CompositeStep>): CompositeStep => ({
  ...anyWork,
  ...kind,
  by
})

/** Work at so many minutes after noon of 2026-11-16. */
export const workAt = (minutes: number, work: Partial<PaidWork> = {}): PaidWork => {
  const at = work.at ?? after(60 * minutes)
  return {
    at,
    farm_day: at.slice(0, 10),
    board: "human",
    plugin: "farmops/test",
    category: "toil",
    action_type: "fix",
    coins: 10,
    streak_days: 1,
    ...work
  }
}

/** A ledger in which each entry was taken as soon as it was done, unless it says otherwise. */
export const ledgerOf = (
  works: ReadonlyArray<PaidWork | null>,
  holdings: Holdings = emptyHoldings
): ReadonlyArray<AchievementEntry> =>
  works.map((work, position) => ({ position, at: work?.at ?? after(position), holdings, work }))

export const foldAll = (
  set: AchievementSet,
  entries: Iterable<AchievementEntry>,
  from: AchievementState = emptyAchievementState(set)
): AchievementState => foldAchievements(set, from, entries)

/** The slugs that a ledger of these works earns, in order. */
export const earnedBy = (set: AchievementSet, works: ReadonlyArray<PaidWork>): ReadonlyArray<string> =>
  foldAll(set, ledgerOf(works)).earned.map(({ slug }) => slug)
