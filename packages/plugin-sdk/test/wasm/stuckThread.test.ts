import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { runProcess } from "@farmops/core/process/runProcess"
import { Effect, Logger } from "effect"
import { wasmLauncher } from "../../src/runtime/launch/launchWasm.ts"
import { defaultRestart, wasmLimits } from "../../src/runtime/PluginManifest.ts"
import { makePluginBoard } from "../../src/runtime/supervise/PluginBoard.ts"
import { superviseUnit } from "../../src/runtime/supervise/superviseUnit.ts"
import { leftThreads } from "../../src/runtime/wasm/leftThreads.ts"
import { startWasmPlugin } from "../../src/runtime/wasm/WasmPlugin.ts"
import { observation } from "../observation.ts"

const id = "farmops/made"
const workerFile = new URL("stuckWorker.ts", import.meta.url)

/** A pipe, and a file with its path that stands for a module. */
const piped = Effect.acquireRelease(
  Effect.sync(() => {
    const folder = mkdtempSync(join(tmpdir(), "stuck-"))
    const pipe = join(folder, "pipe")
    execFileSync("mkfifo", [pipe])
    writeFileSync(join(folder, "module"), pipe)
    // Whoever waits for a writer goes on; who comes later finds no pipe.
    const release = () => {
      closeSync(openSync(pipe, "r+"))
      rmSync(pipe)
    }
    return { folder, pipe, module: join(folder, "module"), release }
  }),
  ({ folder, pipe, release }) =>
    Effect.gen(function* () {
      if (existsSync(pipe)) release()
      rmSync(folder, { recursive: true })
      const digest = createHash("sha256").update(pipe).digest("hex")
      while (leftThreads(digest) > 0) yield* Effect.sleep("10 millis")
    })
)

const codeOf = <A, E extends { readonly code: string }>(effect: Effect.Effect<A, E>) =>
  Effect.match(effect, { onSuccess: () => "answered", onFailure: ({ code }) => code })

describe("a module whose thread cannot be ended", () => {
  it.live("is late at its time, is joined by no second thread, and answers again once the first is gone", () =>
    Effect.gen(function* () {
      const { module, release } = yield* piped
      const limits = { callMsMax: 100, stopMsMax: 300 }
      const plugin = yield* startWasmPlugin({ id, module, workerFile, limits })
      const ask = codeOf(plugin.verify(observation({})))
      assert.strictEqual(yield* ask, "deadline")
      assert.strictEqual(yield* ask, "crashed")
      yield* plugin.stuck
      assert.strictEqual(yield* ask, "crashed")
      assert.strictEqual(plugin.starts(), 1)
      release()
      yield* ask.pipe(Effect.delay("20 millis"), Effect.repeat({ until: (code) => code === "answered" }))
      assert.strictEqual(plugin.starts(), 2)
    })
  )

  it.live("is shown as what it is, and given up", () =>
    Effect.gen(function* () {
      const { module } = yield* piped
      const settings = {
        key: id,
        plugins: [
          { id, sources: null, secrets: {}, configuration: undefined, complain: (_: unknown, text: string) => text }
        ],
        limits: { ...wasmLimits, callMsMax: 100, stopMsMax: 100 },
        restart: { ...defaultRestart, crashBudget: 2, backOff: { firstMs: 10, maxMs: 10 } }
      }
      const board = yield* makePluginBoard
      const launcher = wasmLauncher(settings, { kind: "wasm", module, digest: null }, workerFile)
      const unit = yield* superviseUnit(settings, launcher, board)
      yield* unit.attach
      assert.deepStrictEqual(yield* unit.first, [])
      assert.strictEqual(board.status.value[0]?.state, "ready")
      const version = unit.plugins()[0]?.version ?? ""
      const fault = yield* Effect.flip(unit.verify(id, version, observation({})))
      assert.strictEqual(fault._tag === "PluginFault" && fault.code, "deadline")
      const row = Effect.sync(() => board.status.value[0])
      const last = yield* Effect.repeat(Effect.delay(row, "20 millis"), {
        until: (one) => one?.state === "deactivated"
      })
      assert.deepInclude(last, { reason: "not_ready", faults: { deadline: 1, not_ready: 2 } })
    }).pipe(Effect.provide(Logger.layer([])))
  )

  it.live("does not keep its process from ending", () =>
    Effect.gen(function* () {
      const { folder, module } = yield* piped
      const program = fileURLToPath(new URL("leftThread.ts", import.meta.url))
      const args = ["--conditions=@farmops/source", program, module]
      const options = { cwd: folder, timeoutMs: 30_000, outputBytesMax: 1_000 }
      const { exitCode, stdout } = yield* runProcess(process.execPath, args, options)
      assert.strictEqual(new TextDecoder().decode(stdout), "stuck")
      // Killed by itself: an exit would wait for the thread.
      assert.strictEqual(exitCode, 128)
    })
  )

  it.live("is ended when its thread holds more than its memory accounts for", () =>
    Effect.gen(function* () {
      const { folder, module } = yield* piped
      mkdirSync(join(folder, "grow"))
      writeFileSync(module, join(folder, "grow"))
      const plugin = yield* startWasmPlugin({
        id,
        module,
        workerFile,
        limits: { callMsMax: 10_000, memoryBytesMax: 1024 * 1024 }
      })
      assert.strictEqual(yield* codeOf(plugin.verify(observation({}))), "crashed")
    })
  )
})
