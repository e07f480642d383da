import * as NodeServices from "@effect/platform-node/NodeServices"
import { describe, expect, it } from "@effect/vitest"
import { Effect, FileSystem, Path, Schema } from "effect"
import { LanguageModel } from "../../src/llm/LanguageModel.ts"
import { canonicalRequest, layerPlay, layerRecord, requestDigest } from "../../src/llm/wireFixtures.ts"
import { modelStub } from "./modelStub.ts"
import { plantedKey, type WireFormat, wireFormats } from "./wireFormats.ts"

const ask = (format: WireFormat, url: string, prompt: string) =>
  Effect.flatMap(LanguageModel, ({ generate }) =>
    generate({
      instructions: "Count.",
      prompt,
      schema: Schema.Struct({ cows: Schema.Int }),
      maxOutputTokens: 100,
      timeoutMs: 10_000
    })
  ).pipe(Effect.provide(format.layer(url)))

const fixtureFolder = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())

describe.each(wireFormats)("recorded answers of $name", (format) => {
  it.live("play again what was recorded, without the network and without the key", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const directory = yield* fixtureFolder
      const stub = yield* modelStub([format.says('{"cows":3}')])
      const recorded = yield* Effect.provide(ask(format, stub.url, "moo"), layerRecord(directory))
      const [file = ""] = yield* fs.readDirectory(directory)
      const text = yield* fs.readFileString(path.join(directory, file))
      expect(text).not.toContain(plantedKey)
      expect(JSON.parse(text)).toMatchObject({ origin: "recorded", request: { method: "POST", path: format.path } })

      const played = yield* Effect.provide(ask(format, "http://127.0.0.1:9", "moo"), layerPlay(directory))
      expect(played).toEqual(recorded)
      expect(stub.requests).toHaveLength(1)
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.live("fail for a request that nobody recorded, and say its digest and how to record it", () =>
    Effect.gen(function* () {
      const directory = yield* fixtureFolder
      const error = yield* Effect.flip(Effect.provide(ask(format, "http://127.0.0.1:9", "moo"), layerPlay(directory)))
      expect(error).toMatchObject({ _tag: "ModelUnavailable", reason: "not_recorded" })
      expect(error.message).toMatch(/no recording [0-9a-f]{64} in .*how to record it/)
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.live("do not answer another request than the one they were made for", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const directory = yield* fixtureFolder
      const stub = yield* modelStub([format.says('{"cows":3}')])
      yield* Effect.provide(ask(format, stub.url, "moo"), layerRecord(directory))
      const [file = ""] = yield* fs.readDirectory(directory)
      const text = yield* fs.readFileString(path.join(directory, file))
      yield* fs.writeFileString(path.join(directory, file), text.replace("moo", "boo"))
      const error = yield* Effect.flip(Effect.provide(ask(format, stub.url, "moo"), layerPlay(directory)))
      expect(error).toMatchObject({ reason: "not_recorded" })
    }).pipe(Effect.provide(NodeServices.layer))
  )
})

describe("the digest of a request", () => {
  const digest = (url: string, body: string) => requestDigest(canonicalRequest({ url, method: "POST", body }))

  it("does not depend on the host, the order of keys or white space", () => {
    expect(digest("http://one/v1/messages", '{"a":1,"b":{"c":2,"d":3}}')).toBe(
      digest("https://two:8443/v1/messages?x=1", '{ "b": {"d":3,"c":2}, "a": 1 }')
    )
  })

  it.each([
    ["http://one/v1/other", '{"a":[1,2]}'],
    ["http://one/v1/messages", '{"a":[2,1]}'],
    ["http://one/v1/messages", '{"a":[1,2],"b":0}']
  ])("depends on the path and on every value", (url, body) => {
    expect(digest(url, body)).not.toBe(digest("http://one/v1/messages", '{"a":[1,2]}'))
  })
})
