/** Folds achievements a page at a time, beginning anew where the state is not of this set. */
import { type AchievementSet, achievementsHash } from "./Achievement.ts"
import { type AchievementState, emptyAchievementState } from "./AchievementState.ts"
import { foldAchievements } from "./foldAchievements.ts"
import type { AchievementEntry } from "./PaidWork.ts"

/** Whether a state goes on under this set. */
export const isOfSet = (state: AchievementState | null, set: AchievementSet): state is AchievementState =>
  state?.set_hash === achievementsHash(set)

/** The state after a page of the ledger; no lines leave it as it is. */
export const achievementsAfter = (
  set: AchievementSet,
  state: AchievementState | null,
  entries: ReadonlyArray<AchievementEntry>
): AchievementState | null => {
  if (entries.length === 0) return state
  return foldAchievements(set, isOfSet(state, set) ? state : emptyAchievementState(set), entries)
}
