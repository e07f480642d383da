/** Keeps the agent's plugin running and asks it: started beside everything else, started again when it died, replaced when its owner asks. */
import {
  type PluginNotReady,
  type PluginSpec,
  type RunningPlugin,
  startPlugin
} from "@farmops/plugin-sdk/runtime/PluginProcess"
import { verdictToWork } from "@farmops/plugin-sdk/runtime/verdictToWork"
import { Context, Effect, Layer, Scope, Semaphore } from "effect"
import { Examiner } from "./Pipeline.ts"

/** How the owner sees one plugin. `starts` counts the processes that were needed so far. */
export interface PluginState {
  readonly id: string
  readonly version: string | null
  readonly running: boolean
  readonly starts: number
}

/** The owner's view of the plugin, and the way to replace its process without stopping the agent. */
export class PluginSupervisor extends Context.Service<
  PluginSupervisor,
  {
    readonly list: Effect.Effect<ReadonlyArray<PluginState>>
    readonly reload: Effect.Effect<void, PluginNotReady>
  }
>()("@farmops/agent/PluginSupervisor") {
  /** Does not wait for the plugin: a host serves before it is ready, and one that does not start shows in the agent's state. */
  static readonly layer = (spec: PluginSpec, clusterAlias: string): Layer.Layer<PluginSupervisor | Examiner> =>
    Layer.effectContext(
      Effect.gen(function* () {
        const scope = yield* Scope.Scope
        const lock = yield* Semaphore.make(1)
        let running: RunningPlugin | null = null

        const start = Effect.gen(function* () {
          running ??= yield* Scope.provide(startPlugin(spec), scope)
          return running
        })
        const started = Effect.suspend(() => (running === null ? lock.withPermits(1)(start) : Effect.succeed(running)))
        yield* Effect.forkScoped(Effect.ignore(started))

        const supervisor = PluginSupervisor.of({
          list: Effect.sync(() => [
            {
              id: spec.id,
              version: running?.description.version ?? null,
              running: running !== null && running.pid() !== null,
              starts: running === null ? 0 : running.restarts() + 1
            }
          ]),
          reload: Effect.suspend(() => (running === null ? Effect.asVoid(started) : running.restart))
        })

        const examiner = Examiner.of({
          examine: Effect.fnUntraced(function* (observation) {
            const plugin = yield* Effect.mapError(started, () => ({ code: "plugin_not_ready" }))
            const verdict = yield* plugin.verify(observation).pipe(
              Effect.catchTag("PluginFault", ({ code }) =>
                // Too large today is too large tomorrow: this one is refused for all to see, and the rest go on.
                code === "too_large" ? Effect.succeed(null) : Effect.fail({ code: `plugin_${code}` })
              )
            )
            if (verdict === null) return { _tag: "Refused", code: "observation_too_large" } as const
            if (verdict.verdict !== "verified") {
              return { _tag: verdict.verdict === "rejected" ? "Rejected" : "Inconclusive" } as const
            }
            const work = verdictToWork(plugin.description, observation, verdict, clusterAlias)
            return work._tag === "Work" ? work : ({ _tag: "Refused", code: work.fault } as const)
          })
        })
        return Context.make(PluginSupervisor, supervisor).pipe(Context.add(Examiner, examiner))
      })
    )
}
