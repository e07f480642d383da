/** Decides by asking a language model. It chooses among what the task allows; what it cannot say in that form is not done. */
import { LanguageModel, type ObjectAnswer } from "@farmops/core/llm/LanguageModel"
import type { ModelAnswerInvalid, ModelError, ModelRefused, ModelStoppedShort } from "@farmops/core/llm/ModelError"
import { inputTokens, type Spent } from "@farmops/core/llm/Spent"
import { Effect } from "effect"
import type { Decision } from "../protocol/Decision.ts"
import type { Task } from "../protocol/Task.ts"
import { type Mind, MindUnavailable } from "./Mind.ts"
import { triagePrompt } from "./prompt/triagePrompt.ts"
import { decisionOf, type TriageAnswer, triageAnswerFor } from "./triageAnswer.ts"
import { escalateTask } from "./triageReply.ts"

/** Bounds of one question, and its wording. */
export interface LlmMindOptions {
  /** Of an answer, thinking included; an answer is some 300. */
  readonly maxOutputTokens?: number
  readonly timeoutMs?: number
  /** Another wording of what is to be done than ours. */
  readonly instructions?: string
}

const maxOutputTokensDefault = 4_096
const timeoutMsDefault = 120_000

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
const undecided = (task: Task, error: ModelRefused | ModelStoppedShort | ModelAnswerInvalid): Effect.Effect<Decision> =>
  Effect.succeed({ ...escalateTask(task, error.message), usage: usageOf(error.spent) })

const isWorthAnotherTry = (error: Extract<ModelError, { _tag: "ModelOverloaded" | "ModelUnavailable" }>): boolean =>
  error._tag === "ModelOverloaded" || ["unreachable", "timed_out", "failed"].includes(error.reason)

/** A mind over the {@link LanguageModel} that is provided. */
export const makeLlmMind = Effect.fnUntraced(function* (options: LlmMindOptions = {}) {
  const { generate } = yield* LanguageModel
  const { instructions, maxOutputTokens = maxOutputTokensDefault, timeoutMs = timeoutMsDefault } = options
  const decide = Effect.fn("llmMind.decide")((task: Task) =>
    generate({ ...triagePrompt(task, instructions), schema: triageAnswerFor(task), maxOutputTokens, timeoutMs }).pipe(
      Effect.map((answer) => decided(task, answer)),
      Effect.catchTags({
        ModelRefused: (error) => undecided(task, error),
        ModelStoppedShort: (error) => undecided(task, error),
        ModelAnswerInvalid: (error) => undecided(task, error)
      }),
      Effect.mapError(
        (error) => new MindUnavailable({ mind: "llm", reason: error.message, retryable: isWorthAnotherTry(error) })
      )
    )
  )
  const mind: Mind = { name: "llm", decide }
  return mind
})
