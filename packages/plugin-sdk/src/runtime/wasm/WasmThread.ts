/** One thread with one module in it. It ends with its scope, in the middle of a call if it must. */
import { Worker } from "node:worker_threads"
import { Effect, Schema, type Scope } from "effect"
import { leaveThread } from "./leftThreads.ts"
import type { WasmAnswer, WasmCall, WasmSetup } from "./wasmWorker.ts"

/** There is no answer. `module` is why it cannot be started; after `died` the thread is gone, after `memory` it has to go. */
export class WasmFault extends Schema.TaggedError<WasmFault>()("WasmFault", {
  code: Schema.Literals(["trap", "answer", "module", "died", "memory"]),
  reason: Schema.String
}) {}

/** A thread whose module has described itself. */
export interface WasmThread {
  /** The module's own words about itself. */
  readonly description: string
  /** One at a time: the thread has no queue that could be left behind. */
  readonly call: (request: Uint8Array) => Effect.Effect<string, WasmFault>
}

/** What runs in a thread: the module, by which it is known where it does not end, and the file that runs it. */
export interface ThreadProgram {
  readonly setup: WasmSetup
  readonly digest: string
  readonly stopMsMax: number
  readonly workerFile?: URL | undefined
}

const mib = 1024 * 1024
// For what the engine itself needs beside the module's memory: compiled code, and the copies of a request and an answer.
const resourceLimits = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 16, codeRangeSizeMb: 16, stackSizeMb: 2 }
// The memories of earlier calls stay until the engine collects them; never more than two were seen.
const heapBytesMax = ({ memoryBytesMax }: WasmSetup): number =>
  4 * memoryBytesMax + (resourceLimits.maxOldGenerationSizeMb + resourceLimits.maxYoungGenerationSizeMb) * mib
// A call that is over before is not looked at.
const lookMs = 100

// Beside this module lies the worker's source, its compiled form, or the worker's own bundle.
const workerFileHere = (): URL =>
  new URL(import.meta.url.endsWith(".ts") ? "wasmWorker.ts" : "wasmWorker.js", import.meta.url)

const open = ({ setup, workerFile }: ThreadProgram) => {
  const worker = new Worker(workerFile ?? workerFileHere(), {
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

/** Fails when the thread holds more than the engine should ever let it; waits for ever otherwise. */
const outgrow = (worker: Worker, bytesMax: number): Effect.Effect<never, WasmFault> =>
  Effect.gen(function* () {
    for (;;) {
      yield* Effect.sleep(lookMs)
      // A thread that has ended, or hears nothing, is found out by whoever waits for its answer.
      const heap = yield* Effect.orElseSucceed(
        Effect.tryPromise(() => worker.getHeapStatistics()),
        () => null
      )
      if (heap === null || heap.total_heap_size + heap.external_memory <= bytesMax) continue
      return yield* new WasmFault({ code: "memory", reason: "its thread has outgrown its memory" })
    }
  })

const end = (worker: Worker, { digest, stopMsMax }: ThreadProgram): Effect.Effect<void> =>
  Effect.promise(() => worker.terminate()).pipe(
    Effect.timeoutOrElse({
      duration: stopMsMax,
      orElse: () =>
        Effect.sync(() => {
          leaveThread(digest, worker)
        })
    })
  )

/** Starts a thread and waits for the description. */
export const startWasmThread = Effect.fnUntraced(function* (
  program: ThreadProgram
): Effect.fn.Return<WasmThread, WasmFault, Scope.Scope> {
  const { call, describe, worker } = yield* Effect.acquireRelease(
    Effect.try({
      try: () => open(program),
      catch: () => new WasmFault({ code: "died", reason: "its thread cannot be started" })
    }),
    ({ worker }) => end(worker, program)
  )
  const watched = <A>(answer: Effect.Effect<A, WasmFault>) =>
    Effect.raceFirst(answer, outgrow(worker, heapBytesMax(program.setup)))
  return { description: yield* watched(describe), call: (request) => watched(call(request)) }
})
