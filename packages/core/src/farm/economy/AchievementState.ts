/**
 * What the fold over achievements remembers: plain integers and strings, to be stored as JSON beside the ledger. Bounded:
 * {@link daysKept} farm-days, one count for each achievement, {@link momentsMax} moments for each step of a composite that
 * is not earned yet, and each achievement earned once.
 */
import { ProofTimestamp } from "@farmops/proof/FarmProof"
import { Schema } from "effect"
import { type AchievementSet, achievementsHash } from "./Achievement.ts"
import { Slug } from "./Item.ts"

/** Farm-days that are summed up, counted back from the newest: work that arrives later than this is no part of a day. */
export const daysKept = 64

/** Moments that are remembered for one step, the newest by their own time: agents deliver in any order. */
export const momentsMax = 32

const Count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }))

/** An achievement, the ledger's position with which it was earned, and when: the work's own time, or the event's. */
export const Earned = Schema.Struct({ slug: Slug, position: Count, at: ProofTimestamp })

/** See the schema of the same name. */
export type Earned = typeof Earned.Type

/** The fold's state under one set of achievements. */
export const AchievementState = Schema.Struct({
  format: Schema.Literal("farmops/achievement-state/1"),
  /** The set that it was folded under; under another the ledger is folded again. */
  set_hash: Schema.String,
  /** Of the human board. */
  coins: Count,
  /** Farm-days with paid work, those that are no longer kept included. */
  active_days: Count,
  /** Kept days in order; `categories` has one bit for each of the vocabulary. */
  days: Schema.Array(Schema.Struct({ day: Schema.Int, coins: Count, categories: Count })),
  /** How many proofs each achievement of the set has counted. */
  counts: Schema.Array(Count),
  /** For each achievement of the set and each of its steps: pairs of a time in seconds and a position, in order. */
  moments: Schema.Array(Schema.Array(Schema.Array(Schema.Int))),
  /** In the order in which they were earned. */
  earned: Schema.Array(Earned)
})

/** See the schema of the same name. */
export type AchievementState = typeof AchievementState.Type

/** Before the first entry of the ledger. */
export const emptyAchievementState = (set: AchievementSet): AchievementState => ({
  format: "farmops/achievement-state/1",
  set_hash: achievementsHash(set),
  coins: 0,
  active_days: 0,
  days: [],
  counts: set.achievements.map(() => 0),
  moments: set.achievements.map(({ condition }) =>
    condition.kind === "composite" ? condition.steps.map(() => []) : []
  ),
  earned: []
})
