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

/** The most bytes that a plugin may have remembered of one subject: a few facts, not an archive. */
export const memoryBytesMax = 64 * 1024

// Null leaves what is remembered as it is; no bytes at all forget the subject.
const remember = Schema.NullOr(
  Schema.Uint8Array.check(
    Schema.makeFilter((bytes: Uint8Array) => bytes.length <= memoryBytesMax || "is larger than 64 KiB")
  )
)

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
  actor_type: Schema.NullOr(Schema.Literals(actorTypes)),
  /** What to remember of the subject: null leaves it as it is, no bytes forget it. */
  remember
})
export type VerifiedVerdict = typeof VerifiedVerdict.Type

/** No proof: either the work is not what it claims (`rejected`) or there is not enough to tell (`inconclusive`). */
export const UnverifiedVerdict = Schema.Struct({
  verdict: Schema.Literals(["rejected", "inconclusive"]),
  reason: text(2048),
  /** As in {@link VerifiedVerdict}: what is no work today may be the first half of it. */
  remember
})
export type UnverifiedVerdict = typeof UnverifiedVerdict.Type

/** Either of the two. */
export const Verdict = Schema.Union([VerifiedVerdict, UnverifiedVerdict])
export type Verdict = VerifiedVerdict | UnverifiedVerdict

/** What a plugin may be able to do beyond the three unary calls. */
export const capabilities = ["session", "memory"] as const
export type Capability = (typeof capabilities)[number]

/** The version of the contract that this package speaks. */
export const protocolVersion = 1

/** A kind of source, and as much of what it says as the plugin needs. */
export const SourceRequirement = Schema.Struct({
  source_type: Schema.String.check(Schema.isPattern(/^[a-z][a-z0-9-]*$/), Schema.isMaxLength(64)),
  /** Words for the operator who grants access. */
  permissions: list(text(64)),
  /** JSON Pointers into `raw_data` in which a segment `*` stands for every element. Empty: all of it. */
  fields: list(Schema.String.check(Schema.isPattern(/^(\/([^~/]|~[01])*)+$/), Schema.isMaxLength(512)))
})
export type SourceRequirement = typeof SourceRequirement.Type

/** Limits that a plugin asks for; null leaves one to the agent, whose own win where they are lower. */
export const WantedLimits = Schema.Struct({
  memory_mib: Schema.NullOr(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65_536 }))),
  call_ms: Schema.NullOr(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 600_000 }))),
  cpu_percent: Schema.NullOr(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 6_400 })))
})
export type WantedLimits = typeof WantedLimits.Type

/** The most bytes of a published configuration schema. */
export const configurationSchemaBytesMax = 256 * 1024

/** What a plugin says of itself. */
export const PluginDescription = Schema.Struct({
  plugin_id: Schema.String.check(Schema.isPattern(/^[a-z0-9][a-z0-9-]*\/[a-z0-9][a-z0-9-]*$/), Schema.isMaxLength(128)),
  version: Schema.String.check(Schema.isPattern(/^\d+\.\d+\.\d+([-+].+)?$/), Schema.isMaxLength(64)),
  description: text(1024),
  /** Every category that a verdict may have. */
  categories: list(Schema.Literals(categories)),
  sources: list(SourceRequirement),
  /** Every description is one of these with each `{slot}` filled by a whole number. Empty: the plugin publishes none. */
  description_templates: list(text(512)),
  /** Every subcategory that a verdict may have. */
  subcategories: list(text(64)),
  /** Versions of the contract; `[1]` where the plugin names none. */
  protocol_versions: list(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1000 }))),
  capabilities: list(Schema.Literals(capabilities)),
  wanted_limits: WantedLimits,
  /** JSON Schema (draft 2020-12) of its configuration; null where it takes none. */
  configuration_schema: Schema.NullOr(Schema.Record(Schema.String, Schema.Unknown))
})
export type PluginDescription = typeof PluginDescription.Type
