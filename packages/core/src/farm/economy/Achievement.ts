/**
 * What can be achieved, as versioned data. A condition is one of a closed list and looks at categories, action types, plugin
 * ids and times only: nothing about the work that a proof does not say already.
 */
import { createHash } from "node:crypto"
import { canonicalJson } from "@farmops/proof/canonicalJson"
import { actionTypes, categories } from "@farmops/proof/vocabulary"
import { Schema } from "effect"
import { ItemDescription, ItemName, itemLevelsMax, Slug, soldKinds } from "./Item.ts"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** Which work; null is any. */
const work = {
  plugins: Schema.NullOr(
    Schema.Array(Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(200))).check(
      Schema.isMinLength(1),
      Schema.isMaxLength(8)
    )
  ),
  category: Schema.NullOr(Schema.Literals(categories)),
  action_type: Schema.NullOr(Schema.Literals(actionTypes))
}

/** Steps of one composite: longer workflows than this are several. */
export const stepsMax = 6

/** One step of a composite. `people`: the work of machines does not do for it. */
export const CompositeStep = Schema.Struct({ ...work, by: Schema.Literals(["people", "anyone"]) })

/** See the schema of the same name. */
export type CompositeStep = typeof CompositeStep.Type

/** When an achievement is earned. All but a composite's steps look at the human board alone. */
export const Condition = Schema.Union([
  /** So many paid proofs. One that fatigue left nothing of is none. */
  Schema.Struct({ kind: Schema.Literal("proofs"), count: between(1, 1_000_000), ...work }),
  /** A streak of so many days. */
  Schema.Struct({ kind: Schema.Literal("streak"), days: between(1, 10_000) }),
  /** So many farm-days with paid work, in a row or not. */
  Schema.Struct({ kind: Schema.Literal("active_days"), days: between(1, 10_000) }),
  /** The farm's level. */
  Schema.Struct({ kind: Schema.Literal("level"), level: between(2, 1000) }),
  /** So many coins in one farm-day. */
  Schema.Struct({ kind: Schema.Literal("day_coins"), coins: between(1, 1_000_000) }),
  /** Paid work of so many categories in one farm-day. */
  Schema.Struct({ kind: Schema.Literal("day_categories"), count: between(2, categories.length) }),
  /** Owning all of these, each at its level or above. */
  Schema.Struct({
    kind: Schema.Literal("owns"),
    items: Schema.Array(Schema.Struct({ item: Slug, level: between(1, itemLevelsMax) })).check(
      Schema.isMinLength(1),
      Schema.isMaxLength(50)
    )
  }),
  /** Owning so many different items of a kind. */
  Schema.Struct({ kind: Schema.Literal("owns_kind"), item_kind: Schema.Literals(soldKinds), count: between(1, 500) }),
  /** Different proofs, of whatever agents, one for each step, in this order of work and within the window. */
  Schema.Struct({
    kind: Schema.Literal("composite"),
    steps: Schema.Array(CompositeStep).check(Schema.isMinLength(2), Schema.isMaxLength(stepsMax)),
    window_minutes: between(1, 40_320)
  })
])

/** See the schema of the same name. */
export type Condition = typeof Condition.Type

/** One achievement. Once earned it stays earned. */
export const Achievement = Schema.Struct({
  slug: Slug,
  name: ItemName,
  description: ItemDescription,
  condition: Condition
})

/** See the schema of the same name. */
export type Achievement = typeof Achievement.Type

/** Achievements in a set, and composites among them, which remember moments. */
export const achievementsMax = 200

/** See {@link achievementsMax}. */
export const compositesMax = 16

const isComposite = ({ condition }: Achievement): boolean => condition.kind === "composite"

/** All achievements of a farm. Another set is earned by folding the ledger again from its beginning. */
export const AchievementSet = Schema.Struct({
  format: Schema.Literal("farmops/achievements/1"),
  version: between(1, 1_000_000),
  achievements: Schema.Array(Achievement).check(
    Schema.isMaxLength(achievementsMax),
    Schema.makeFilter(
      (all: ReadonlyArray<Achievement>) =>
        all.filter(isComposite).length <= compositesMax || `expected at most ${compositesMax} composites`
    )
  )
})

/** See the schema of the same name. */
export type AchievementSet = typeof AchievementSet.Type

const hashes = new WeakMap<AchievementSet, string>()

/** Lowercase hex SHA-256 of the set's canonical JSON. */
export const achievementsHash = (set: AchievementSet): string => {
  const known = hashes.get(set)
  if (known !== undefined) return known
  const hash = createHash("sha256").update(canonicalJson(set), "utf8").digest("hex")
  hashes.set(set, hash)
  return hash
}
