/** What asking a model costs, in tokens and in millionths of a US dollar. Whole numbers, so that a sum is exact. */
import { Schema } from "effect"

const Tokens = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

/** Tokens as they are billed. `input` is what was read anew; the cache's shares stand beside it. */
export const ModelUsage = Schema.Struct({
  input: Tokens,
  cacheRead: Tokens,
  cacheWrite: Tokens,
  /** Thinking included. */
  output: Tokens
})

/** See the schema of the same name. */
export type ModelUsage = typeof ModelUsage.Type

/** Tokens, and what they cost: null, and never 0, where the price is not known. */
export const Spent = Schema.Struct({ usage: ModelUsage, costMicroUsd: Schema.NullOr(Schema.Int) })

/** See the schema of the same name. */
export type Spent = typeof Spent.Type

/** Before the first answer. */
export const nothingSpent: Spent = { usage: { input: 0, cacheRead: 0, cacheWrite: 0, output: 0 }, costMicroUsd: 0 }

/** Both together. What is unknown stays unknown. */
export const addSpent = (one: Spent, other: Spent): Spent => ({
  usage: {
    input: one.usage.input + other.usage.input,
    cacheRead: one.usage.cacheRead + other.usage.cacheRead,
    cacheWrite: one.usage.cacheWrite + other.usage.cacheWrite,
    output: one.usage.output + other.usage.output
  },
  costMicroUsd: one.costMicroUsd === null || other.costMicroUsd === null ? null : one.costMicroUsd + other.costMicroUsd
})

/** All tokens that the model read, from a cache or not. */
export const inputTokens = ({ usage }: Spent): number => usage.input + usage.cacheRead + usage.cacheWrite
