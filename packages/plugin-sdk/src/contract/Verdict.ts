/** What a plugin says of itself and of an observation, in the contract's words and within its bounds. */
import { actionTypes, actorTypes, categories, complexities } from "@farmops/proof/vocabulary"
import { Schema } from "effect"

// The words an author needs to name a verdict's fields, without an import of the package that holds keys.
export type { ActionType, ActorType, Category, Complexity } from "@farmops/proof/vocabulary"

const text = (max: number) => Schema.String.check(Schema.isMaxLength(max))

// A list longer than this is not a list that a person has read.
const listMax = 256
const list = <S extends Schema.Top>(item: S) => Schema.Array(item).check(Schema.isMaxLength(listMax))

/** The most bytes of evidence. It is hashed and kept nowhere, so it only has to fit a message. */
export const evidenceBytesMax = 1024 * 1024

/** What a verified observation says about the work. `subcategory` and `actor_type` are null where the plugin gave none. */
export const VerifiedVerdict = Schema.Struct({
  verdict: Schema.Literal("verified"),
  reason: text(2048),
  action_type: Schema.Literals(actionTypes),
  category: Schema.Literals(categories),
  subcategory: Schema.NullOr(text(64)),
  description: Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(512)),
  scoring_hints: Schema.Struct({
    complexity: Schema.Literals(complexities),
    impact_radius: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10 })),
    artifacts_touched: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 ** 31 - 1 })),
    time_spent_seconds: Schema.NullOr(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 2 ** 40 })))
  }),
  evidence: Schema.Uint8Array.check(
    Schema.makeFilter((bytes: Uint8Array) => bytes.length <= evidenceBytesMax || "is larger than 1 MiB")
  ),
  actor_type: Schema.NullOr(Schema.Literals(actorTypes))
})
export type VerifiedVerdict = typeof VerifiedVerdict.Type

/** No proof: either the work is not what it claims (`rejected`) or there is not enough to tell (`inconclusive`). */
export const UnverifiedVerdict = Schema.Struct({
  verdict: Schema.Literals(["rejected", "inconclusive"]),
  reason: text(2048)
})
export type UnverifiedVerdict = typeof UnverifiedVerdict.Type

/** Either of the two. */
export const Verdict = Schema.Union([VerifiedVerdict, UnverifiedVerdict])
export type Verdict = VerifiedVerdict | UnverifiedVerdict

/** What a plugin says of itself. */
export const PluginDescription = Schema.Struct({
  plugin_id: Schema.String.check(Schema.isPattern(/^[a-z0-9][a-z0-9-]*\/[a-z0-9][a-z0-9-]*$/), Schema.isMaxLength(128)),
  version: Schema.String.check(Schema.isPattern(/^\d+\.\d+\.\d+([-+].+)?$/), Schema.isMaxLength(64)),
  description: text(1024),
  /** Every category that a verdict may have. */
  categories: list(Schema.Literals(categories)),
  source_types: list(text(64)),
  /** Every description is one of these with each `{slot}` filled by a whole number. Empty: the plugin publishes none. */
  description_templates: list(text(512)),
  /** Every subcategory that a verdict may have. */
  subcategories: list(text(64))
})
export type PluginDescription = typeof PluginDescription.Type
