/** Asks a model through the AI SDK. Its own retries, parsing and warnings are off: those are ours, and told to the caller. */

import type { OutputInterface, LanguageModel as SdkModel } from "ai"
import { Effect } from "effect"
import type { ModelQuestion, ModelReply } from "./AskModel.ts"
import { ModelOverloaded, ModelUnavailable } from "./ModelError.ts"
import { nothingSpent } from "./Spent.ts"

/** Loaded when a model is first asked for: hosts without one neither need the packages nor wait for them. */
export const loadSdk = Effect.fnUntraced(function* (model: string) {
  const sdk = yield* Effect.tryPromise({ try: () => import("ai"), catch: () => notInstalled(model) })
  // Otherwise it writes to standard error whatever a provider warns of.
  globalThis.AI_SDK_LOG_WARNINGS = false
  return sdk
})

/** For a layer whose provider's package is missing. */
export const notInstalled = (model: string): ModelUnavailable =>
  new ModelUnavailable({ model, reason: "not_installed", status: null, detail: "", spent: nothingSpent })

/** Asks for JSON by a schema and hands over the text as it came. */
const textBySchema = (schema: ModelQuestion["schema"]): OutputInterface<string, never, never> => ({
  name: "object",
  responseFormat: Promise.resolve({ type: "json", schema }),
  parseCompleteOutput: ({ text }) => Promise.resolve(text),
  parsePartialOutput: () => Promise.resolve(undefined),
  createElementStreamTransform: () => undefined
})

// Providers wrap what a fetch throws, some more than once.
const causesMax = 5

const faultOf = (model: string, thrown: unknown): ModelOverloaded | ModelUnavailable => {
  let cause = thrown
  for (let depth = 0; depth < causesMax && cause instanceof Error; depth++) {
    if (cause instanceof ModelOverloaded || cause instanceof ModelUnavailable) return cause
    cause = cause.cause
  }
  // Its message may hold the model's text; its name does not.
  const detail = thrown instanceof Error ? thrown.name : ""
  return new ModelUnavailable({ model, reason: "unexpected", status: null, detail, spent: nothingSpent })
}

const finishes: Readonly<Record<string, ModelReply["finish"]>> = { length: "length", "content-filter": "refused" }

/** One question, one exchange. */
export const askThroughSdk = Effect.fnUntraced(function* (
  sdk: Effect.Success<ReturnType<typeof loadSdk>>,
  name: string,
  model: Exclude<SdkModel, string>,
  question: ModelQuestion
) {
  const result = yield* Effect.tryPromise({
    try: (abortSignal) =>
      sdk.generateText({
        model,
        instructions: question.instructions,
        messages: question.messages.map(({ content, role }) => ({ role, content })),
        output: textBySchema(question.schema),
        maxOutputTokens: question.maxOutputTokens,
        maxRetries: 0,
        abortSignal
      }),
    catch: (thrown) => faultOf(name, thrown)
  }).pipe(
    Effect.timeoutOrElse({
      duration: question.timeoutMs,
      orElse: () =>
        Effect.fail(
          new ModelUnavailable({ model: name, reason: "timed_out", status: null, detail: "", spent: nothingSpent })
        )
    })
  )
  const { finishReason, text, usage } = result
  const { cacheReadTokens = 0, cacheWriteTokens = 0 } = usage.inputTokenDetails
  const reply: ModelReply = {
    text,
    finish: finishes[finishReason] ?? "stop",
    usage: {
      input: Math.max((usage.inputTokens ?? 0) - cacheReadTokens - cacheWriteTokens, 0),
      cacheRead: cacheReadTokens,
      cacheWrite: cacheWriteTokens,
      output: usage.outputTokens ?? 0
    }
  }
  return reply
})
