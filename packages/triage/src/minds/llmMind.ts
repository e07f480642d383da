/** Decides by asking a language model. It chooses among what the task allows; what it cannot say in that form is not done. */
import { LanguageModel, type ObjectAnswer } from "@farmops/core/llm/LanguageModel"
import type {
  ModelAnswerInvalid,
  ModelError,
  ModelOverloaded,
  ModelRefused,
  ModelStoppedShort,
  ModelUnavailable
} from "@farmops/core/llm/ModelError"
import { type ModelName, modelNameOf, showModelName } from "@farmops/core/llm/modelName"
import { type ModelAccess, openLanguageModel } from "@farmops/core/llm/openLanguageModel"
import { inputTokens, type Spent } from "@farmops/core/llm/Spent"
import { Effect, Result } from "effect"
import type { Decision } from "../protocol/Decision.ts"
import type { Task } from "../protocol/Task.ts"
import { type Mind, MindUnavailable } from "./Mind.ts"
import { triagePrompt } from "./prompt/triagePrompt.ts"
import { decisionOf, type TriageAnswer, triageAnswerFor } from "./triageAnswer.ts"
import { escalateTask } from "./triageReply.ts"

/** Bounds of one question, and what the owner adds to it. */
export interface LlmMindOptions {
  /** Of an answer, thinking included; an answer is some 300. */
  readonly maxOutputTokens?: number
  readonly timeoutMs?: number
  /** What the owner adds to the instructions: how they want it done, or another wording to compare with. */
  readonly guidance?: string
}

const maxOutputTokensDefault = 4_096
const timeoutMsDefault = 120_000

// Whoever sends tasks may name any model; more than a few in use at once is no configuration.
const modelsOpenMax = 16

const usageOf = (spent: Spent): NonNullable<Decision["usage"]> => ({
  input_tokens: inputTokens(spent),
  output_tokens: spent.usage.output,
  cost_micro_usd: spent.costMicroUsd
})

const decided = (task: Task, { model, spent, value }: ObjectAnswer<TriageAnswer>): Decision => {
  const decision = decisionOf(task, value)
  return { ...decision, rationale: `${model}: ${decision.rationale}`, usage: usageOf(spent) }
}

/** What a model would not or could not say is a person's to look at, and it was paid for. */
const undecided = (task: Task, error: ModelRefused | ModelStoppedShort | ModelAnswerInvalid): Decision => ({
  ...escalateTask(task, error.message),
  usage: usageOf(error.spent)
})

const isWorthAnotherTry = (error: ModelOverloaded | ModelUnavailable): boolean =>
  error._tag === "ModelOverloaded" || ["unreachable", "timed_out", "failed"].includes(error.reason)

const isOutage = (error: ModelError): error is ModelOverloaded | ModelUnavailable =>
  error._tag === "ModelOverloaded" || error._tag === "ModelUnavailable"

const unavailable = (error: ModelOverloaded | ModelUnavailable): MindUnavailable =>
  new MindUnavailable({ mind: "llm", reason: error.message, retryable: isWorthAnotherTry(error) })

/** Asks one model about one task. */
const decideBy = Effect.fn("llmMind.decide")(function* (
  { generate }: LanguageModel["Service"],
  task: Task,
  options: LlmMindOptions
) {
  const { maxOutputTokens = maxOutputTokensDefault, timeoutMs = timeoutMsDefault } = options
  const asked = yield* Effect.result(
    generate({ ...triagePrompt(task, options.guidance), schema: triageAnswerFor(task), maxOutputTokens, timeoutMs })
  )
  if (Result.isSuccess(asked)) return decided(task, asked.success)
  return isOutage(asked.failure) ? yield* unavailable(asked.failure) : undecided(task, asked.failure)
})

/** A mind over the {@link LanguageModel} that is provided. */
export const makeLlmMind = Effect.fnUntraced(function* (options: LlmMindOptions = {}) {
  const model = yield* LanguageModel
  const mind: Mind = { name: "llm", decide: (task) => decideBy(model, task, options) }
  return mind
})

/** A mind that asks the model that each task names, or `chosen` whatever a task names. A model is opened once. */
export const makeLlmMindByTask = (
  access: ModelAccess,
  chosen: ModelName | null = null,
  options: LlmMindOptions = {}
): Mind => {
  const opened = new Map<string, LanguageModel["Service"]>()
  const modelFor = Effect.fnUntraced(function* ({ context }: Task) {
    const { model, provider } = context.llm_backend
    const name = chosen ?? modelNameOf(provider, model)
    if (name === null) {
      const reason = "the task names no model that there is a provider for"
      return yield* new MindUnavailable({ mind: "llm", reason, retryable: false })
    }
    const known = opened.get(showModelName(name))
    if (known !== undefined) return known
    const found = yield* Effect.mapError(openLanguageModel(name, access), unavailable)
    if (opened.size < modelsOpenMax) opened.set(showModelName(name), found)
    return found
  })
  return { name: "llm", decide: (task) => Effect.flatMap(modelFor(task), (model) => decideBy(model, task, options)) }
}
