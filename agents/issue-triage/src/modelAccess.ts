/** How the agent reaches language models, from its environment: keys stay `Redacted`, and a wrong value is a fault at the start. */

import { type ModelName, parseModelName } from "@farmops/core/llm/modelName"
import type { ModelAccess, ProviderAccess } from "@farmops/core/llm/openLanguageModel"
import { Config, Effect, Option, type Redacted } from "effect"
import { SettingInvalid } from "./AgentSettings.ts"

/** See the first line. */
export interface LlmSettings {
  /** Null where each task's own is asked. */
  readonly chosen: ModelName | null
  readonly access: ModelAccess
  /** For the log's scrubber. */
  readonly secrets: ReadonlyArray<Redacted.Redacted<string>>
}

const text = (name: string) => Effect.map(Effect.option(Config.String(name)), Option.getOrUndefined)

const secret = (name: string) => Effect.map(Effect.option(Config.Redacted(name)), Option.getOrUndefined)

const readUrl = Effect.fnUntraced(function* (variable: string) {
  const url = yield* text(variable)
  if (url === undefined || (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol))) return url
  return yield* new SettingInvalid({ variable, expected: "expected an http or https address" })
})

const readModel = Effect.gen(function* () {
  const variable = "FARMOPS_AGENT_LLM"
  const name = yield* text(variable)
  const parsed = name === undefined ? null : parseModelName(name)
  if (name === undefined || parsed !== null) return parsed
  const expected = "expected anthropic/MODEL, ollama/MODEL, opus, sonnet or haiku"
  return yield* new SettingInvalid({ variable, expected })
})

const accessOf = (apiKey: Redacted.Redacted<string> | undefined, baseUrl: string | undefined): ProviderAccess => ({
  ...(apiKey === undefined ? {} : { apiKey }),
  ...(baseUrl === undefined ? {} : { baseUrl })
})

/** Reads what there is; whether it is enough shows when a model is asked for. */
export const readModelAccess: Effect.Effect<LlmSettings, SettingInvalid> = Effect.gen(function* () {
  const anthropicKey = yield* secret("ANTHROPIC_API_KEY")
  const ollamaKey = yield* secret("OLLAMA_API_KEY")
  return {
    chosen: yield* readModel,
    access: {
      anthropic: accessOf(anthropicKey, yield* readUrl("FARMOPS_AGENT_ANTHROPIC_URL")),
      ollama: accessOf(ollamaKey, yield* readUrl("FARMOPS_AGENT_OLLAMA_URL"))
    },
    secrets: [anthropicKey, ollamaKey].filter((key) => key !== undefined)
  }
})
