import { type ChildProcess, spawn } from "node:child_process"
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type Http2Server } from "node:http2"
import { join } from "node:path"
import type { ConnectRouter } from "@connectrpc/connect"
import { connectNodeAdapter } from "@connectrpc/connect-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, SubscriptionRef } from "effect"
import { serveOn } from "../src/author/servePlugin.ts"
import { encodeDescription } from "../src/contract/encode.ts"
import { FarmPlugin } from "../src/gen/farmops/plugin/v1/plugin_pb.ts"
import { PluginRuntime } from "../src/runtime/PluginRuntime.ts"
import { observation } from "./observation.ts"
import { configuredPlugin, oddPlugin } from "./oddPlugin.ts"
import {
  manifestIn,
  pluginOf,
  runtimeProgram,
  settled,
  statusWhere,
  temporaryFolder,
  withRuntime
} from "./runtimeFixture.ts"

const token = "a-token-that-both-know"

const served = (socket: string, id = "farmops/odd", given = token) =>
  Effect.acquireRelease(
    Effect.promise(() =>
      serveOn({ ...oddPlugin, description: { ...oddPlugin.description, plugin_id: id } }, { socket, token: given })
    ),
    ({ close }) => Effect.promise(close)
  )

/** As a container beside the agent would be: another program, which the agent did not start. */
const startOutside = (socket: string) =>
  Effect.acquireRelease(
    Effect.sync(
      (): ChildProcess =>
        spawn(process.execPath, ["--conditions=@farmops/source", runtimeProgram], {
          env: { FARMOPS_PLUGIN_SOCKET: socket, FARMOPS_PLUGIN_TOKEN: token },
          stdio: ["pipe", "ignore", "inherit"]
        })
    ),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )

const oneSocket = (path: string) =>
  `plugins:\n  - { id: farmops/odd, socket: { path: ${path}, token: ${token} }, restart: { backoff_max_ms: 50 } }`

describe("a plugin that somebody else starts", () => {
  it.live("is asked over its socket, and shown as held by nothing", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const socket = join(folder, "odd.sock")
      yield* served(socket)
      const body = Effect.gen(function* () {
        const plugin = yield* pluginOf()
        assert.strictEqual((yield* plugin.verify(observation("work"))).verdict, "verified")
        const shown = {
          obtained: "socket",
          state: "ready",
          confinement: "none",
          pid: null,
          digest: null,
          starts: 1
        } as const
        assert.deepInclude(yield* settled(), shown)
      })
      yield* withRuntime(body, manifestIn(folder, oneSocket("./odd.sock")))
    })
  )

  it.live("is awaited, given up when it is gone, and taken again when it comes back", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const socket = join(folder, "odd.sock")
      const body = Effect.gen(function* () {
        yield* statusWhere("farmops/odd", ({ state }) => state === "backoff")
        const first = yield* startOutside(socket)
        yield* settled()
        const plugin = yield* pluginOf()
        assert.strictEqual((yield* plugin.verify(observation("work"))).verdict, "verified")
        first.kill("SIGKILL")
        yield* statusWhere("farmops/odd", ({ state }) => state === "backoff")
        yield* startOutside(socket)
        yield* settled()
        assert.strictEqual((yield* plugin.verify(observation("work"))).verdict, "verified")
      })
      yield* withRuntime(body, manifestIn(folder, oneSocket(socket)), { lookMs: 100 })
    })
  )

  it.live("is not taken without the token that both know", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const socket = join(folder, "odd.sock")
      yield* served(socket, "farmops/odd", "another")
      const body = statusWhere("farmops/odd", ({ faults, state }) => state === "backoff" && faults.not_ready === 2)
      yield* withRuntime(body, manifestIn(folder, oneSocket(socket)))
    })
  )
})

describe("a plugin that publishes a schema and does not serve its configuration", () => {
  const mostlyServed = (socket: string) =>
    Effect.acquireRelease(
      Effect.callback<Http2Server>((resume) => {
        const routes = (router: ConnectRouter) =>
          router.service(FarmPlugin, { describe: () => encodeDescription(configuredPlugin.description) })
        const server = createServer(connectNodeAdapter({ routes }))
        server.listen(socket, () => resume(Effect.succeed(server)))
      }),
      (server) => Effect.sync(() => server.close())
    )

  const stateWith = (configuration: string) =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      yield* mostlyServed(join(folder, "odd.sock"))
      const text = `plugins:\n  - { id: farmops/odd, socket: { path: odd.sock }${configuration} }`
      const { reason, state } = yield* withRuntime(settled(), manifestIn(folder, text))
      return reason ?? state
    })

  it.live("is ready without one, and of no use with one", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* stateWith(""), "ready")
      assert.strictEqual(yield* stateWith(", configuration: { often: 2 }"), "bad_configuration")
    })
  )
})

describe("the folder of sockets", () => {
  it.live("registers a plugin with its socket, and expects it back when the socket is gone", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      writeFileSync(join(folder, "token"), `${token}\n`)
      const manifest = manifestIn(folder, "socket_directory: { path: sockets, token_file: token }")
      const sockets = join(folder, "sockets")
      const body = Effect.gen(function* () {
        const { plugins, status } = yield* PluginRuntime
        // The folder may come after the agent.
        mkdirSync(sockets)
        yield* served(join(sockets, "odd.sock"))
        yield* served(join(sockets, "no name.sock"), "farmops/even")
        writeFileSync(join(sockets, "file.sock"), "")
        const plugin = yield* pluginOf()
        assert.strictEqual((yield* plugin.verify(observation("work"))).verdict, "verified")
        assert.deepInclude(yield* settled(), { obtained: "socket", sources: ["test"] })
        const taken = yield* served(join(sockets, "other.sock"))
        yield* statusWhere("socket:other", ({ reason }) => reason === "wrong_id")
        rmSync(join(sockets, "other.sock"))
        yield* Effect.promise(taken.close)

        const listed = Effect.map(SubscriptionRef.get(status), (all) => all.map(({ id }) => id))
        yield* Effect.sleep("20 millis").pipe(
          Effect.andThen(listed),
          Effect.repeat({ until: (ids) => ids.join() === "farmops/odd" }),
          Effect.timeout("20 seconds")
        )
        rmSync(join(sockets, "odd.sock"))
        // It was there once, so it is expected again.
        const away = yield* statusWhere("farmops/odd", ({ state }) => state === "away")
        assert.deepInclude(away, { version: "1.2.3", sources: ["test"], pid: null })
        assert.deepStrictEqual(yield* plugins, [])
        assert.strictEqual((yield* Effect.flip(plugin.verify(observation("work")))).code, "deactivated")

        yield* served(join(sockets, "odd.sock"))
        assert.strictEqual((yield* (yield* pluginOf()).verify(observation("work"))).verdict, "verified")
      })
      yield* withRuntime(body, manifest)
    })
  )

  it.live("shows a plugin that cannot be used, and why", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      writeFileSync(join(folder, "token"), token)
      const description = { ...oddPlugin.description, description: "x".repeat(2000) }
      yield* Effect.promise(() => serveOn({ ...oddPlugin, description }, { socket: join(folder, "bad.sock"), token }))
      const body = statusWhere("socket:bad", ({ reason }) => reason === "bad_description")
      assert.deepInclude(
        yield* withRuntime(body, manifestIn(folder, "socket_directory: { path: ., token_file: token }")),
        {
          state: "deactivated",
          faults: { bad_description: 1 }
        }
      )
    })
  )
})
