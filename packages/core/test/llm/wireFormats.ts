/** The two wire formats, hand-written after what the providers publish: a test says what the model says, and a format spells it. */
import { Redacted } from "effect"
import * as AnthropicModel from "../../src/llm/AnthropicModel.ts"
import type { ModelRetries } from "../../src/llm/LanguageModel.ts"
import * as OllamaModel from "../../src/llm/OllamaModel.ts"
import type { StubAnswer } from "./modelStub.ts"

/** What stops a model. */
export type Stop = "end" | "length" | "refusal"

// Planted, and never to be seen anywhere.
export const plantedKey = `sk-ant-api03-${"Zz9".repeat(12)}`

/** One provider, as a test needs it. */
export interface WireFormat {
  readonly name: string
  readonly path: string
  /** Tokens: 1,000 in and 50 out. */
  readonly says: (text: string, stop?: Stop) => StubAnswer
  readonly error: (status: number, words: string, headers?: Readonly<Record<string, string>>) => StubAnswer
  readonly layer: (url: string, retries?: ModelRetries) => ReturnType<typeof AnthropicModel.layer>
  /** What 1,000 and 50 tokens cost. */
  readonly costMicroUsd: number
}

const quick: ModelRetries = { triesMax: 3, firstMs: 1, maxMs: 1_500 }

export const anthropic: WireFormat = {
  name: "anthropic/claude-sonnet-4-6",
  path: "/v1/messages",
  says: (text, stop = "end") => ({
    status: 200,
    body: {
      id: "msg_01",
      type: "message",
      role: "assistant",
      model: "claude-sonnet-4-6",
      content: stop === "refusal" ? [] : [{ type: "text", text }],
      stop_reason: { end: "end_turn", length: "max_tokens", refusal: "refusal" }[stop],
      stop_sequence: null,
      usage: { input_tokens: 900, cache_read_input_tokens: 100, cache_creation_input_tokens: 0, output_tokens: 50 }
    }
  }),
  error: (status, message, headers = {}) => ({
    status,
    headers,
    body: { type: "error", error: { type: status === 529 ? "overloaded_error" : "api_error", message } }
  }),
  layer: (url, retries = quick) =>
    AnthropicModel.layer({
      model: "claude-sonnet-4-6",
      apiKey: Redacted.make(plantedKey),
      baseUrl: `${url}/v1`,
      retries
    }),
  costMicroUsd: 900 * 3 + 100 * 0.3 + 50 * 15
}

export const ollama: WireFormat = {
  name: "ollama/llama3.2:3b",
  path: "/api/chat",
  says: (text, stop = "end") => ({
    status: 200,
    body: {
      model: "llama3.2:3b",
      created_at: "2026-11-22T00:00:00.000Z",
      message: { role: "assistant", content: text },
      done: true,
      done_reason: stop === "length" ? "length" : "stop",
      total_duration: 1_000_000,
      prompt_eval_count: 1_000,
      eval_count: 50
    }
  }),
  error: (status, error, headers = {}) => ({ status, headers, body: { error } }),
  layer: (url, retries = quick) => OllamaModel.layer({ model: "llama3.2:3b", baseUrl: url, retries }),
  costMicroUsd: 0
}

export const wireFormats = [anthropic, ollama] as const
