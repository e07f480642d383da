/** A {@link LanguageModel} that Ollama serves, as a rule on the owner's own machine. */

import { Effect, Layer, Redacted } from "effect"
import type { ModelQuestion } from "./AskModel.ts"
import { askThroughSdk, loadSdk, notInstalled, type SdkModelOver } from "./askThroughSdk.ts"
import { LanguageModel, type ModelRetries, makeLanguageModel } from "./LanguageModel.ts"
import { ModelWire } from "./ModelWire.ts"
import { type ModelPrice, priceOf } from "./modelPrices.ts"
import { providerUrls } from "./providerUrls.ts"

/** Which model, and where. */
export interface OllamaOptions {
  /** Ollama's name for it, with its tag. */
  readonly model: string
  /** Left out, this machine's. */
  readonly baseUrl?: string
  /** Only for a service that wants one. */
  readonly apiKey?: Redacted.Redacted<string>
  readonly retries?: ModelRetries
  readonly prices?: Readonly<Record<string, ModelPrice>>
}

const ownHardware: ModelPrice = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0 }

/** A model on the owner's machine costs no money; one behind a key costs what its price says, and where there is none, who knows. */
const priceFor = (name: string, options: OllamaOptions): ModelPrice | null =>
  priceOf(name, options.prices) ?? (options.apiKey === undefined ? ownHardware : null)

const contextMin = 4_096
const contextMax = 131_072

/**
 * Room for the question and its answer. Ollama cuts off the beginning of what does not fit, without a word, and the beginning is what
 * the model is to do. Two bytes a token is more than any text needs on average; powers of two keep a loaded model loaded.
 */
export const contextTokens = ({ instructions, maxOutputTokens, messages }: ModelQuestion): number => {
  const bytes = [instructions, ...messages.map(({ content }) => content)].reduce(
    (sum, text) => sum + Buffer.byteLength(text),
    0
  )
  const wanted = Math.ceil(bytes / 2) + maxOutputTokens
  return Math.min(Math.max(2 ** Math.ceil(Math.log2(wanted)), contextMin), contextMax)
}

/** Fails where the SDK's packages are not installed. No request is made. */
export const layer = (options: OllamaOptions) =>
  Layer.effect(
    LanguageModel,
    Effect.gen(function* () {
      const name = `ollama/${options.model}`
      const exchange = yield* ModelWire
      const sdk = yield* loadSdk(name)
      const { createOllama } = yield* Effect.tryPromise({
        try: () => import("ai-sdk-ollama"),
        catch: () => notInstalled(name)
      })
      const modelOver: SdkModelOver = (fetch, question) =>
        createOllama({
          baseURL: options.baseUrl ?? providerUrls.ollama,
          ...(options.apiKey === undefined ? {} : { apiKey: Redacted.value(options.apiKey) }),
          fetch
        })(options.model, {
          structuredOutputs: true,
          // Its own repairs would ask up to four times, and tell nobody what that cost.
          reliableObjectGeneration: false,
          reliableToolCalling: false,
          options: { temperature: 0, num_ctx: contextTokens(question) }
        })
      return makeLanguageModel({
        model: name,
        price: priceFor(name, options),
        ask: (question) => Effect.provideService(askThroughSdk(sdk, name, modelOver, question), ModelWire, exchange),
        ...(options.retries === undefined ? {} : { retries: options.retries })
      })
    })
  )
