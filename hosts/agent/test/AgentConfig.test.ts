import { NodeServices } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { loadYamlConfig } from "@farmops/core/config/loadYamlConfig"
import { Effect, FileSystem } from "effect"
import { AgentFile } from "../src/AgentConfig.ts"

const load = (text: string, env: Record<string, string> = {}) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const file = `${yield* fs.makeTempDirectoryScoped()}/agent.yaml`
    yield* fs.writeFileString(file, text)
    return yield* loadYamlConfig(file, AgentFile, env)
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

describe("agent.yaml", () => {
  it.effect("takes values from the environment", () =>
    Effect.gen(function* () {
      const file = yield* load("tracker:\n  url: ${TRACKER}\nrepository:\n  path: .\n", {
        TRACKER: "http://127.0.0.1:1"
      })
      expect(file).toEqual({ tracker: { url: "http://127.0.0.1:1" }, repository: { path: "." } })
    })
  )

  it.effect("names the line of a key that it does not know", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(load("repository:\n  path: .\n  windowdays: 3\n"))
      expect(error).toMatchObject({ _tag: "ConfigInvalid", line: 3 })
      expect(error.message).toContain("agent.yaml:3")
    })
  )

  it.effect("refuses an alias that could be a host name, an address or a path", () =>
    Effect.gen(function* () {
      for (const alias of ["db1.example.org", "10.0.0.1", "/srv/app", "Mine", "a".repeat(33), "-a"]) {
        const error = yield* Effect.flip(load(`cluster_alias: "${alias}"\nrepository:\n  path: .\n`))
        expect(error).toMatchObject({ _tag: "ConfigInvalid", line: 1 })
      }
      expect((yield* load("cluster_alias: home-lab\nrepository:\n  path: .\n")).cluster_alias).toBe("home-lab")
    })
  )
})
