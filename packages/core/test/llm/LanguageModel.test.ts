import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber, Redacted, Schema, Tracer } from "effect"
import * as AnthropicModel from "../../src/llm/AnthropicModel.ts"
import { LanguageModel, type ModelAttempt, type ObjectRequest } from "../../src/llm/LanguageModel.ts"
import * as OllamaModel from "../../src/llm/OllamaModel.ts"
import { layerScripted } from "../../src/llm/scriptedModel.ts"
import { sha256Hex } from "../../src/llm/sha256Hex.ts"
import { modelStub, type StubAnswer } from "./modelStub.ts"
import { anthropic, plantedKey, type WireFormat, wireFormats } from "./wireFormats.ts"

const Verdict = Schema.Struct({
  label: Schema.NullOr(Schema.Literals(["bug", "question"])),
  sure: Schema.Boolean
})

const request: ObjectRequest<typeof Verdict.Type, typeof Verdict.Encoded> = {
  instructions: "Label the issue.",
  prompt: "It crashes.",
  schema: Verdict,
  maxOutputTokens: 200,
  timeoutMs: 10_000
}

const valid = '{"label":"bug","sure":true}'

/** Asks a stub that gives these answers. */
const ask = (format: WireFormat, answers: ReadonlyArray<StubAnswer>, options: Partial<typeof request> = {}) =>
  Effect.gen(function* () {
    const { requests, url } = yield* modelStub(answers)
    const asking = Effect.flatMap(LanguageModel, ({ generate }) => generate({ ...request, ...options }))
    return { result: yield* Effect.result(Effect.provide(asking, format.layer(url))), requests }
  })

const failed = (format: WireFormat, answers: ReadonlyArray<StubAnswer>, options: Partial<typeof request> = {}) =>
  Effect.map(ask(format, answers, options), ({ requests, result }) => {
    if (result._tag === "Success") return expect.fail("it answered")
    expect(JSON.stringify(result.failure) + String(result.failure.message)).not.toContain(plantedKey)
    return { error: result.failure, requests }
  })

describe.each(wireFormats)("a model over the wire of $name", (format) => {
  it.live("gives what was asked for, and says what it cost", () =>
    Effect.gen(function* () {
      const { requests, result } = yield* ask(format, [format.says(valid)])
      expect(result).toMatchObject({
        success: {
          value: { label: "bug", sure: true },
          model: format.name,
          attempts: [{ form: "json", issues: [], text: valid }],
          spent: { usage: { output: 50 }, costMicroUsd: format.costMicroUsd }
        }
      })
      expect(requests).toHaveLength(1)
      expect(requests[0]?.path).toBe(format.path)
    })
  )

  it.live("is told its shape, its bound and what to do", () =>
    Effect.gen(function* () {
      const { requests } = yield* ask(format, [format.says(valid)])
      const sent = JSON.stringify(requests[0]?.body)
      expect(sent).toContain("Label the issue.")
      expect(sent).toContain("It crashes.")
      expect(sent).toContain('"enum":["bug","question"]')
      expect(sent).toContain('"additionalProperties":false')
      expect(sent).toMatch(/"(max_tokens|num_predict)":200\b/)
      expect(sent).not.toContain(plantedKey)
    })
  )

  it.live("may wrap its answer in a fence, which is told", () =>
    Effect.gen(function* () {
      const { result } = yield* ask(format, [format.says(`Here you are:\n\`\`\`json\n${valid}\n\`\`\`\n`)])
      expect(result).toMatchObject({ success: { value: { label: "bug" }, attempts: [{ form: "fenced" }] } })
    })
  )

  it.live("gets an invalid answer back once, with each fault by its place, and both answers are charged", () =>
    Effect.gen(function* () {
      const seen: Array<ModelAttempt> = []
      const bad = '{"label":"feature","sure":true,"mood":"fine"}'
      const { requests, result } = yield* ask(format, [format.says(bad), format.says(valid)], {
        onAttempt: (attempt) => Effect.sync(() => void seen.push(attempt))
      })
      expect(result).toMatchObject({
        success: {
          value: { label: "bug" },
          spent: { usage: { output: 100 }, costMicroUsd: 2 * format.costMicroUsd }
        }
      })
      const turns = JSON.stringify(requests[1]?.body.messages)
      expect(turns).toContain("feature")
      expect(turns).toContain("/label")
      expect(turns).toContain("/mood")
      expect(seen.map(({ issues, text }) => [text, issues.length])).toEqual([
        [bad, 2],
        [valid, 0]
      ])
    })
  )

  it.live("fails when the repaired answer is no better, with a hash of it and what both cost", () =>
    Effect.gen(function* () {
      const { error, requests } = yield* failed(format, [format.says("I would say it is a bug.")])
      expect(error).toMatchObject({
        _tag: "ModelAnswerInvalid",
        textSha256: sha256Hex("I would say it is a bug."),
        attempts: 2,
        issues: [{ pointer: "" }],
        spent: { usage: { output: 100 }, costMicroUsd: 2 * format.costMicroUsd }
      })
      expect(error.message).not.toContain("I would say")
      expect(requests).toHaveLength(2)
    })
  )

  it.live("is repaired as often as is asked for, and never more than three times", () =>
    Effect.gen(function* () {
      expect((yield* failed(format, [format.says("no")], { repairs: 0 })).requests).toHaveLength(1)
      expect((yield* failed(format, [format.says("no")], { repairs: 9 })).requests).toHaveLength(4)
    })
  )

  it.live("is not asked to repair what was cut off", () =>
    Effect.gen(function* () {
      const { error, requests } = yield* failed(format, [format.says('{"label":"bu', "length")])
      expect(error).toMatchObject({
        _tag: "ModelStoppedShort",
        maxOutputTokens: 200,
        spent: { costMicroUsd: format.costMicroUsd }
      })
      expect(requests).toHaveLength(1)
    })
  )

  it.live("is asked again after a 429, not before the time that it named", () =>
    Effect.gen(function* () {
      const busy = format.error(429, "slow down", { "retry-after": "1" })
      const { requests, result } = yield* ask(format, [busy, format.says(valid)])
      expect(result).toMatchObject({ success: { value: { label: "bug" } } })
      expect((requests[1]?.atMs ?? 0) - (requests[0]?.atMs ?? 0)).toBeGreaterThanOrEqual(990)
    })
  )

  it.live("is not waited for when it asks for longer than is waited", () =>
    Effect.gen(function* () {
      const busy = format.error(429, "slow down", { "retry-after": "3600" })
      const { error, requests } = yield* failed(format, [busy, format.says(valid)])
      expect(error).toMatchObject({ _tag: "ModelOverloaded", status: 429, retryAfterMs: 3_600_000 })
      expect(requests).toHaveLength(1)
    })
  )

  it.live.each([503, 529])("is left alone after so many answers with %d", (status) =>
    Effect.gen(function* () {
      const { error, requests } = yield* failed(format, [format.error(status, "Overloaded")])
      expect(error).toMatchObject({ _tag: "ModelOverloaded", status, retryAfterMs: null })
      expect(requests).toHaveLength(3)
    })
  )

  it.live("charges the first answer when the repair finds nobody at home", () =>
    Effect.gen(function* () {
      const { error } = yield* failed(format, [format.says("no"), format.error(529, "Overloaded")])
      expect(error).toMatchObject({
        _tag: "ModelOverloaded",
        spent: { usage: { output: 50 }, costMicroUsd: format.costMicroUsd }
      })
    })
  )

  it.live.each<[string, StubAnswer]>([
    ["dropped", "dropped"],
    ["dropped in the middle of an answer", "dropped in the middle"]
  ])("is asked again when the connection is %s", ([, fault]) =>
    Effect.gen(function* () {
      const { requests, result } = yield* ask(format, [fault, format.says(valid)])
      expect(result).toMatchObject({ success: { value: { label: "bug" } } })
      expect(requests).toHaveLength(2)
    })
  )

  it.live("fails when every connection is dropped", () =>
    Effect.gen(function* () {
      const { error, requests } = yield* failed(format, ["dropped"])
      expect(error).toMatchObject({ _tag: "ModelUnavailable", reason: "unreachable" })
      expect(requests).toHaveLength(3)
    })
  )

  it.live("has so much time and no more, and is not asked twice", () =>
    Effect.gen(function* () {
      const { error, requests } = yield* failed(format, ["silent"], { timeoutMs: 100 })
      expect(error).toMatchObject({ _tag: "ModelUnavailable", reason: "timed_out" })
      expect(requests).toHaveLength(1)
    })
  )

  it.live("is not listened to for ever", () =>
    Effect.gen(function* () {
      const { error } = yield* failed(format, ["endless"])
      expect(error).toMatchObject({ _tag: "ModelUnavailable", reason: "too_large" })
    })
  )

  it.live.each<[number, string, number]>([
    [401, "unauthorized", 1],
    [404, "unknown_model", 1],
    [400, "rejected", 1],
    [500, "failed", 3]
  ])("says what a %d means, in the provider's words without the key", ([status, reason, asked]) =>
    Effect.gen(function* () {
      const { error, requests } = yield* failed(format, [format.error(status, `no good: ${plantedKey}\u001b[31m`)])
      expect(error).toMatchObject({ _tag: "ModelUnavailable", reason, status })
      expect(error.message).toContain("no good: <redacted>")
      expect(error.message).not.toContain("\u001b")
      expect(requests).toHaveLength(asked)
    })
  )

  it.live("takes a page that is no answer for what it is", () =>
    Effect.gen(function* () {
      const { error } = yield* failed(format, [
        { status: 200, body: "<html>", headers: { "content-type": "text/html" } }
      ])
      expect(error).toMatchObject({ _tag: "ModelUnavailable", reason: "unexpected" })
      const { error: other } = yield* failed(format, [{ status: 200, body: { hello: "there" } }])
      expect(other).toMatchObject({ _tag: "ModelUnavailable", reason: "unexpected" })
    })
  )

  it.live("follows no redirect: a key would go along", () =>
    Effect.gen(function* () {
      const elsewhere = yield* modelStub([format.says(valid)])
      const moved = { status: 307, body: "", headers: { location: elsewhere.url } }
      const { error } = yield* failed(format, [moved])
      expect(error).toMatchObject({ _tag: "ModelUnavailable", reason: "redirected" })
      expect(elsewhere.requests).toEqual([])
    })
  )

  it.live("hangs up when nobody waits any more", () =>
    Effect.gen(function* () {
      const { arrived, hungUp, url } = yield* modelStub(["silent"])
      const asking = Effect.flatMap(LanguageModel, ({ generate }) => generate(request))
      const fiber = yield* Effect.forkChild(Effect.provide(asking, format.layer(url)))
      yield* Effect.promise(() => arrived)
      yield* Fiber.interrupt(fiber)
      yield* Effect.promise(() => hungUp)
    })
  )
})

describe("the trace of a question", () => {
  it.effect("says which model, how many tokens, attempts and how much money, and no word of it", () =>
    Effect.gen(function* () {
      const spans: Array<Tracer.NativeSpan> = []
      const tracer = Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          spans.push(span)
          return span
        }
      })
      const answers = ["no", valid]
      yield* Effect.flatMap(LanguageModel, ({ generate }) => generate(request)).pipe(
        Effect.provide(layerScripted(() => answers.shift() ?? "")),
        Effect.withTracer(tracer)
      )
      const span = spans.find(({ name }) => name === "LanguageModel.generate")
      expect(Object.fromEntries(span?.attributes ?? [])).toMatchObject({
        "gen_ai.request.model": "scripted/answers",
        "gen_ai.usage.output_tokens": 2,
        "farmops.llm.attempts": 2,
        "farmops.llm.cost_micro_usd": 0
      })
      expect(JSON.stringify(spans.flatMap(({ attributes }) => [...attributes]))).not.toMatch(/crashes|Label the/)
    })
  )
})

describe("a model of Anthropic's", () => {
  it.live("that the SDK does not know answers by a tool that it is made to call", () =>
    Effect.gen(function* () {
      const content = [{ type: "tool_use", id: "toolu_1", name: "json", input: JSON.parse(valid) }]
      const usage = { input_tokens: 1, output_tokens: 1 }
      const body = { id: "m", type: "message", role: "assistant", model: "x", content, stop_reason: "tool_use", usage }
      const { requests, url } = yield* modelStub([{ status: 200, body }])
      const layer = AnthropicModel.layer({ model: "old-one", apiKey: Redacted.make(plantedKey), baseUrl: `${url}/v1` })
      const asking = Effect.flatMap(LanguageModel, ({ generate }) => generate(request))
      expect(yield* Effect.provide(asking, layer)).toMatchObject({ value: { label: "bug", sure: true } })
      expect(JSON.stringify(requests[0]?.body)).toContain('"max_tokens":200')
    })
  )

  it.live("may refuse, which is no fault of the answer and is not repaired", () =>
    Effect.gen(function* () {
      const { error, requests } = yield* failed(anthropic, [anthropic.says("", "refusal")])
      expect(error).toMatchObject({ _tag: "ModelRefused", spent: { costMicroUsd: anthropic.costMicroUsd } })
      expect(requests).toHaveLength(1)
    })
  )

  it.live("costs nobody knows what when it is not in the table, and so does what is added to it", () =>
    Effect.gen(function* () {
      const { url } = yield* modelStub([anthropic.says("no"), anthropic.says(valid)])
      const layer = AnthropicModel.layer({
        model: "claude-of-tomorrow",
        apiKey: Redacted.make(plantedKey),
        baseUrl: `${url}/v1`
      })
      const { spent } = yield* Effect.provide(
        Effect.flatMap(LanguageModel, ({ generate }) => generate(request)),
        layer
      )
      expect(spent).toEqual({
        usage: { input: 1_800, cacheRead: 200, cacheWrite: 0, output: 100 },
        costMicroUsd: null
      })
    })
  )
})

describe("a model of Ollama's", () => {
  it("has room for the whole question and the answer, and not without end", () => {
    const question = { instructions: "x".repeat(100), messages: [], schema: {}, maxOutputTokens: 500, timeoutMs: 1 }
    expect(OllamaModel.contextTokens(question)).toBe(4_096)
    const long = [{ role: "user" as const, content: "x".repeat(40_000) }]
    expect(OllamaModel.contextTokens({ ...question, messages: long })).toBe(32_768)
    const endless = [{ role: "user" as const, content: "x".repeat(4_000_000) }]
    expect(OllamaModel.contextTokens({ ...question, messages: endless })).toBe(131_072)
  })
})
