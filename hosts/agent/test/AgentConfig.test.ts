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

  it.effect("takes sources of each type that it can watch, and what else an agent may be told", () =>
    Effect.gen(function* () {
      const text = [
        "plugins: farmops-plugins.yaml",
        "actor: {identifier: me@example.org, type: human}",
        "outbox_max: 500",
        "observations: {window_days: 3, max: 100}",
        "api: {host: 127.0.0.1, port: 1}",
        "hooks: {port: 2, host_names: [hooks.example.org]}",
        "sources:",
        "  - {name: app, type: git, path: ../app, window_days: 30}",
        "  - {name: github, type: webhook, sender: github, secrets: ['${SECRET}']}",
        "  - {name: alerts, type: alertmanager, poll: {url: 'http://127.0.0.1:9093'}}",
        "  - {name: page, type: http, source_type: status, url: 'http://127.0.0.1/status', actor: ann}",
        "  - {name: prod, type: kubernetes, kubeconfig: kube.yaml, watch: [{resource: pods, group_by: workload}]}",
        "  - {name: drop, type: file, source_type: report, folder: /var/reports}",
        "  - {name: uptime, type: command, source_type: uptime, command: [/usr/bin/uptime]}",
        "  - {name: daily, type: schedule, source_type: drill, cron: '0 6 * * *'}",
        "  - {name: tools, type: push, socket: push.sock, token_file: push.token, source_types: [ansible]}"
      ].join("\n")
      const file = yield* load(text, { SECRET: "s" })
      expect(file.sources?.map(({ name, type }) => `${name} ${type}`)).toEqual([
        "app git",
        "github webhook",
        "alerts alertmanager",
        "page http",
        "prod kubernetes",
        "drop file",
        "uptime command",
        "daily schedule",
        "tools push"
      ])
      expect(JSON.stringify(file)).not.toContain('"s"')
    })
  )

  it.effect("names the line of a source's fault, and refuses a type that it cannot watch", () =>
    Effect.gen(function* () {
      const cases: ReadonlyArray<[string, number, RegExp]> = [
        ["sources:\n  - name: a\n    type: telegraph\n", 3, /sources\[0\]\.type: is not available; one of git/],
        ["sources:\n  - name: a\n", 2, /sources\[0\]\.type: is missing/],
        ["sources:\n  - name: a\n    type: git\n    path: .\n    url: x\n", 5, /sources\[0\]\.url: is not a setting/],
        ["sources:\n  - name: A b\n    type: git\n    path: .\n", 2, /sources\[0\]\.name/],
        ["sources:\n  - {name: a, type: webhook, sender: github}\n", 2, /sources\[0\]\.secrets: is missing/],
        ["outbox_max: 0\n", 1, /outbox_max/],
        ["api:\n  port: 70000\n", 2, /api\.port/]
      ]
      for (const [text, line, message] of cases) {
        const error = yield* Effect.flip(load(text))
        expect(error).toMatchObject({ _tag: "ConfigInvalid", line })
        expect(error.message).toMatch(message)
      }
    })
  )
})
