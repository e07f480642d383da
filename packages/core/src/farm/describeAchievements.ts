/** The farm's achievements as an answer to people and programs. Pure. */
import { ProofHash, ProofTimestamp } from "@farmops/proof/FarmProof"
import { Schema } from "effect"
import { type Achievement, type AchievementSet, achievementsHash } from "./economy/Achievement.ts"
import type { AchievementState } from "./economy/AchievementState.ts"
import { ItemDescription, ItemName, Slug } from "./economy/Item.ts"

const Count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }))

/** One achievement, earned or not. */
export const FarmAchievement = Schema.Struct({
  slug: Slug,
  name: ItemName,
  description: ItemDescription,
  /** The ledger's line with which it was earned, and when: the work's own time, or the event's. */
  earned: Schema.NullOr(Schema.Struct({ position: Count, at: ProofTimestamp })),
  /** How far it is, where that can be counted; null where it is earned or cannot. */
  progress: Schema.NullOr(Schema.Struct({ have: Count, need: Count }))
})

/** See the schema of the same name. */
export type FarmAchievement = typeof FarmAchievement.Type

/** All that can be achieved, in the set's order. */
export const FarmAchievements = Schema.Struct({
  set_version: Count,
  set_hash: ProofHash,
  achievements: Schema.Array(FarmAchievement)
})

/** See the schema of the same name. */
export type FarmAchievements = typeof FarmAchievements.Type

const progressOf = (
  { condition }: Achievement,
  index: number,
  state: AchievementState
): FarmAchievement["progress"] => {
  if (condition.kind === "proofs") return { have: state.counts[index] ?? 0, need: condition.count }
  return condition.kind === "active_days" ? { have: state.active_days, need: condition.days } : null
}

/** What of a set a farm has earned. */
export const describeAchievements = (set: AchievementSet, state: AchievementState): FarmAchievements => {
  const earned = new Map(state.earned.map((one) => [one.slug, one]))
  return {
    set_version: set.version,
    set_hash: achievementsHash(set),
    achievements: set.achievements.map((one, index) => {
      const { description, name, slug } = one
      const { at, position } = earned.get(slug) ?? {}
      const isEarned = at !== undefined && position !== undefined
      return {
        slug,
        name,
        description,
        earned: isEarned ? { position, at } : null,
        progress: isEarned ? null : progressOf(one, index, state)
      }
    })
  }
}
