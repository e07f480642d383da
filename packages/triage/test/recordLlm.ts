/**
 * Records what models answer to the triage prompt, for the tests to replay: `node packages/triage/test/recordLlm.ts anthropic|ollama [--base-url URL]
 * [--out FOLDER]`, with ANTHROPIC_API_KEY for the first. With `--hand-written` no model is asked: the answers of fixtures/tasks.json are
 * spelled in the provider's published format, and the files say so.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as AnthropicModel from "@farmops/core/llm/AnthropicModel"
import { ModelWire, type WireExchange } from "@farmops/core/llm/ModelWire"
import * as OllamaModel from "@farmops/core/llm/OllamaModel"
import { canonicalRequest, layerRecord, type WireFixture, writeFixture } from "@farmops/core/llm/wireFixtures"
import { Effect, type FileSystem, Layer, type Path, Redacted } from "effect"
import { makeLlmMind } from "../src/minds/llmMind.ts"
import { type FixtureTask, fixtureModels, fixtureTasks, llmFixtures } from "./fixtureTasks.ts"

type Provider = keyof typeof fixtureModels

/** What to record, and where. */
export interface RecordOptions {
  readonly provider: Provider
  readonly out: string
  readonly baseUrl?: string
  readonly apiKey?: string
  readonly handWritten: boolean
}

const layerOf = ({ apiKey, baseUrl, provider }: RecordOptions) => {
  const where = baseUrl === undefined ? {} : { baseUrl }
  return provider === "anthropic"
    ? AnthropicModel.layer({ model: fixtureModels.anthropic, apiKey: Redacted.make(apiKey ?? "none"), ...where })
    : OllamaModel.layer({ model: fixtureModels.ollama, ...where })
}

/** An answer as the provider publishes that it spells one. */
const spelled: Readonly<Record<Provider, (text: string) => unknown>> = {
  anthropic: (text) => ({
    id: "msg_hand_written",
    type: "message",
    role: "assistant",
    model: fixtureModels.anthropic,
    content: [{ type: "text", text }],
    stop_reason: "end_turn",
    stop_sequence: null,
    usage: { input_tokens: 1_000, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 100 }
  }),
  ollama: (content) => ({
    model: fixtureModels.ollama,
    created_at: "2026-11-22T00:00:00.000Z",
    message: { role: "assistant", content },
    done: true,
    done_reason: "stop",
    total_duration: 2_000_000_000,
    prompt_eval_count: 1_000,
    eval_count: 100
  })
}

/** Writes down the answer that somebody made up, and gives it. */
const layerHandWritten = ({ out, provider }: RecordOptions, answer: FixtureTask["answer"]) =>
  Layer.effect(
    ModelWire,
    Effect.map(
      Effect.context<FileSystem.FileSystem | Path.Path>(),
      (context): WireExchange =>
        (request) => {
          const body = spelled[provider](JSON.stringify(answer))
          const fixture: WireFixture = {
            origin: "hand-written",
            note: "Written by hand after the provider's published format; no model said this.",
            request: canonicalRequest(request),
            answer: { status: 200, content_type: "application/json", retry_after_seconds: null, body }
          }
          const given = {
            origin: "",
            status: 200,
            contentType: "application/json",
            retryAfterSeconds: null,
            text: JSON.stringify(body)
          }
          return writeFixture(out, fixture).pipe(Effect.provide(context), Effect.orDie, Effect.as(given))
        }
    )
  )

/** Asks every task, and leaves one file a question. */
export const recordLlm = Effect.fn("recordLlm")(function* (options: RecordOptions) {
  for (const { answer, task } of fixtureTasks) {
    const wire = options.handWritten ? layerHandWritten(options, answer) : layerRecord(options.out)
    const asking = Effect.flatMap(makeLlmMind(), ({ decide }) => decide(task))
    const { decision } = yield* asking.pipe(Effect.provide(layerOf(options).pipe(Layer.provide(wire))))
    yield* Effect.log(`${task.payload.issue.title}: ${decision}`)
  }
})

const optionOf = (args: ReadonlyArray<string>, name: string): string | undefined => {
  const at = args.indexOf(name)
  return at === -1 ? undefined : args[at + 1]
}

if (import.meta.main) {
  const [provider, ...args] = process.argv.slice(2)
  if (provider !== "anthropic" && provider !== "ollama") {
    console.error(
      "usage: node packages/triage/test/recordLlm.ts anthropic|ollama [--base-url URL] [--out FOLDER] [--hand-written]"
    )
    process.exitCode = 64
  } else {
    const baseUrl = optionOf(args, "--base-url")
    const apiKey = process.env.ANTHROPIC_API_KEY
    const recording = recordLlm({
      provider,
      out: optionOf(args, "--out") ?? llmFixtures,
      handWritten: args.includes("--hand-written"),
      ...(baseUrl === undefined ? {} : { baseUrl }),
      ...(apiKey === undefined ? {} : { apiKey })
    })
    await Effect.runPromise(Effect.provide(recording, NodeServices.layer))
  }
}
