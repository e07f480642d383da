/** One thread with one module in it. It ends with its scope, in the middle of a call if it must. */
import { Worker } from "node:worker_threads"
import { Effect, Schema, type Scope } from "effect"
import type { WasmAnswer, WasmCall, WasmSetup } from "./wasmWorker.ts"

/** There is no answer. `module` is why it cannot be started; after `died` the thread is gone. */
export class WasmFault extends Schema.TaggedError<WasmFault>()("WasmFault", {
  code: Schema.Literals(["trap", "answer", "module", "died"]),
  reason: Schema.String
}) {}

/** A thread whose module has described itself. */
export interface WasmThread {
  /** The module's own words about itself. */
  readonly description: string
  /** One at a time: the thread has no queue that could be left behind. */
  readonly call: (request: Uint8Array) => Effect.Effect<string, WasmFault>
}

// For what the engine itself needs beside the module's memory: compiled code, and the copies of a request and an answer.
const resourceLimits = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 16, codeRangeSizeMb: 16, stackSizeMb: 2 }

// Beside this module lies the worker's source, its compiled form, or the worker's own bundle.
const workerFileHere = (): URL =>
  new URL(import.meta.url.endsWith(".ts") ? "wasmWorker.ts" : "wasmWorker.js", import.meta.url)

const open = (setup: WasmSetup, workerFile: URL) => {
  const worker = new Worker(workerFile, {
    name: "farmops-wasm",
    workerData: setup,
    resourceLimits,
    // Nothing of the agent's: a module without imports could not read it, and a thread needs none of it.
    env: {},
    argv: [],
    stdin: false
  })
  let waiting: { readonly call: number; readonly resume: (answer: Effect.Effect<string, WasmFault>) => void } | null =
    null
  let early: WasmAnswer | null = null
  let death: WasmFault | null = null
  let calls = 0
  const die = () => {
    death ??= new WasmFault({ code: "died", reason: "its thread ended" })
    waiting?.resume(Effect.fail(death))
    waiting = null
  }
  const tell = (answer: WasmAnswer) => {
    const resume = waiting?.resume
    waiting = null
    resume?.(
      answer._tag === "Answer"
        ? Effect.succeed(answer.json)
        : Effect.fail(new WasmFault({ code: answer.code, reason: answer.reason }))
    )
  }
  worker.on("error", die)
  worker.on("messageerror", die)
  worker.on("exit", die)
  worker.on("message", (answer: WasmAnswer) => {
    if (waiting?.call === answer.call) tell(answer)
    else if (answer.call === 0) early = answer
  })
  const expect = (call: number, ask: () => void) =>
    Effect.callback<string, WasmFault>((resume) => {
      if (death !== null) return resume(Effect.fail(death))
      waiting = { call, resume }
      if (early !== null && call === 0) tell(early)
      else ask()
      return Effect.sync(() => {
        if (waiting?.call === call) waiting = null
      })
    })
  const call = (request: Uint8Array) => {
    const message: WasmCall = { call: ++calls, request }
    return expect(message.call, () => worker.postMessage(message))
  }
  return { worker, call, describe: expect(0, () => undefined) }
}

/** Starts a thread and waits for the description. */
export const startWasmThread = Effect.fnUntraced(function* (
  setup: WasmSetup,
  workerFile: URL = workerFileHere()
): Effect.fn.Return<WasmThread, WasmFault, Scope.Scope> {
  const { call, describe } = yield* Effect.acquireRelease(
    Effect.try({
      try: () => open(setup, workerFile),
      catch: () => new WasmFault({ code: "died", reason: "its thread cannot be started" })
    }),
    ({ worker }) => Effect.promise(() => worker.terminate())
  )
  return { description: yield* describe, call }
})
