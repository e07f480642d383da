/** What models cost, as their providers publish it: a dated table. Pure. A model that is not in it has no price, which is not 0. */
import type { ModelUsage } from "./Spent.ts"

/** Millionths of a US dollar for a million tokens: the dollars for a million tokens, a million times. */
export interface ModelPrice {
  readonly input: number
  readonly cacheRead: number
  /** Of the cache that lasts five minutes, which is what the SDK asks for. */
  readonly cacheWrite: number
  readonly output: number
  /** A prompt longer than `tokens` is billed with `times` these prices. */
  readonly long?: { readonly tokens: number; readonly times: number }
}

/** The day on which the prices were read. */
export const pricesDate = "2026-11-22"

const dollars = (input: number, output: number, cacheReadShare = 0.1): ModelPrice => ({
  input: Math.round(input * 1e6),
  cacheRead: Math.round(input * cacheReadShare * 1e6),
  cacheWrite: Math.round(input * 1.25 * 1e6),
  output: Math.round(output * 1e6)
})

/** From the providers' price lists of {@link pricesDate}, by `provider/model`. */
export const modelPrices: Readonly<Record<string, ModelPrice>> = {
  "anthropic/claude-opus-5-5": dollars(4, 20, 0.05),
  "anthropic/claude-opus-5": dollars(5, 25),
  "anthropic/claude-opus-4-8": dollars(5, 25),
  "anthropic/claude-opus-4-7": dollars(5, 25),
  "anthropic/claude-opus-4-6": dollars(5, 25),
  "anthropic/claude-opus-4-5": dollars(5, 25),
  "anthropic/claude-opus-4-1": dollars(15, 75),
  "anthropic/claude-sonnet-5-5": dollars(2, 10, 0.05),
  "anthropic/claude-sonnet-5": dollars(2, 10),
  "anthropic/claude-sonnet-4-6": dollars(3, 15),
  "anthropic/claude-sonnet-4-5": dollars(3, 15),
  "anthropic/claude-haiku-5-5": { ...dollars(0.1, 0.5), long: { tokens: 100_000, times: 5 } },
  "anthropic/claude-haiku-4-5": dollars(1, 5)
}

// A dated release costs what its model costs.
const undated = (model: string): string => model.replace(/-20\d{6}$/, "")

/** The price of a model, or null. `prices` stand before the table: an owner's own agreement, or a newer list. */
export const priceOf = (model: string, prices: Readonly<Record<string, ModelPrice>> = {}): ModelPrice | null => {
  for (const table of [prices, modelPrices]) {
    for (const name of [model, undated(model)]) {
      if (Object.hasOwn(table, name)) return table[name] ?? null
    }
  }
  return null
}

/** The price of tokens, rounded up to a whole millionth of a dollar; null without a price. */
export const costMicroUsd = (usage: ModelUsage, price: ModelPrice | null): number | null => {
  if (price === null) return null
  const prompt = usage.input + usage.cacheRead + usage.cacheWrite
  const times = price.long !== undefined && prompt > price.long.tokens ? price.long.times : 1
  const millionths =
    usage.input * price.input +
    usage.cacheRead * price.cacheRead +
    usage.cacheWrite * price.cacheWrite +
    usage.output * price.output
  return Math.ceil((times * millionths) / 1e6)
}
