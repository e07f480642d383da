/**
 * Runs a plugin that is a WebAssembly module without imports, in a thread of its own: it can compute and answer, and nothing
 * else. A call that takes too long is given up at its time, whatever its thread does; the thread is ended, and the next call
 * starts another. One that cannot be ended is never joined by a second.
 */
import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import { basename } from "node:path"
import { Deferred, Effect, Exit, Fiber, Result, Scope, Semaphore } from "effect"
import { messageBytesMax, type Observation, rawDataBytesMax } from "../../contract/Observation.ts"
import { outsideContract } from "../launch/UnitLaunch.ts"
import { type Plugin, PluginFault, PluginNotReady } from "../Plugin.ts"
import { moduleBytesMax } from "./inspectModule.ts"
import { leftThreads } from "./leftThreads.ts"
import { startWasmThread, type WasmFault, type WasmThread } from "./WasmThread.ts"
import { readDescription, readVerdict, writeRequest } from "./wasmMessages.ts"

/** How far a module may go. */
export interface WasmLimits {
  /** To compile and describe itself. */
  readonly readyMsMax: number
  readonly callMsMax: number
  /** To end a thread. What does not is left alone, and no other is started meanwhile. */
  readonly stopMsMax: number
  /** The largest maximum that its memory may declare. */
  readonly memoryBytesMax: number
}

/** The limits of every module that has no reason for others. */
export const defaultWasmLimits: WasmLimits = {
  readyMsMax: 5_000,
  callMsMax: 1_000,
  // What a module may hold is ended within half of that.
  stopMsMax: 2_000,
  // The largest observation and the largest answer, with room to work.
  memoryBytesMax: 32 * 1024 * 1024
}

/** Which module. */
export interface WasmPluginSpec {
  /** The id that it must describe itself with; null takes whichever it has. */
  readonly id: string | null
  /** The path of its file. */
  readonly module: string
  /** Lowercase hex SHA-256 that the file must have. */
  readonly digest?: string | null | undefined
  readonly limits?: Partial<WasmLimits>
  /** The file of `wasmWorker` where it does not lie beside this module or beside the bundle that this module is in. */
  readonly workerFile?: URL
}

/** A module that is ready for calls. */
export interface WasmPlugin extends Plugin {
  /** Of the module's bytes. */
  readonly digest: string
  /** Threads that were needed so far. */
  readonly starts: () => number
  /** Succeeds when a thread of it could not be ended. */
  readonly stuck: Effect.Effect<void>
  /** Handed to the module with each observation from now on; checked by the caller against the published schema. */
  readonly configure: (configuration: unknown) => Effect.Effect<void>
}

const faultCodes = { trap: "error", answer: "answer", module: "crashed", died: "crashed", memory: "crashed" } as const
const noMemory = new Uint8Array()

interface Running {
  readonly thread: WasmThread
  readonly scope: Scope.Closeable
}

const load = Effect.fnUntraced(function* ({ digest: expected, id, module }: WasmPluginSpec) {
  const notReady = (reason: string) => new PluginNotReady({ plugin: id ?? basename(module), reason })
  const file = yield* Effect.tryPromise({
    try: () => readFile(module),
    catch: () => notReady("its module cannot be read")
  })
  if (file.length > moduleBytesMax) return yield* notReady(`its module has more than ${moduleBytesMax} bytes`)
  const digest = createHash("sha256").update(file).digest("hex")
  if (typeof expected === "string" && expected !== digest) return yield* notReady("its module has another digest")
  return { bytes: new Uint8Array(file), digest, notReady }
})

/** Starts the module and answers once it has described itself. Its thread ends with the scope. */
export const startWasmPlugin = Effect.fn("startWasmPlugin")(function* (
  spec: WasmPluginSpec
): Effect.fn.Return<WasmPlugin, PluginNotReady, Scope.Scope> {
  const { callMsMax, memoryBytesMax, readyMsMax, stopMsMax } = { ...defaultWasmLimits, ...spec.limits }
  const { bytes, digest, notReady } = yield* load(spec)
  let id = spec.id ?? ""
  const fault = (code: PluginFault["code"]) => new PluginFault({ plugin: id, code })
  const lock = yield* Semaphore.make(1)
  let running: Running | null = null
  let starts = 0
  let configuration: unknown = null
  let ending: Fiber.Fiber<unknown> | null = null
  const stuck = yield* Deferred.make<void>()

  // In the background: whoever waits for an answer does not wait for a thread's end.
  const end = Effect.fnUntraced(function* (scope: Scope.Closeable) {
    const isLeft = Effect.suspend(() => (leftThreads(digest) > 0 ? Deferred.succeed(stuck, undefined) : Effect.void))
    ending = yield* Effect.forkDetach(Effect.andThen(Scope.close(scope, Exit.void), isLeft), {
      startImmediately: true,
      uninterruptible: true
    })
  })
  const ended = Effect.suspend(() => (ending === null ? Effect.void : Fiber.await(ending)))
  const stop = Effect.uninterruptible(
    Effect.suspend(() => {
      const last = running
      running = null
      return last === null ? Effect.void : end(last.scope)
    })
  )

  const launch = Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      yield* restore(ended)
      if (leftThreads(digest) > 0) return yield* notReady("a thread of it is there still that could not be ended")
      starts++
      const scope = yield* Scope.make()
      const setup = { bytes, memoryBytesMax, answerBytesMax: messageBytesMax }
      const program = { setup, digest, stopMsMax, workerFile: spec.workerFile }
      const thread = yield* restore(Scope.provide(startWasmThread(program), scope)).pipe(
        Effect.mapError(({ reason }) => notReady(reason)),
        Effect.timeoutOrElse({
          duration: readyMsMax,
          orElse: () => Effect.fail(notReady(`it did not describe itself within ${readyMsMax / 1000} s`))
        }),
        Effect.onError(() => end(scope))
      )
      running = { thread, scope }
      return running
    })
  )

  const retire = (cause: WasmFault) => (["died", "memory"].includes(cause.code) ? stop : Effect.void)

  // A call that is given up, by us or by whoever waits for it, goes on in its thread: only the thread's end ends it.
  const ask = (request: Uint8Array) =>
    Effect.suspend(() => (running === null ? launch : Effect.succeed(running))).pipe(
      Effect.mapError(() => fault("crashed")),
      Effect.flatMap(({ thread }) =>
        thread.call(request).pipe(
          Effect.tapError(retire),
          Effect.mapError(({ code }) => fault(faultCodes[code])),
          Effect.timeoutOrElse({
            duration: callMsMax,
            orElse: () => Effect.andThen(stop, Effect.fail(fault("deadline")))
          }),
          Effect.onInterrupt(() => stop)
        )
      )
    )

  yield* Effect.addFinalizer(() => Effect.andThen(stop, ended))
  const first = yield* launch
  const described = yield* Effect.result(readDescription(first.thread.description))
  if (Result.isFailure(described)) return yield* notReady(outsideContract)
  const description = described.success
  id = description.plugin_id
  if (spec.id !== null && id !== spec.id) return yield* notReady("it describes itself with another id")

  const verify = Effect.fn("WasmPlugin.verify")(function* (observation: Observation, memory = noMemory) {
    if (observation.rawData.length > rawDataBytesMax) return yield* fault("too_large")
    const known = description.sources.some(({ source_type }) => source_type === observation.sourceType)
    const request = yield* writeRequest(observation, memory, configuration)
    if (!known || request === null) return yield* fault("refused")
    const answer = yield* lock.withPermits(1)(ask(request))
    return yield* Effect.mapError(readVerdict(answer), () => fault("answer"))
  })

  return {
    description,
    digest,
    verify,
    starts: () => starts,
    stuck: Deferred.await(stuck),
    configure: (next) =>
      Effect.sync(() => {
        configuration = next
      })
  }
})
