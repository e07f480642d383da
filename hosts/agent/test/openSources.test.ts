import { NodeServices } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { loadYamlConfig } from "@farmops/core/config/loadYamlConfig"
import { makeSourceMemoryInRam } from "@farmops/plugin-sdk/sources/SourceMemory"
import { Effect, FileSystem } from "effect"
import { AgentFile } from "../src/AgentConfig.ts"
import { openSources } from "../src/openSources.ts"

const open = (...lines: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped()
    yield* fs.writeFileString(`${folder}/agent.yaml`, lines.join("\n"))
    const file = yield* loadYamlConfig(`${folder}/agent.yaml`, AgentFile, {})
    const pluginFields = { asked: () => Effect.succeed([]), changed: () => Effect.never }
    return yield* openSources(file, { folder, memoryOf: () => makeSourceMemoryInRam, pluginFields })
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

const page = "  - {name: page, type: http, source_type: status, url: 'http://127.0.0.1:9/'}"

describe("the sources of agent.yaml", () => {
  it.effect("are opened by name, and those that are called over HTTP want their routes served", () =>
    Effect.gen(function* () {
      const { receivers, repositories, sources } = yield* open(
        "actor: {identifier: ann}",
        "sources:",
        page,
        "  - {name: hub, type: webhook, sender: github, secrets: [s]}",
        "  - {name: told, type: alertmanager, webhook: {credential: {bearer_token: t}}}",
        "  - {name: asked, type: alertmanager, poll: {url: 'http://127.0.0.1:9'}}",
        "  - {name: daily, type: schedule, source_type: drill, cron: '0 6 * * *'}",
        "  - {name: uptime, type: command, source_type: uptime, command: [/usr/bin/uptime]}",
        "  - {name: drop, type: file, source_type: report, folder: reports}"
      )
      expect(sources.map(({ name, sourceType }) => `${name} ${sourceType}`)).toEqual([
        "page status",
        "hub github",
        "told prometheus",
        "asked prometheus",
        "daily drill",
        "uptime uptime",
        "drop report"
      ])
      expect([repositories.length, receivers.length]).toEqual([0, 2])
    })
  )

  it.effect("are refused where nobody says whose work they see", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(open("sources:", page))
      expect(error).toMatchObject({ _tag: "SourceMisconfigured", source: "page" })
      expect(error.message).toContain("actor")
      const webhook = yield* open("sources:", "  - {name: hub, type: webhook, sender: gitea, secrets: [s]}")
      expect(webhook.sources).toHaveLength(1)
    })
  )

  it.effect("are refused where two have one name, or the settings of one cannot work", () =>
    Effect.gen(function* () {
      const twice = yield* Effect.flip(open("actor: {identifier: ann}", "sources:", page, page))
      expect(twice).toMatchObject({ _tag: "SourceMisconfigured", source: "page" })
      const nothing = "  - {name: idle, type: alertmanager}"
      const idle = yield* Effect.flip(open("actor: {identifier: ann}", "sources:", nothing))
      expect(idle).toMatchObject({ _tag: "SourceMisconfigured", source: "idle" })
      const nowhere = yield* Effect.flip(open("sources:", "  - {name: app, type: git, path: nowhere}"))
      expect(nowhere._tag).toBe("NotARepository")
    })
  )
})
