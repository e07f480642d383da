import { describe, expect, it } from "@effect/vitest"
import { modelAliases, modelNameOf, parseModelName, showModelName } from "../../src/llm/modelName.ts"
import { costMicroUsd, modelPrices, priceOf } from "../../src/llm/modelPrices.ts"
import { addSpent, inputTokens, nothingSpent } from "../../src/llm/Spent.ts"

const usage = { input: 1_000_000, cacheRead: 0, cacheWrite: 0, output: 0 }

describe("what a model costs", () => {
  it("is counted in millionths of a dollar, each kind of token at its price", () => {
    const sonnet = priceOf("anthropic/claude-sonnet-4-6")
    expect(costMicroUsd(usage, sonnet)).toBe(3_000_000)
    expect(costMicroUsd({ input: 10, cacheRead: 100, cacheWrite: 1_000, output: 10_000 }, sonnet)).toBe(
      30 + 30 + 3_750 + 150_000
    )
  })

  it("is rounded up, so that a sum is never too small", () => {
    expect(costMicroUsd({ ...usage, input: 1 }, priceOf("anthropic/claude-haiku-5-5"))).toBe(1)
  })

  it("is more for every token of a long prompt where the provider says so", () => {
    const haiku = priceOf("anthropic/claude-haiku-5-5")
    expect(costMicroUsd({ ...usage, input: 100_000, output: 10 }, haiku)).toBe(10_005)
    expect(costMicroUsd({ ...usage, input: 100_000, cacheRead: 1, output: 10 }, haiku)).toBe(50_026)
  })

  it("is not known for a model that is not in the table, and unknown together with anything is unknown", () => {
    expect(priceOf("anthropic/claude-of-tomorrow")).toBeNull()
    expect(priceOf("constructor")).toBeNull()
    const unknown = { usage, costMicroUsd: costMicroUsd(usage, null) }
    expect(unknown.costMicroUsd).toBeNull()
    expect(addSpent({ usage, costMicroUsd: 5 }, unknown).costMicroUsd).toBeNull()
    expect(addSpent(nothingSpent, { usage, costMicroUsd: 5 })).toEqual({ usage, costMicroUsd: 5 })
    expect(inputTokens({ usage: { ...usage, cacheRead: 2, cacheWrite: 3 }, costMicroUsd: null })).toBe(1_000_005)
  })

  it("is that of the model for its dated release, and the owner's own price stands before the table", () => {
    expect(priceOf("anthropic/claude-haiku-4-5-20251001")).toBe(modelPrices["anthropic/claude-haiku-4-5"])
    const own = { input: 1, cacheRead: 1, cacheWrite: 1, output: 1 }
    expect(priceOf("anthropic/claude-haiku-4-5", { "anthropic/claude-haiku-4-5": own })).toBe(own)
  })
})

describe("a model's name", () => {
  it("is a provider and a model, or a short name for one that has a price", () => {
    expect(parseModelName("ollama/llama3.2:3b")).toEqual({ provider: "ollama", model: "llama3.2:3b" })
    for (const [alias, name] of Object.entries(modelAliases)) {
      const parsed = parseModelName(alias)
      expect(parsed === null ? null : showModelName(parsed)).toBe(name)
      expect(priceOf(name)).not.toBeNull()
    }
  })

  it.each(["gpt", "openai/gpt", "anthropic/", "anthropic/../x y", "", "__proto__", "toString"])("is not %j", (text) => {
    expect(parseModelName(text)).toBeNull()
  })

  it("may be short beside its own provider only", () => {
    expect(modelNameOf("anthropic", "sonnet")?.model).toBe("claude-sonnet-5-5")
    expect(modelNameOf("ollama", "sonnet")).toEqual({ provider: "ollama", model: "sonnet" })
    expect(modelNameOf("anthropic", "claude-sonnet-4-6")).toEqual({ provider: "anthropic", model: "claude-sonnet-4-6" })
    expect(modelNameOf("openai", "x")).toBeNull()
  })
})
