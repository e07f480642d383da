import { readdirSync, readFileSync } from "node:fs"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { describe, expect, it } from "@effect/vitest"
import * as AnthropicModel from "@farmops/core/llm/AnthropicModel"
import * as OllamaModel from "@farmops/core/llm/OllamaModel"
import { layerPlay } from "@farmops/core/llm/wireFixtures"
import { Effect, Layer, Redacted } from "effect"
import { makeLlmMind } from "../src/minds/llmMind.ts"
import { fixtureModels, fixtureTasks, llmFixtures } from "./fixtureTasks.ts"

const play = Layer.provide(layerPlay(llmFixtures), NodeServices.layer)

const models = {
  anthropic: AnthropicModel.layer({ model: fixtureModels.anthropic, apiKey: Redacted.make("not-a-key") }),
  ollama: OllamaModel.layer({ model: fixtureModels.ollama })
}

const decide = (provider: keyof typeof models, task: (typeof fixtureTasks)[number]["task"]) =>
  Effect.flatMap(makeLlmMind(), (mind) => mind.decide(task)).pipe(
    Effect.provide(models[provider].pipe(Layer.provide(play)))
  )

describe("the triage prompt", () => {
  it.effect.each(fixtureTasks)(
    "gives the same decision over both wire formats: $task.payload.issue.title",
    ({ answer, task }) =>
      Effect.gen(function* () {
        const anthropic = yield* decide("anthropic", task)
        const ollama = yield* decide("ollama", task)
        expect(anthropic.decision).toBe(answer.verdict)
        expect({ ...ollama, usage: null, rationale: "" }).toEqual({ ...anthropic, usage: null, rationale: "" })
        expect(anthropic.usage).toEqual({ input_tokens: 1_000, output_tokens: 100, cost_micro_usd: 4_500 })
        expect(ollama.usage).toEqual({ input_tokens: 1_000, output_tokens: 100, cost_micro_usd: 0 })
      })
  )

  it("has recordings that say where they come from, and none that nobody asks for", () => {
    const files = readdirSync(llmFixtures).filter((file) => file.endsWith(".json"))
    expect(files).toHaveLength(2 * fixtureTasks.length)
    for (const file of files) {
      const { note, origin } = JSON.parse(readFileSync(`${llmFixtures}/${file}`, "utf8"))
      expect(origin === "recorded" || /by hand/.test(note)).toBe(true)
    }
  })
})
