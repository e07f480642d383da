/** A {@link LanguageModel} of Anthropic's, over its Messages API. */

import { Effect, Layer, Redacted } from "effect"
import { askThroughSdk, loadSdk, notInstalled, type SdkModelOver } from "./askThroughSdk.ts"
import { LanguageModel, type ModelRetries, makeLanguageModel } from "./LanguageModel.ts"
import { ModelWire } from "./ModelWire.ts"
import { type ModelPrice, priceOf } from "./modelPrices.ts"
import { providerUrls } from "./providerUrls.ts"

/** Which model, with whose key. */
export interface AnthropicOptions {
  /** Anthropic's own name for it. */
  readonly model: string
  readonly apiKey: Redacted.Redacted<string>
  /** Up to and with `/v1`; left out, Anthropic's own. */
  readonly baseUrl?: string
  readonly retries?: ModelRetries
  /** Before the table of prices; by `provider/model`. */
  readonly prices?: Readonly<Record<string, ModelPrice>>
}

const baseUrlDefault = `${providerUrls.anthropic}/v1`

/** Fails where the SDK's packages are not installed. No request is made. */
export const layer = (options: AnthropicOptions) =>
  Layer.effect(
    LanguageModel,
    Effect.gen(function* () {
      const name = `anthropic/${options.model}`
      const exchange = yield* ModelWire
      const sdk = yield* loadSdk(name)
      const { createAnthropic } = yield* Effect.tryPromise({
        try: () => import("@ai-sdk/anthropic"),
        catch: () => notInstalled(name)
      })
      const modelOver: SdkModelOver = (fetch) =>
        createAnthropic({
          apiKey: Redacted.value(options.apiKey),
          // Always said: a variable of the environment would otherwise send the key somewhere else.
          baseURL: options.baseUrl ?? baseUrlDefault,
          fetch
        })(options.model)
      return makeLanguageModel({
        model: name,
        price: priceOf(name, options.prices),
        ask: (question) => Effect.provideService(askThroughSdk(sdk, name, modelOver, question), ModelWire, exchange),
        ...(options.retries === undefined ? {} : { retries: options.retries })
      })
    })
  )
