/** How a model is named: `provider/model`, or a short name that stands for the provider's newest of a kind. Pure. */

/** The providers that there are layers for. */
export const modelProviders = ["anthropic", "ollama"] as const

/** See the list of the same name. */
export type ModelProvider = (typeof modelProviders)[number]

/** A model of a provider, under the provider's own name for it. */
export interface ModelName {
  readonly provider: ModelProvider
  readonly model: string
}

/** Short names, as skills use them; each is one of the price table. */
export const modelAliases: Readonly<Record<string, string>> = {
  opus: "anthropic/claude-opus-5-5",
  sonnet: "anthropic/claude-sonnet-5-5",
  haiku: "anthropic/claude-haiku-5-5"
}

const isProvider = (text: string): text is ModelProvider => modelProviders.some((name) => name === text)

/** Reads `opus`, `anthropic/claude-sonnet-4-6` or `ollama/llama3.2:3b`; null for anything else. */
export const parseModelName = (text: string): ModelName | null => {
  const full = Object.hasOwn(modelAliases, text) ? (modelAliases[text] ?? text) : text
  const [, provider = "", model = ""] = /^([a-z]+)\/([A-Za-z0-9][A-Za-z0-9._:/-]{0,127})$/.exec(full) ?? []
  return isProvider(provider) ? { provider, model } : null
}

/** The long form, which {@link parseModelName} reads. */
export const showModelName = ({ model, provider }: ModelName): string => `${provider}/${model}`

/** The model that a `provider` and a `model` of a configuration mean together; a short name is the provider's own. */
export const modelNameOf = (provider: string, model: string): ModelName | null => {
  const short = Object.hasOwn(modelAliases, model) ? parseModelName(model) : null
  return short?.provider === provider ? short : parseModelName(`${provider}/${model}`)
}
