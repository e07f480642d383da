/**
 * Asks a model for an object of a given shape. Tokens, time, tries and repairs are always bounded, what it costs is always told, and
 * what a model may answer is what the schema says and nothing else.
 */
import { Context, Effect, Random, Result, type Schema } from "effect"
import { type BackOff, backOffMs } from "../http/backOff.ts"
import { type AskModel, jsonSchemaOf, type ModelMessage, type ModelQuestion } from "./AskModel.ts"
import {
  type AnswerIssue,
  ModelAnswerInvalid,
  type ModelError,
  ModelOverloaded,
  ModelRefused,
  ModelStoppedShort,
  ModelUnavailable
} from "./ModelError.ts"
import { costMicroUsd, type ModelPrice } from "./modelPrices.ts"
import { type AnswerForm, readAnswer } from "./readAnswer.ts"
import { addSpent, inputTokens, nothingSpent, type Spent } from "./Spent.ts"
import { sha256Hex } from "./sha256Hex.ts"

/** What is asked for. */
export interface ObjectRequest<A, I> {
  /** What the model is to do: ours, never a stranger's words. */
  readonly instructions: string
  /** What it is to look at. */
  readonly prompt: string
  readonly schema: Schema.Codec<A, I>
  /** Of the answer, thinking included. */
  readonly maxOutputTokens: number
  /** Of one try, from the request to the last byte. */
  readonly timeoutMs: number
  /** How often an invalid answer is sent back with its faults; 1 where nothing is said, 3 at most. */
  readonly repairs?: number
  /** Runs after each answer, the invalid ones included, and before anything else is asked. */
  readonly onAttempt?: (attempt: ModelAttempt) => Effect.Effect<void>
}

/** One answer as it came. */
export interface ModelAttempt {
  readonly text: string
  readonly form: AnswerForm
  /** Empty where the answer is valid. */
  readonly issues: ReadonlyArray<AnswerIssue>
  readonly spent: Spent
}

/** The object, how it came about, and what it cost. */
export interface ObjectAnswer<A> {
  readonly value: A
  /** `provider/model`. */
  readonly model: string
  readonly attempts: ReadonlyArray<ModelAttempt>
  /** All attempts together. */
  readonly spent: Spent
}

/** How often and when a try that the provider did not serve is made again; another count than that of repairs. */
export interface ModelRetries extends BackOff {
  readonly triesMax: number
}

// A provider that asks for longer than `maxMs` is not waited for: the caller has other work, and knows better when to come back.
const retriesDefault: ModelRetries = { triesMax: 3, firstMs: 1_000, maxMs: 30_000 }

const repairsMax = 3

/** What a {@link LanguageModel} is made of. */
export interface LanguageModelOptions {
  /** `provider/model`. */
  readonly model: string
  readonly ask: AskModel
  readonly price: ModelPrice | null
  readonly retries?: ModelRetries
}

/** Asks one model of one provider. */
export class LanguageModel extends Context.Service<
  LanguageModel,
  {
    /** `provider/model`. */
    readonly model: string
    readonly generate: <A, I>(request: ObjectRequest<A, I>) => Effect.Effect<ObjectAnswer<A>, ModelError>
  }
>()("@farmops/core/llm/LanguageModel") {}

/** A failure of a later attempt costs what the earlier ones did. */
const withSpent = (error: ModelOverloaded | ModelUnavailable, spent: Spent): ModelOverloaded | ModelUnavailable =>
  error._tag === "ModelOverloaded"
    ? new ModelOverloaded({ ...error, spent })
    : new ModelUnavailable({ ...error, spent })

/** Null where another try is no use, or not allowed any more. */
const pauseMs = (error: ModelOverloaded | ModelUnavailable, tries: number, retries: ModelRetries, random: number) => {
  if (tries >= retries.triesMax) return null
  if (error._tag === "ModelUnavailable") {
    return error.reason === "unreachable" || error.reason === "failed" ? backOffMs(retries, tries, random) : null
  }
  const { retryAfterMs } = error
  if (retryAfterMs !== null && retryAfterMs > retries.maxMs) return null
  return Math.max(retryAfterMs ?? 0, backOffMs(retries, tries, random))
}

const askPatiently = Effect.fnUntraced(function* (ask: AskModel, question: ModelQuestion, retries: ModelRetries) {
  for (let tries = 1; ; tries++) {
    const asked = yield* Effect.result(ask(question))
    if (Result.isSuccess(asked)) return asked.success
    const pause = pauseMs(asked.failure, tries, retries, yield* Random.next)
    if (pause === null) return yield* asked.failure
    yield* Effect.sleep(pause)
  }
})

/** What is said of an invalid answer: every issue by its place, and never the same text again as an instruction. */
const repairPrompt = (issues: ReadonlyArray<AnswerIssue>): string =>
  [
    "That answer cannot be used. What is wrong with it, each by its JSON pointer:",
    ...issues.map(({ expected, pointer }) => `- ${JSON.stringify(pointer)}: ${expected}`),
    "Answer again with the whole corrected JSON object and nothing else."
  ].join("\n")

/** Names as OpenTelemetry's conventions for models have them. Counts only: no word that was asked or answered. */
const tellSpan = (model: string, spent: Spent, attempts: number) =>
  Effect.annotateCurrentSpan({
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": model,
    "gen_ai.usage.input_tokens": inputTokens(spent),
    "gen_ai.usage.output_tokens": spent.usage.output,
    "farmops.llm.attempts": attempts,
    ...(spent.costMicroUsd === null ? {} : { "farmops.llm.cost_micro_usd": spent.costMicroUsd })
  })

/** The port over one way to ask: repairs, retries, reading and costs are the same for every provider. */
export const makeLanguageModel = (options: LanguageModelOptions): LanguageModel["Service"] => {
  const { ask, model, price, retries = retriesDefault } = options

  const generate = Effect.fn("LanguageModel.generate")(function* <A, I>(request: ObjectRequest<A, I>) {
    const question = {
      instructions: request.instructions,
      schema: jsonSchemaOf(request.schema),
      maxOutputTokens: request.maxOutputTokens,
      timeoutMs: request.timeoutMs
    }
    const rounds = 1 + Math.min(Math.max(request.repairs ?? 1, 0), repairsMax)
    const attempts: Array<ModelAttempt> = []
    let spent = nothingSpent
    let messages: ReadonlyArray<ModelMessage> = [{ role: "user", content: request.prompt }]
    for (;;) {
      const before = spent
      const answer = yield* askPatiently(ask, { ...question, messages }, retries).pipe(
        Effect.mapError((error) => withSpent(error, before))
      )
      const cost = { usage: answer.usage, costMicroUsd: costMicroUsd(answer.usage, price) }
      spent = addSpent(spent, cost)
      yield* tellSpan(model, spent, attempts.length + 1)
      if (answer.finish === "refused") return yield* new ModelRefused({ model, spent })
      if (answer.finish === "length") {
        return yield* new ModelStoppedShort({ model, spent, maxOutputTokens: request.maxOutputTokens })
      }
      const { form, value } = readAnswer(request.schema, answer.text)
      const issues = Result.isFailure(value) ? value.failure : []
      const attempt = { text: answer.text, form, issues, spent: cost }
      attempts.push(attempt)
      if (request.onAttempt !== undefined) yield* request.onAttempt(attempt)
      if (Result.isSuccess(value)) return { value: value.success, model, attempts, spent }
      if (attempts.length >= rounds) {
        const textSha256 = sha256Hex(answer.text)
        return yield* new ModelAnswerInvalid({ model, spent, textSha256, issues, attempts: attempts.length })
      }
      messages = [
        ...messages,
        { role: "assistant", content: answer.text },
        { role: "user", content: repairPrompt(issues) }
      ]
    }
  })

  return { model, generate }
}
