/** The minds that come with the harness, as a repository's assignment names them. */
import type { ModelAccess } from "@farmops/core/llm/openLanguageModel"
import { providerUrls } from "@farmops/core/llm/providerUrls"
import { readClassifier } from "@farmops/triage/minds/classifier/Classifier"
import { makeClassifierMind } from "@farmops/triage/minds/classifierMind"
import { keywordMind } from "@farmops/triage/minds/keywordMind"
import { type LlmMindOptions, makeLlmMindByTask } from "@farmops/triage/minds/llmMind"
import type { Mind } from "@farmops/triage/minds/Mind"
import { AgentAnswerInvalid, AgentUnavailable, type TriageAgent } from "@farmops/triage/work/TriageAgent"
import { Effect } from "effect"
import type { AgentAssignment } from "./AgentEntry.ts"
import type { HarnessFile } from "./HarnessFile.ts"

/** How the file's model is reached. */
export const modelAccessOf = ({ llm }: HarnessFile): ModelAccess =>
  llm.provider === "anthropic"
    ? { anthropic: { apiKey: llm.api_key } }
    : { ollama: llm.base_url === undefined ? {} : { baseUrl: llm.base_url } }

/** Where the file's model answers. */
export const modelUrlOf = ({ llm }: HarnessFile): string =>
  (llm.provider === "ollama" ? llm.base_url : undefined) ?? providerUrls[llm.provider]

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
  if (name === "llm") return makeLlmMindByTask(modelAccessOf(file), null, options)
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
