import { rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, SubscriptionRef } from "effect"
import { serveOn } from "../src/author/servePlugin.ts"
import { PluginRuntime } from "../src/runtime/PluginRuntime.ts"
import { observation } from "./observation.ts"
import { oddPlugin } from "./oddPlugin.ts"
import { entry, exec, manifestIn, pluginOf, settled, temporaryFolder, withRuntime } from "./runtimeFixture.ts"

const reload = Effect.flatMap(PluginRuntime, ({ reload }) => reload)
const statuses = Effect.flatMap(PluginRuntime, ({ status }) => SubscriptionRef.get(status))

/** The body may write the manifest anew. */
const running = <A, E>(text: string, body: (write: (text: string) => void) => Effect.Effect<A, E, PluginRuntime>) =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder
    const file = manifestIn(folder, text)
    return yield* withRuntime(
      body((next) => writeFileSync(file, next)),
      file
    )
  })

const version = (text: string) => entry({ description: { version: text } })

describe("a reload", () => {
  it.live("loses no call and answers none twice while many run across it", () =>
    running(entry(), () =>
      Effect.gen(function* () {
        const plugin = yield* pluginOf()
        const before = (yield* settled()).pid
        const answers: Array<string> = []
        let asked = 0
        let reloaded = false
        const call = Effect.gen(function* () {
          asked++
          const { reason } = yield* plugin.verify(observation("pid"))
          answers.push(reason)
          yield* Effect.sleep("5 millis")
        })
        // Ten callers, so that some call begins at every moment of the reload, and a few after it.
        const caller = Effect.repeat(call, { until: () => reloaded && answers.length >= 200 })
        const calls = yield* Effect.forkChild(
          Effect.all(
            Array.from({ length: 10 }, () => caller),
            { concurrency: "unbounded" }
          )
        )
        yield* reload
        const after = (yield* settled()).pid
        reloaded = true
        yield* Fiber.join(calls)
        yield* call
        assert.isAbove(answers.length, 200)
        assert.strictEqual(answers.length, asked)
        assert.deepStrictEqual(new Set(answers), new Set([String(before), String(after)]))
        // None went to the old process once the new one had answered, but those that it was asked before.
        const switched = answers.indexOf(String(after))
        assert.isBelow(answers.lastIndexOf(String(before)) - switched, 10)
        assert.deepInclude(yield* settled(), { state: "ready", starts: 2, faults: {} })
      })
    )
  )

  it.live("lets a call that is under way finish with the plugin that it asked", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const done = join(folder, "done")
      const text = entry({}, "    limits: { stop_seconds: 30, call_seconds: 60 }")
      const body = Effect.gen(function* () {
        const plugin = yield* pluginOf()
        const before = String((yield* settled()).pid)
        const slow = yield* Effect.forkChild(plugin.verify(observation({ until: done })), { startImmediately: true })
        const reloading = yield* Effect.forkChild(reload)
        yield* plugin
          .verify(observation("pid"))
          .pipe(Effect.repeat({ while: ({ reason }) => reason === before }), Effect.timeout("40 seconds"))
        // Longer than a plugin that was told to stop waits for its calls.
        yield* Effect.sleep("1500 millis")
        writeFileSync(done, "")
        assert.strictEqual((yield* Fiber.join(slow)).reason, before)
        yield* Fiber.join(reloading)
        assert.notStrictEqual(String((yield* settled()).pid), before)
      })
      yield* withRuntime(body, manifestIn(folder, text))
    })
  )

  it.live("hands out the new version, and whoever holds the old one learns that it was replaced", () =>
    running(version("1.0.0"), (write) =>
      Effect.gen(function* () {
        const old = yield* pluginOf()
        write(version("2.0.0"))
        yield* reload
        const now = yield* pluginOf()
        assert.strictEqual(now.identity.version, "2.0.0")
        assert.strictEqual((yield* now.verify(observation("work"))).verdict, "verified")
        assert.strictEqual((yield* Effect.flip(old.verify(observation("work")))).code, "replaced")
      })
    )
  )

  it.live("keeps what runs where the new one does not start, and says why", () =>
    running(entry(), (write) =>
      Effect.gen(function* () {
        const plugin = yield* pluginOf()
        const before = yield* settled()
        write(entry({ dies: "always" }))
        assert.deepInclude(yield* Effect.flip(reload), { plugin: "farmops/odd", reason: "it ended with status 3" })
        write(entry({ configured: true }, "    configuration:\n      often: 9"))
        const refused = yield* Effect.flip(reload)
        assert.match(refused.reason, /farmops-plugins\.yaml:6:7: plugins\[0\]\.configuration\.often: must be <= 5$/)
        write("plugins:\n  - id: nonsense\n")
        assert.deepInclude(yield* Effect.flip(reload), { plugin: null })
        assert.deepInclude(yield* settled(), { pid: before.pid, state: "ready", version: "1.2.3" })
        assert.strictEqual((yield* plugin.verify(observation("work"))).verdict, "verified")
      })
    )
  )

  it.live("refuses a socket that is not there in the place of a program that runs, and takes it once it is", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const file = manifestIn(folder, entry())
      const body = Effect.gen(function* () {
        const before = yield* settled()
        const token = "a-token-that-both-know"
        writeFileSync(file, `plugins:\n  - { id: farmops/odd, socket: { path: odd.sock, token: ${token} } }`)
        const refused = yield* Effect.flip(reload)
        assert.deepInclude(refused, { plugin: "farmops/odd", reason: "there is no socket at its path" })
        assert.deepInclude(yield* settled(), { pid: before.pid, state: "ready", obtained: "exec" })
        yield* Effect.acquireRelease(
          Effect.promise(() => serveOn(oddPlugin, { socket: join(folder, "odd.sock"), token })),
          ({ close }) => Effect.promise(close)
        )
        yield* reload
        assert.deepInclude(yield* settled(), { pid: null, state: "ready", obtained: "socket" })
        rmSync(join(folder, "odd.sock"))
        // It runs as the manifest says, and is awaited as it was.
        yield* reload
        assert.deepInclude(yield* settled(), { obtained: "socket" })
      })
      yield* withRuntime(body, file)
    })
  )

  it.live("brings back a plugin that was deactivated", () =>
    running(entry({ description: { protocol_versions: [2] } }), (write) =>
      Effect.gen(function* () {
        assert.strictEqual((yield* settled()).state, "deactivated")
        write(entry())
        yield* reload
        assert.deepInclude(yield* settled(), { state: "ready", reason: null })
        yield* pluginOf()
      })
    )
  )

  it.live("starts what was added, stops what was removed, and shows them in the manifest's order", () =>
    running(entry(), (write) =>
      Effect.gen(function* () {
        const odd = yield* pluginOf()
        const even = `  - { id: farmops/even, confinement: process, exec: ${exec({ description: { plugin_id: "farmops/even" } })} }`
        write(`${entry()}\n${even}`)
        yield* reload
        yield* pluginOf("farmops/even")
        assert.deepStrictEqual(
          (yield* statuses).map(({ id }) => id),
          ["farmops/odd", "farmops/even"]
        )
        write(`plugins:\n${even}`)
        yield* reload
        assert.deepStrictEqual(
          (yield* statuses).map(({ id }) => id),
          ["farmops/even"]
        )
        assert.strictEqual((yield* Effect.flip(odd.verify(observation("work")))).code, "deactivated")
      })
    )
  )
})
