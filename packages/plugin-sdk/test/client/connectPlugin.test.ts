import { once } from "node:events"
import { mkdtempSync, rmSync, symlinkSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { serveOn } from "../../src/author/servePlugin.ts"
import { connectPlugin, isSocket } from "../../src/runtime/client/connectPlugin.ts"
import { makePluginClient } from "../../src/runtime/client/pluginClient.ts"
import { oddPlugin } from "../oddPlugin.ts"
import { manifestIn, settled, temporaryFolder, withRuntime } from "../runtimeFixture.ts"

/** A socket with somebody behind it, and a link to it. */
const listening = Effect.acquireRelease(
  Effect.promise(async () => {
    const folder = mkdtempSync(join(tmpdir(), "connect-"))
    const path = join(folder, "one.sock")
    const server = createServer((socket) => socket.end("here")).listen(path)
    await once(server, "listening")
    symlinkSync(path, join(folder, "link.sock"))
    return { folder, path, link: join(folder, "link.sock"), server }
  }),
  ({ folder, server }) =>
    Effect.promise(async () => {
      server.close()
      rmSync(folder, { recursive: true })
    })
)

const heardFrom = (path: string) =>
  Effect.promise(async () => {
    let heard = ""
    const socket = connectPlugin(path).on("data", (piece) => {
      heard += String(piece)
    })
    const failed = new Promise<string>((resolve) => void socket.once("error", () => resolve("nobody")))
    return await Promise.race([failed, once(socket, "close").then(() => heard)])
  })

describe("connectPlugin", () => {
  it.live("reaches a socket, and nobody through a link to one", () =>
    Effect.gen(function* () {
      const { link, path } = yield* listening
      assert.strictEqual(yield* heardFrom(path), "here")
      assert.strictEqual(yield* heardFrom(link), "nobody")
      assert.strictEqual(yield* heardFrom(`${path}.none`), "nobody")
      assert.deepStrictEqual([isSocket(path, true), isSocket(link, false)], [true, false])
    })
  )
})

describe("a call to a plugin", () => {
  it.live("fails at once where there is no socket, or only a link to one", () =>
    Effect.gen(function* () {
      const { link, path } = yield* listening
      for (const [place, code] of [
        [`${path}.none`, "ENOENT"],
        [link, "ENOTDIR"]
      ] as const) {
        const client = yield* Effect.acquireRelease(
          Effect.sync(() => makePluginClient(place, Redacted.make("word"), 60_000)),
          ({ close }) => close
        )
        assert.include((yield* Effect.flip(client.describe(60_000))).rawMessage, code)
      }
    })
  )
})

describe("a plugin that puts a link to another's socket in the place of its own", () => {
  it.live("is not ready, and nobody else answers in its name", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const socket = join(folder, "other.sock")
      let asked = 0
      const other = {
        ...oddPlugin,
        get description() {
          asked++
          return oddPlugin.description
        }
      }
      yield* Effect.acquireRelease(
        Effect.promise(() => serveOn(other, { socket, token: "" })),
        ({ close }) => Effect.promise(close)
      )
      asked = 0
      const code = `fs.symlinkSync(${JSON.stringify(socket)}, process.env.FARMOPS_PLUGIN_SOCKET); process.stdin.resume()`
      const manifest = {
        plugins: [
          {
            id: "farmops/odd",
            exec: { command: process.execPath, args: ["-e", code] },
            confinement: "process",
            limits: { ready_seconds: 1 },
            restart: { crash_budget: 0 }
          }
        ]
      }
      const row = yield* withRuntime(settled(), manifestIn(folder, JSON.stringify(manifest)))
      assert.deepInclude(row, { state: "deactivated", reason: "not_ready" })
      assert.strictEqual(asked, 0)
    })
  )
})
