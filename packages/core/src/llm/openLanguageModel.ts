/** From a model's name to a {@link LanguageModel}: the one place that knows which layer is whose. */
import { Effect, Layer, type Redacted } from "effect"
import * as AnthropicModel from "./AnthropicModel.ts"
import { LanguageModel, type ModelRetries } from "./LanguageModel.ts"
import { ModelUnavailable } from "./ModelError.ts"
import { type ModelName, showModelName } from "./modelName.ts"
import type { ModelPrice } from "./modelPrices.ts"
import * as OllamaModel from "./OllamaModel.ts"
import { nothingSpent } from "./Spent.ts"

/** What there is to reach a provider with; what is left out is the provider's default. */
export interface ProviderAccess {
  readonly apiKey?: Redacted.Redacted<string>
  readonly baseUrl?: string
}

/** For each provider, and for all. */
export interface ModelAccess {
  readonly anthropic?: ProviderAccess
  readonly ollama?: ProviderAccess
  readonly retries?: ModelRetries
  readonly prices?: Readonly<Record<string, ModelPrice>>
}

const withoutKey = (name: ModelName) =>
  new ModelUnavailable({
    model: showModelName(name),
    reason: "unauthorized",
    status: null,
    detail: "none was given",
    spent: nothingSpent
  })

/** The layer of one model. Fails where a key or a package is missing; no request is made. */
export const layerModel = (name: ModelName, access: ModelAccess): Layer.Layer<LanguageModel, ModelUnavailable> => {
  const { anthropic, ollama, ...common } = access
  if (name.provider === "ollama") return OllamaModel.layer({ model: name.model, ...ollama, ...common })
  const { apiKey, ...where } = anthropic ?? {}
  return apiKey === undefined
    ? Layer.effect(LanguageModel, Effect.fail(withoutKey(name)))
    : AnthropicModel.layer({ model: name.model, apiKey, ...where, ...common })
}

/** The same as a value, for who asks several models by name. */
export const openLanguageModel = (name: ModelName, access: ModelAccess) =>
  LanguageModel.pipe(Effect.provide(layerModel(name, access)))
