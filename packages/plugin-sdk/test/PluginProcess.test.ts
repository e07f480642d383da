import { spawnSync } from "node:child_process"
import { existsSync, readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Logger, References, Scope } from "effect"
import { rawDataBytesMax } from "../src/contract/Observation.ts"
import { type PluginOptions, type PluginSpec, startPlugin } from "../src/runtime/PluginProcess.ts"
import { observation } from "./observation.ts"

const program = fileURLToPath(new URL("./servedOddPlugin.ts", import.meta.url))

const spec = (...args: ReadonlyArray<string>): PluginSpec => ({
  id: "farmops/odd",
  command: process.execPath,
  args: ["--conditions=@farmops/source", program, ...args]
})

// The program lies where no program of a package does: a stronger level would not let it read its own files.
const start = (plugin: PluginSpec, options: PluginOptions = {}) =>
  startPlugin(plugin, { confinement: "process", ...options })

const isAlive = (pid: number | null): boolean => {
  if (pid === null) return false
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)

// Short, so that what has to be waited for in a test is.
const hasty = { ready_seconds: 30, call_seconds: 1, stop_seconds: 0.2 }

const faultOf = <A, E extends { readonly code: string }>(effect: Effect.Effect<A, E>) =>
  Effect.map(Effect.flip(effect), ({ code }) => code)

describe("a plugin's process", () => {
  it.live("is reached through a socket that only its owner may open, and is gone with its scope", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const plugin = yield* Scope.provide(start(spec()), scope)
      const pid = plugin.pid()
      const { reason: folder } = yield* plugin.verify(observation("home"))
      assert.strictEqual(modeOf(folder), "700")
      assert.deepStrictEqual(readdirSync(folder), ["plugin.sock"])
      assert.strictEqual(modeOf(join(folder, "plugin.sock")), "600")
      assert.isTrue(isAlive(pid))
      yield* Scope.close(scope, Exit.void)
      assert.isFalse(isAlive(pid))
      assert.isFalse(existsSync(folder))
      assert.isNull(plugin.pid())
    })
  )

  it.live("is killed when it does not listen to SIGTERM", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const plugin = yield* Scope.provide(start(spec("stubborn"), { limits: hasty }), scope)
      const pid = plugin.pid()
      yield* Scope.close(scope, Exit.void)
      assert.isFalse(isAlive(pid))
    })
  )

  it.live("stops when its agent is killed and can ask for nothing any more", () =>
    Effect.gen(function* () {
      const agent = fileURLToPath(new URL("./killedAgent.ts", import.meta.url))
      const { stdout } = spawnSync(process.execPath, ["--conditions=@farmops/source", agent], { encoding: "utf8" })
      const pid = Number(stdout)
      assert.isAbove(pid, 0)
      yield* Effect.sleep("20 millis").pipe(Effect.repeat({ while: () => isAlive(pid) }), Effect.timeout("5 seconds"))
    })
  )

  it.live("does not become ready when it ends, is missing, is another plugin or is mute", () =>
    Effect.gen(function* () {
      const reasonOf = (odd: PluginSpec, limits = {}) =>
        Effect.map(Effect.flip(start(odd, { limits })), ({ reason }) => reason)
      assert.strictEqual(yield* reasonOf(spec("dead")), "it ended with status 3")
      assert.match(yield* reasonOf({ ...spec(), command: "/nowhere/plugin" }), /not found/)
      assert.match(yield* reasonOf({ ...spec(), id: "farmops/even" }), /another id/)
      assert.match(yield* reasonOf(spec("mute"), { ready_seconds: 0.5 }), /did not answer within 0.5 s/)
    })
  )

  it.live("knows little of its agent's environment, and goes on after a bad answer", () =>
    Effect.gen(function* () {
      const plugin = yield* start(spec(), { environment: [{ GIVEN: "1" }] })
      const { reason } = yield* plugin.verify(observation("environment"))
      const names = ["FARMOPS_PLUGIN_SOCKET", "FARMOPS_PLUGIN_TOKEN", "GIVEN", "HOME", "LANG", "LC_ALL", "PATH"]
      assert.deepStrictEqual(reason.split(" "), names)

      const thrown = yield* Effect.flip(plugin.verify(observation("throw")))
      assert.strictEqual(thrown.code, "error")
      assert.notInclude(JSON.stringify(thrown) + String(thrown), "marker")
      assert.strictEqual(yield* faultOf(plugin.verify(observation("nonsense"))), "answer")
      assert.strictEqual(yield* faultOf(plugin.verify(observation("huge"))), "answer")
      assert.strictEqual(yield* faultOf(plugin.verify(observation("work", { sourceType: "other" }))), "refused")

      const sized = (bytes: number) => observation("x".repeat(bytes - 2))
      assert.strictEqual((yield* plugin.verify(sized(rawDataBytesMax))).verdict, "verified")
      assert.strictEqual(yield* faultOf(plugin.verify(sized(rawDataBytesMax + 1))), "too_large")
      assert.strictEqual(plugin.restarts(), 0)
    })
  )

  it.live("that crashes under many calls is a fault for each, never a verdict, and is started again once", () =>
    Effect.gen(function* () {
      const plugin = yield* start(spec())
      const pid = plugin.pid()
      const calls = ["wait", "wait", "wait", "crash", "wait"].map((todo) => faultOf(plugin.verify(observation(todo))))
      const codes = yield* Effect.all(calls, { concurrency: "unbounded" })
      assert.deepStrictEqual(codes, Array(5).fill("crashed"))
      const again = Array.from({ length: 8 }, () => plugin.verify(observation("work")))
      const verdicts = yield* Effect.all(again, { concurrency: "unbounded" })
      assert.isTrue(verdicts.every(({ verdict }) => verdict === "verified"))
      assert.strictEqual(plugin.restarts(), 1)
      assert.notStrictEqual(plugin.pid(), pid)
    })
  )

  it.live("that dies while nobody calls is started again", () =>
    Effect.gen(function* () {
      const plugin = yield* start(spec())
      const pid = plugin.pid()
      process.kill(pid ?? 0, "SIGKILL")
      yield* Effect.sleep("10 millis").pipe(Effect.repeat({ while: () => plugin.pid() === pid }))
      assert.strictEqual((yield* plugin.verify(observation("work"))).verdict, "verified")
    })
  )

  it.live("that keeps crashing is deactivated until somebody restarts it", () =>
    Effect.gen(function* () {
      const plugin = yield* start(spec(), { restart: { crash_budget: 2 } })
      for (let crash = 0; crash <= 2; crash++) {
        assert.isFalse(plugin.isDeactivated())
        assert.strictEqual(yield* faultOf(plugin.verify(observation("crash"))), "crashed")
      }
      assert.strictEqual(yield* faultOf(plugin.verify(observation("work"))), "deactivated")
      assert.strictEqual(yield* faultOf(plugin.verify(observation("work"))), "deactivated")
      assert.isTrue(plugin.isDeactivated())
      assert.strictEqual(plugin.restarts(), 2)
      yield* plugin.restart
      assert.strictEqual((yield* plugin.verify(observation("work"))).verdict, "verified")
    })
  )

  it.live("has a deadline for a verdict; one that only waits goes on, one that is stuck in a loop is replaced", () =>
    Effect.gen(function* () {
      const plugin = yield* start(spec(), { limits: hasty })
      const pid = plugin.pid()
      assert.strictEqual(yield* faultOf(plugin.verify(observation("wait"))), "deadline")
      assert.strictEqual(plugin.pid(), pid)
      assert.strictEqual(yield* faultOf(plugin.verify(observation("hang"))), "deadline")
      assert.strictEqual((yield* plugin.verify(observation("work"))).verdict, "verified")
      assert.isFalse(isAlive(pid))
    })
  )

  it.live("prints to the debug log and to no other", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.make(({ logLevel, message }) => {
        lines.push(`${logLevel} ${String(message)}`)
      })
      const print = Effect.gen(function* () {
        const plugin = yield* start(spec())
        yield* plugin.verify(observation("print"))
        yield* plugin.verify(observation("print"))
      }).pipe(Effect.scoped, Effect.provide(Logger.layer([logger])))
      yield* print
      assert.notInclude(lines.join("\n"), "marker")
      yield* Effect.provideService(print, References.MinimumLogLevel, "Debug")
      assert.include(lines, "Debug marker-on-stdout")
      assert.include(lines, "Debug marker-on-stderr")
    })
  )
})
