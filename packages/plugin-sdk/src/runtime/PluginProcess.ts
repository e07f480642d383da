/**
 * Runs a plugin as a process of its own and speaks gRPC to it on a Unix socket that only this user can reach. The process
 * ends with the scope; one that dies is started again at the next call, and one that keeps dying is given up.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Clock, Effect, Exit, Result, Scope, Semaphore } from "effect"
import { decodeVerdict } from "../contract/decode.ts"
import { type Observation, rawDataBytesMax } from "../contract/Observation.ts"
import {
  defaultLimits,
  type LivePlugin,
  launchPlugin,
  type PluginLimits,
  type PluginNotReady,
  type PluginSpec
} from "./launchPlugin.ts"
import { type Plugin, PluginFault } from "./Plugin.ts"
import { hasEnded } from "./pluginChild.ts"
import { faultCodeOf } from "./pluginClient.ts"

export { defaultLimits, type PluginLimits, PluginNotReady, type PluginSpec } from "./launchPlugin.ts"

/** A running plugin. */
export interface RunningPlugin extends Plugin {
  /** How often its process had to be started again. */
  readonly restarts: () => number
  /** Null while no process runs: the next call starts one. */
  readonly pid: () => number | null
  /** Whether it died too often and was given up until `restart`. */
  readonly isDeactivated: () => boolean
  /** Stops the process, starts another and forgets how often it died. */
  readonly restart: Effect.Effect<void, PluginNotReady>
}

const firstBackOffMs = 100
const minuteMs = 60_000
// A plugin that is alive describes itself at once; one that does not is stuck in a loop that only a signal ends.
const probeMsMax = 1_000

interface Running extends LivePlugin {
  readonly scope: Scope.Closeable
}

const makeDirectory = Effect.acquireRelease(
  // mkdtemp makes it 0700. The system's folder keeps the path short: a socket's may have about 100 bytes.
  Effect.sync(() => mkdtempSync(join(tmpdir(), "farmops-plugin-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** Starts the plugin and answers once it is ready. The folder of its sockets has mode 0700 and goes away with the scope. */
export const startPlugin = Effect.fn("startPlugin")(function* (
  spec: PluginSpec,
  changes: Partial<PluginLimits> = {}
): Effect.fn.Return<RunningPlugin, PluginNotReady, Scope.Scope> {
  const limits = { ...defaultLimits, ...changes }
  const directory = yield* makeDirectory
  const lock = yield* Semaphore.make(1)
  const fault = (code: PluginFault["code"]) => new PluginFault({ plugin: spec.id, code })
  let starts: ReadonlyArray<number> = []
  let runs = 0
  let deactivated = false
  let running: Running | null = null

  const stop = Effect.uninterruptible(
    Effect.suspend(() => {
      const last = running
      running = null
      return last === null ? Effect.void : Scope.close(last.scope, Exit.void)
    })
  )

  // Whatever interrupts it, the process is either in `running` or gone.
  const launch = Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      yield* stop
      const scope = yield* Scope.make()
      const live = yield* restore(Scope.provide(launchPlugin(spec, limits, directory, ++runs), scope)).pipe(
        Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
      )
      running = { ...live, scope }
      return running
    })
  )

  const startAgain = Effect.gen(function* () {
    if (deactivated) return yield* fault("deactivated")
    const now = Number(yield* Clock.monotonicTimeNanos) / 1e6
    starts = starts.filter((at) => now - at < minuteMs)
    if (starts.length > limits.restartsPerMinuteMax) {
      deactivated = true
      yield* stop
      yield* Effect.logError("A plugin was deactivated: its process ended too often", { plugin: spec.id })
      return yield* fault("deactivated")
    }
    if (starts.length > 0) yield* Effect.sleep(firstBackOffMs * 2 ** (starts.length - 1))
    starts = [...starts, now]
    yield* Effect.logWarning("A plugin's process ended and is started again", { plugin: spec.id })
    return yield* Effect.mapError(launch, () => fault("crashed"))
  })

  const current = lock.withPermits(1)(
    Effect.suspend(() => (running !== null && !hasEnded(running.child) ? Effect.succeed(running) : startAgain))
  )

  const answers = (asked: Running) => Effect.map(Effect.result(asked.client.describe(probeMsMax)), Result.isSuccess)

  // A process that is gone, or stuck, gets no further call. Its end may be known to the socket before it is to us.
  const retire = (asked: Running) => lock.withPermits(1)(Effect.suspend(() => (running === asked ? stop : Effect.void)))

  const verify = Effect.fn("PluginProcess.verify")(function* (observation: Observation, memory?: Uint8Array) {
    if (observation.rawData.length > rawDataBytesMax) return yield* fault("too_large")
    const asked = yield* current
    const answer = yield* Effect.result(asked.client.verify(observation, memory))
    if (Result.isFailure(answer)) {
      const code = faultCodeOf(answer.failure)
      if (code === "crashed" || (code === "deadline" && !(yield* answers(asked)))) yield* retire(asked)
      return yield* fault(code)
    }
    return yield* decodeVerdict(answer.success).pipe(Effect.mapError(() => fault("answer")))
  })

  yield* Effect.addFinalizer(() => stop)
  starts = [Number(yield* Clock.monotonicTimeNanos) / 1e6]
  const { description } = yield* launch

  return {
    // Of the first start, before it saw anything: a plugin that describes itself differently later changes nothing.
    description,
    verify,
    restarts: () => runs - 1,
    pid: () => (running !== null && !hasEnded(running.child) ? (running.child.pid ?? null) : null),
    isDeactivated: () => deactivated,
    restart: lock.withPermits(1)(
      Effect.suspend(() => {
        deactivated = false
        starts = []
        return Effect.asVoid(launch)
      })
    )
  }
})
