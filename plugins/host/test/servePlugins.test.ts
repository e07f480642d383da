import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import {
  idsVariable,
  socketDirectoryVariable,
  socketFileOf,
  tokenVariable
} from "@farmops/plugin-sdk/contract/environment"
import { makePluginClient } from "@farmops/plugin-sdk/runtime/client/pluginClient"
import { Effect, Redacted, Schedule } from "effect"
import { pluginHostCommand } from "../src/command.ts"
import { firstParty } from "../src/firstParty.ts"
import { chooseIds } from "../src/servePlugins.ts"

const ids = [...firstParty.keys()]

// SIGTERM to the group is the last resort of a test that failed.
const startHost = (asked: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const folder = mkdtempSync(join(tmpdir(), "farmops-host-"))
      const { args, command } = pluginHostCommand()
      const env = { [socketDirectoryVariable]: folder, [idsVariable]: asked.join(","), [tokenVariable]: "right" }
      const child = spawn(command, args, { env, stdio: ["pipe", "ignore", "pipe"] })
      let said = ""
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        said += text
      })
      const ended = new Promise<number | null>((resolve) => child.once("exit", resolve))
      return { child, folder, ended, said: () => said }
    }),
    ({ child, folder }) =>
      Effect.sync(() => {
        child.kill("SIGKILL")
        rmSync(folder, { recursive: true, force: true })
      })
  )

const describeAt = (folder: string, id: string, token = "right") =>
  Effect.gen(function* () {
    const socket = join(folder, socketFileOf(id))
    const client = yield* Effect.acquireRelease(
      Effect.sync(() => makePluginClient(socket, Redacted.make(token), 5_000)),
      ({ close }) => close
    )
    return yield* client.describe(5_000)
  }).pipe(Effect.scoped)

const described = (folder: string, id: string) =>
  describeAt(folder, id).pipe(Effect.retry({ schedule: Schedule.spaced(20), times: 500 }))

describe("the host's program", () => {
  it.live("serves every plugin on a socket of its own that only its owner may open", () =>
    Effect.gen(function* () {
      const { folder } = yield* startHost(ids)
      for (const id of ids) {
        assert.strictEqual((yield* described(folder, id)).pluginId, id)
        assert.strictEqual(statSync(join(folder, socketFileOf(id))).mode & 0o777, 0o600, id)
      }
      assert.strictEqual(
        (yield* Effect.flip(describeAt(folder, ids[0] ?? "", "wrong"))).rawMessage,
        "wrong or missing token"
      )
    }).pipe(Effect.scoped)
  )

  it.live("serves those that were asked for, and says which it does not have", () =>
    Effect.gen(function* () {
      const { folder, said } = yield* startHost(["farmops/unknown", "farmops/git-pr-review", "farmops/git-pr-review"])
      yield* described(folder, "farmops/git-pr-review")
      assert.deepStrictEqual(readdirSync(folder), ["farmops.git-pr-review.sock"])
      assert.include(said(), 'does not have the plugin "farmops/unknown"')
    }).pipe(Effect.scoped)
  )

  it.live.each<readonly [string, (child: ChildProcess) => unknown]>([
    ["SIGTERM", (child) => child.kill("SIGTERM")],
    ["the end of its agent", (child) => child.stdin?.end()]
  ])("ends well on %s", ([, end]) =>
    Effect.gen(function* () {
      const { child, ended, folder } = yield* startHost(["farmops/git-history", "farmops/k8s-pod-health"])
      yield* described(folder, "farmops/k8s-pod-health")
      end(child)
      assert.strictEqual(yield* Effect.promise(() => ended), 0)
      assert.isFalse(existsSync(join(folder, "farmops.git-history.sock")))
    }).pipe(Effect.scoped)
  )

  it.live("ends at once where it has none of what was asked for", () =>
    Effect.gen(function* () {
      const { ended, said } = yield* startHost(["farmops/unknown"])
      assert.strictEqual(yield* Effect.promise(() => ended), 64)
      assert.include(said(), "none of the plugins")
    }).pipe(Effect.scoped)
  )

  it("says what it is to whoever starts it by hand", () => {
    const program = fileURLToPath(new URL("../bin/farmops-plugin-host.js", import.meta.url))
    const { status, stderr } = spawnSync(process.execPath, [program], {
      encoding: "utf8",
      env: { PATH: process.env.PATH }
    })
    assert.strictEqual(status, 64)
    assert.match(stderr, /^this is a host of FarmOps plugins: an agent starts it/)
  })
})

describe("chooseIds", () => {
  it("takes each that is known once, in the order in which they are asked for", () => {
    const known = new Map([
      ["a/b", 1],
      ["a/c", 2]
    ])
    assert.deepStrictEqual(chooseIds(" a/c,,a/b,a/c,x/y,", known), ["a/c", "a/b"])
    assert.deepStrictEqual(chooseIds("__proto__,constructor", known), [])
  })
})

describe("firstParty", () => {
  it.live("knows each plugin by the id that it describes itself with", () =>
    Effect.gen(function* () {
      for (const [id, load] of firstParty) {
        assert.strictEqual((yield* Effect.promise(load)).description.plugin_id, id)
      }
    })
  )
})
