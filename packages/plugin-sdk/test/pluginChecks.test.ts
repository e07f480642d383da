import { createHash } from "node:crypto"
import { chmodSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { PassThrough } from "node:stream"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Logger, References } from "effect"
import { TestClock } from "effect/testing"
import { checkConfiguration } from "../src/runtime/launch/checkConfiguration.ts"
import { effectiveSources } from "../src/runtime/launch/effectiveSources.ts"
import { logOutput } from "../src/runtime/launch/logOutput.ts"
import { fileDigest } from "../src/runtime/launch/programDigest.ts"
import { programFile } from "../src/runtime/launch/resolveProgram.ts"
import { configuredPlugin } from "./oddPlugin.ts"
import { temporaryFolder } from "./runtimeFixture.ts"

describe("a plugin's configuration", () => {
  const schema = {
    type: "object",
    properties: {
      names: { type: "array", items: { type: "string", pattern: "^(a+)+$" } },
      "a/b": { type: "object", additionalProperties: false, properties: { level: { enum: ["low", "high"] } } }
    },
    required: ["names"]
  }

  it.effect.each<[string, unknown, object | string]>([
    ["that fits is taken", { names: ["aa"] }, "ok"],
    ["names what is missing", {}, { path: ["names"], message: "is missing" }],
    ["names the element that is wrong", { names: ["a", 1] }, { path: ["names", 1], message: "must be string" }],
    [
      "names a setting that nobody knows",
      { names: [], "a/b": { leval: 1 } },
      { path: ["a/b", "leval"], message: "is not a setting that is known here" }
    ],
    [
      "lists what may be chosen",
      { names: [], "a/b": { level: "mid" } },
      { path: ["a/b", "level"], message: 'must be one of ["low","high"]' }
    ]
  ])("%s", ([_, configuration, expected]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* checkConfiguration(schema, configuration), expected)
    })
  )

  it.effect("cannot hang the agent with a pattern that takes for ever", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* checkConfiguration(schema, { names: [`${"a".repeat(50)}!`] }), "bad_schema")
    })
  )

  it.effect("is checked against nothing that lies elsewhere, and nothing that is no schema", () =>
    Effect.gen(function* () {
      for (const none of [{ $ref: "https://example.org/schema.json" }, { type: "objekt" }, { typ: "object" }]) {
        assert.strictEqual(yield* checkConfiguration(none, {}), "bad_schema")
      }
    })
  )

  it.effect("is checked against what a plugin of ours publishes", () =>
    Effect.gen(function* () {
      const published = configuredPlugin.description.configuration_schema ?? {}
      assert.strictEqual(yield* checkConfiguration(published, { namespaces: ["a"], often: 1 }), "ok")
      const fault = { path: ["often"], message: "must be <= 5" }
      assert.deepStrictEqual(yield* checkConfiguration(published, { often: 6 }), fault)
      const unknown = { path: ["ofen"], message: "is not a setting that is known here" }
      assert.deepStrictEqual(yield* checkConfiguration(published, { ofen: 1 }), unknown)
    })
  )
})

describe("what a plugin is sent", () => {
  const declared = (...fields: ReadonlyArray<string>) => ({
    sources: [
      { source_type: "kubernetes", permissions: [], fields },
      { source_type: "git", permissions: [], fields: ["/data/id"] }
    ]
  })
  const of = (fields: ReadonlyArray<string>, settings = {}) =>
    Object.fromEntries(effectiveSources(declared(...fields), { sources: null, secrets: {}, ...settings }))

  it("is all that it declares where the manifest says nothing", () => {
    assert.deepStrictEqual(of([]), { kubernetes: [], git: ["/data/id"] })
    assert.deepStrictEqual(of(["/object/kind"]), { kubernetes: ["/object/kind"], git: ["/data/id"] })
  })

  it("is only of the sources that the manifest allows", () => {
    assert.deepStrictEqual(of([], { sources: ["git", "webhook"] }), { git: ["/data/id"] })
  })

  it("is no data of a Secret unless its field is approved, word for word", () => {
    const fields = ["/object/kind", "/object/data/tls.crt", "/objects/*/stringData"]
    assert.deepStrictEqual(of(fields).kubernetes, ["/object/kind"])
    const secrets = { kubernetes: ["/object/data/tls.crt", "/object/data"] }
    assert.deepStrictEqual(of(fields, { secrets }).kubernetes, ["/object/kind", "/object/data/tls.crt"])
  })

  it("is nothing at all, and not everything, where no field is left", () => {
    assert.notProperty(of(["/object/data/tls.key"]), "kubernetes")
  })
})

describe("the program that a digest names", () => {
  it.effect("is the command's file, wherever links lead, or the script of an interpreter", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const program = join(folder, "program")
      const script = join(folder, "script.js")
      writeFileSync(program, "binary")
      chmodSync(program, 0o755)
      writeFileSync(script, "script")
      symlinkSync(program, join(folder, "link"))
      assert.strictEqual(programFile(program, [script], ""), program)
      assert.strictEqual(programFile(join(folder, "link"), [], ""), program)
      assert.strictEqual(programFile("link", [], folder), program)
      assert.strictEqual(programFile("link", [], ""), null)
      assert.strictEqual(programFile(script, [], ""), null)
      assert.strictEqual(programFile(process.execPath, ["--no-warnings", "-C", "x", script, program], ""), script)
      assert.strictEqual(programFile(process.execPath, ["--env-file", program, script], ""), script)
      assert.strictEqual(programFile(process.execPath, ["-e"], ""), null)
      assert.strictEqual(programFile(process.execPath, ["--", "-x.js", script], ""), null)
      assert.strictEqual(yield* fileDigest(script), createHash("sha256").update("script").digest("hex"))
      assert.isNull(yield* fileDigest(folder))
    })
  )
})

describe("what a plugin prints", () => {
  const printed = (text: ReadonlyArray<string>) =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.make(({ logLevel, message }) => void lines.push(`${logLevel} ${String(message)}`))
      const output = new PassThrough()
      const reading = yield* logOutput("farmops/odd", "stderr", output).pipe(
        Effect.provide(Logger.layer([logger])),
        Effect.provideService(References.MinimumLogLevel, "Debug"),
        Effect.forkChild({ startImmediately: true })
      )
      for (const part of text) output.write(part)
      output.end()
      yield* TestClock.adjust(0)
      yield* Fiber.join(reading)
      return lines
    })

  it.effect("is logged line by line at the debug level, however it comes", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* printed(["E! a l", "ine\n\nano", "ther\nlast"]), [
        "Debug E! a line",
        "Debug another",
        "Debug last"
      ])
    })
  )

  it.effect("is cut where a line is too long, also where it never ends", () =>
    Effect.gen(function* () {
      const lines = yield* printed(["x".repeat(50_000), "y".repeat(50_000), "\n", "z\n"])
      assert.deepStrictEqual(
        lines.map((line) => line.length - "Debug ".length),
        [2_000, 1]
      )
    })
  )

  it.effect("is counted where it floods", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* printed(["line\n".repeat(100_000)])).length, 100)
    })
  )
})
