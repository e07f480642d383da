/** What decisions cost together. Pure. */
import type { Decision } from "../protocol/Decision.ts"

/** Tokens and millionths of a US dollar. */
export interface Cost {
  readonly calls: number
  readonly input_tokens: number
  readonly output_tokens: number
  /** Null, and never 0, where a price is not known. */
  readonly micro_usd: number | null
}

/** The sum over those that asked a model. */
export const costOf = (decisions: ReadonlyArray<Decision | null>): Cost => {
  const usages = decisions.flatMap((decision) => (decision?.usage === undefined ? [] : [decision.usage]))
  const prices = usages.map(({ cost_micro_usd }) => cost_micro_usd)
  return {
    calls: usages.length,
    input_tokens: usages.reduce((sum, { input_tokens }) => sum + input_tokens, 0),
    output_tokens: usages.reduce((sum, { output_tokens }) => sum + output_tokens, 0),
    micro_usd: prices.includes(null) ? null : prices.reduce<number>((sum, price) => sum + (price ?? 0), 0)
  }
}
