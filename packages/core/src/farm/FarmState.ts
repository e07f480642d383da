/** What a farm shows of itself today: sums over its ledger and nothing about the work but its category. */
import { ProofTimestamp } from "@farmops/proof/FarmProof"
import { categories } from "@farmops/proof/vocabulary"
import { Schema } from "effect"

const Count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }))

/** One category of the human board. `total_proofs` counts all of its proofs, paid or not. */
export const CategoryTotals = Schema.Struct({
  category: Schema.Literals(categories),
  total_proofs: Count,
  total_coins: Count,
  /** The newest work, by its own time. */
  last_proof_at: Schema.NullOr(ProofTimestamp)
})

/** See the schema of the same name. */
export type CategoryTotals = typeof CategoryTotals.Type

/** The farm as its page, its terminal picture and its API show it. Coins are the human board's; `bot_coins` stand apart. */
export const FarmState = Schema.Struct({
  name: Schema.String,
  total_coins: Count,
  /** What is left to spend. */
  current_coins: Count,
  /** Coins that were spent and then taken back with their proofs: they are earned back before anything can be bought. */
  debt: Count,
  level: Count,
  /** Coins gained within the level, of those that the level takes. */
  level_progress: Schema.Struct({ have: Count, need: Count }),
  /** As it stands on `farm_day`, whether or not anything was done yet that day. */
  streak_days: Count,
  freezes: Count,
  /** The time of the newest work on the human board. */
  last_active: Schema.NullOr(ProofTimestamp),
  /** Today. */
  farm_day: Schema.String,
  today_coins: Count,
  /** The most coins that a farm-day may bring; 0 where the rules set no ceiling. */
  ceiling: Count,
  bot_coins: Count,
  /** The length of the ledger: every accepted proof of every agent. */
  proofs: Count,
  /** Always all categories, in the vocabulary's order. */
  categories: Schema.Array(CategoryTotals),
  /** True for a farm that was grown from a made-up repository. */
  sample: Schema.Boolean,
  /** In which that day began. */
  time_zone: Schema.String,
  ruleset_hash: Schema.String,
  /** When the ledger last grew; when the farm was founded, while it is empty. */
  updated_at: ProofTimestamp
})

/** See the schema of the same name. */
export type FarmState = typeof FarmState.Type
