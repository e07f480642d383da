import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Runtime, Schema } from "effect"
import { loadYamlConfig } from "../src/config/loadYamlConfig.ts"
import type { Environment } from "../src/config/substituteEnvironment.ts"
import { exitCodes } from "../src/host/exitCodes.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

const Config = Schema.Struct({
  name: Schema.String,
  port: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65_535 })),
  token: Schema.optionalKey(Schema.Redacted(Schema.String)),
  watch: Schema.optionalKey(Schema.Boolean),
  plugins: Schema.optionalKey(
    Schema.Array(
      Schema.Struct({ id: Schema.String, env: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)) })
    )
  )
})

/** How a file names a variable. */
const use = (name: string) => ["$", "{", name, "}"].join("")

const load = (text: string, environment: Environment = {}) =>
  Effect.gen(function* () {
    const file = join(yield* temporaryFolder, "farm.yaml")
    writeFileSync(file, text)
    return yield* loadYamlConfig(file, Config, environment)
  }).pipe(Effect.provide(NodeServices.layer))

const faultOf = (text: string, environment?: Environment) => Effect.flip(load(text, environment))

describe("a configuration file", () => {
  it.effect("is read, with variables in its values", () =>
    Effect.gen(function* () {
      const text = [
        `name: "the ${use("KIND")} farm"`,
        `port: ${use("PORT")}`,
        `watch: ${use("WATCH")}`,
        "plugins:",
        "  - id: git",
        `    env: { HOME: "${use("HOME_OF")}", PRICE: "$${use("PORT")}" }`
      ].join("\n")
      expect(yield* load(text, { KIND: "old", PORT: "8443", WATCH: "true", HOME_OF: "42" })).toEqual({
        name: "the old farm",
        port: 8443,
        watch: true,
        plugins: [{ id: "git", env: { HOME: "42", PRICE: use("PORT") } }]
      })
    })
  )

  it.effect("cannot be given another shape by a variable", () =>
    Effect.gen(function* () {
      const evil = "x\nport: 1\n# {[\"'"
      expect(yield* load(`name: ${use("NAME")}\nport: 2\n`, { NAME: evil })).toEqual({ name: evil, port: 2 })
    })
  )

  it.effect.each<[string, string, object]>([
    [
      "a variable that is not set",
      `name: a\nport: ${use("PORT")}\n`,
      { line: 2, column: 7, path: "port", expected: "the environment variable PORT is not set" }
    ],
    [
      "a setting that nobody knows",
      "name: a\nport: 1\nprot: 2\n",
      { line: 3, column: 1, path: "prot", expected: "is not a setting that is known here" }
    ],
    [
      "one that nobody knows further in",
      "name: a\nport: 1\nplugins:\n  - id: git\n    idd: x\n",
      { line: 5, column: 5, path: "plugins[0].idd" }
    ],
    ["one that is missing", "# mine\nname: a\n", { line: 2, path: "port", expected: "is missing" }],
    [
      "one that is missing further in",
      "name: a\nport: 1\nplugins:\n  - id: git\n  - env: {}\n",
      { line: 5, column: 5, path: "plugins[1].id", expected: "is missing" }
    ],
    ["a value of another kind", "port: eighty\nname: a\n", { line: 1, column: 1, path: "port" }],
    ["a number out of its range", "name: a\nport: 70000\n", { line: 2, path: "port" }],
    [
      "the same setting twice",
      "name: a\nport: 1\nname: b\n",
      { line: 3, path: "", expected: "Map keys must be unique" }
    ],
    ["broken YAML", "name: a\nport: [1\n", { line: 3, path: "" }],
    ["a list instead of settings", "- name\n", { line: 1, path: "" }]
  ])("is refused with its line when it has %s", ([, text, expected]) =>
    Effect.gen(function* () {
      const error = yield* faultOf(text)
      expect(error).toMatchObject({ _tag: "ConfigInvalid", [Runtime.errorExitCode]: exitCodes.config, ...expected })
      expect(error.message).toMatch(/farm\.yaml:\d+:\d+: /)
      expect(error.message).not.toContain("\n")
    })
  )

  it.effect("never repeats a value when it is refused: it may be a secret", () =>
    Effect.gen(function* () {
      const secret = "hunter2hunter2"
      for (const text of [
        `name: a\nport: ${use("SECRET")}\n`,
        `name: a\nport: 1\nplugins: ${use("SECRET")}\n`,
        `name: a\nport: 1\nwatch: ${use("SECRET")}\n`
      ]) {
        const error = yield* faultOf(text, { SECRET: secret })
        expect(JSON.stringify(error) + error.message).not.toContain("hunter")
      }
    })
  )

  it.effect("says that it is not there, or no file", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const missing = yield* Effect.flip(loadYamlConfig(join(folder, "none.yaml"), Config, {}))
      expect(missing.message).toBe(`${folder}/none.yaml: there is no such file`)
      expect((yield* Effect.flip(loadYamlConfig(folder, Config, {}))).message).toBe(`${folder}: is not a file`)
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.effect("cannot blow up through aliases", () =>
    Effect.gen(function* () {
      const bomb = ["a: &a [x,x,x,x,x,x,x,x,x]"]
      for (const [at, name] of ["b", "c", "d", "e", "f"].entries()) {
        const before = String.fromCharCode("a".charCodeAt(0) + at)
        bomb.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(",")}]`)
      }
      expect(yield* faultOf(`${bomb.join("\n")}\n`)).toMatchObject({
        _tag: "ConfigInvalid",
        expected: "uses too many aliases"
      })
    })
  )
})
