/** The plugin that a repository's backlog is shown to, behind the one question that the pipeline asks. */
import { PluginRuntime, type PluginStatus } from "@farmops/plugin-sdk/runtime/PluginRuntime"
import { Effect, Layer, Stream, SubscriptionRef } from "effect"
import { askPlugin } from "./askPlugin.ts"
import { Examiner } from "./Pipeline.ts"
import { backlogPlugin } from "./wantedSources.ts"

const noMemory = new Uint8Array()

/** Asks whatever process of the plugin runs now. Waits for its first start; fails where it does not come, so that the pipeline tries again. */
export const layerBacklogExaminer = (clusterAlias: string): Layer.Layer<Examiner, never, PluginRuntime> =>
  Layer.effect(
    Examiner,
    Effect.map(PluginRuntime, (runtime) => {
      const find = Effect.map(runtime.plugins, (plugins) => plugins.find(({ id }) => id === backlogPlugin))
      const isStarting = (plugins: ReadonlyArray<PluginStatus>) =>
        plugins.some(({ id, state, version }) => id === backlogPlugin && state === "starting" && version === null)
      const started = Stream.runHead(Stream.filter(SubscriptionRef.changes(runtime.status), (now) => !isStarting(now)))
      return {
        examine: Effect.fnUntraced(function* (observation) {
          const plugin = (yield* find) ?? (yield* Effect.andThen(started, find))
          if (plugin === undefined) {
            const state = runtime.status.value.find(({ id }) => id === backlogPlugin)?.state
            return yield* Effect.fail({ code: state === "deactivated" ? "plugin_deactivated" : "plugin_not_ready" })
          }
          const { examined } = yield* askPlugin(plugin, observation, noMemory, clusterAlias)
          return examined
        })
      }
    })
  )
