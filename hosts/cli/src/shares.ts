/** Shares and costs as people read them. */

/** `0.873`; `-` where there is nothing to have a share of. */
export const share = (value: number | null): string => (value === null ? "-" : value.toFixed(3))

/** `87 %`; `-` where there is nothing to have a share of. */
export const percent = (value: number | null): string => (value === null ? "-" : `${Math.round(value * 100)} %`)

/** Tokens and dollars of the models that were asked. */
export const costLine = (cost: {
  readonly calls: number
  readonly input_tokens: number
  readonly output_tokens: number
  readonly micro_usd: number | null
}): string =>
  cost.calls === 0
    ? "no model was asked"
    : `${cost.calls} answers of a model, ${cost.input_tokens + cost.output_tokens} tokens, ${
        cost.micro_usd === null ? "price unknown" : `$${(cost.micro_usd / 1_000_000).toFixed(4)}`
      }`
