/** The minds that come with the harness, as a repository's assignment names them. */
import * as AnthropicModel from "@farmops/core/llm/AnthropicModel"
import type { LanguageModel } from "@farmops/core/llm/LanguageModel"
import type { ModelUnavailable } from "@farmops/core/llm/ModelError"
import * as OllamaModel from "@farmops/core/llm/OllamaModel"
import { readClassifier } from "@farmops/triage/minds/classifier/Classifier"
import { makeClassifierMind } from "@farmops/triage/minds/classifierMind"
import { keywordMind } from "@farmops/triage/minds/keywordMind"
import { type LlmMindOptions, makeLlmMind } from "@farmops/triage/minds/llmMind"
import type { Mind } from "@farmops/triage/minds/Mind"
import { AgentAnswerInvalid, AgentUnavailable, type TriageAgent } from "@farmops/triage/work/TriageAgent"
import { Effect, type Layer, Schema } from "effect"
import type { AgentAssignment } from "./AgentEntry.ts"
import type { HarnessFile } from "./HarnessFile.ts"

/** The file leaves out what the mind that it names needs. */
export class MindUnconfigured extends Schema.TaggedError<MindUnconfigured>()("MindUnconfigured", {
  message: Schema.String
}) {}

/** The model of the file's `llm`. No request is made. */
export const modelOf = ({ llm }: HarnessFile): Layer.Layer<LanguageModel, ModelUnavailable> =>
  llm.provider === "anthropic"
    ? AnthropicModel.layer({ model: llm.model, apiKey: llm.api_key })
    : OllamaModel.layer({ model: llm.model, ...(llm.base_url === undefined ? {} : { baseUrl: llm.base_url }) })

/** The assignment's mind: the model of the file where nothing is said, as the file names one. */
export const mindNameOf = ({ mind }: AgentAssignment) => mind ?? "llm"

/** Opens it in this process. `classifierFile` is what `farmops harness train` wrote. */
export const openMind = Effect.fn("openMind")(function* (
  file: HarnessFile,
  name: ReturnType<typeof mindNameOf>,
  classifierFile: string,
  options?: LlmMindOptions
) {
  if (name === "keyword") return keywordMind
  if (name === "llm") return yield* Effect.provide(makeLlmMind(options), modelOf(file))
  return makeClassifierMind(yield* readClassifier(classifierFile))
})

/** A mind of this process as an agent. For trials: what runs day and night is a process of its own, without our memory. */
export const mindAgent = (mind: Mind): TriageAgent => ({
  name: mind.name,
  ask: (task) =>
    Effect.catchTag(mind.decide(task), "MindUnavailable", ({ reason, retryable }) =>
      Effect.fail(
        retryable
          ? new AgentUnavailable({ agent: mind.name, reason })
          : new AgentAnswerInvalid({ agent: mind.name, reason: "refused", detail: reason })
      )
    )
})
