/** The runtime over plugins that are values of this process: for tests, examples and pipelines without a host. It confines nothing. */
import { Effect, Layer } from "effect"
import type { DefinedPlugin } from "../contract/DefinedPlugin.ts"
import { inProcessLauncher } from "./launch/launchInProcess.ts"
import { defaultRestart, defaultUnitLimits, type PluginSettings } from "./PluginManifest.ts"
import { PluginRuntime } from "./PluginRuntime.ts"
import { makePluginBoard } from "./supervise/PluginBoard.ts"
import { makePluginUnits } from "./supervise/PluginUnits.ts"
import { defaultPace } from "./supervise/superviseUnit.ts"

/** What a manifest would say of each plugin, by id; without it a plugin sees all that it declares but Secrets. */
export type InProcessSettings = Readonly<Record<string, Partial<Omit<PluginSettings, "id" | "complain">>>>

/** Ready when all plugins are. There is nothing to reload: what is in this process stays as it is. */
export const layerInProcess = (
  plugins: ReadonlyArray<DefinedPlugin>,
  settings: InProcessSettings = {}
): Layer.Layer<PluginRuntime> =>
  Layer.effect(
    PluginRuntime,
    Effect.gen(function* () {
      const board = yield* makePluginBoard
      const units = yield* makePluginUnits(board, defaultPace)
      for (const defined of plugins) {
        const { plugin_id: id } = defined.description
        const spec = {
          key: id,
          plugins: [
            {
              id,
              sources: null,
              secrets: {},
              configuration: undefined,
              complain: (path: ReadonlyArray<PropertyKey>, expected: string) =>
                ["configuration", ...path, expected].map(String).join(": "),
              ...settings[id]
            }
          ],
          limits: defaultUnitLimits,
          restart: defaultRestart
        }
        yield* Effect.flatten(units.add(spec, inProcessLauncher(defined)))
      }
      return PluginRuntime.of({ plugins: Effect.sync(units.plugins), status: board.status, reload: Effect.void })
    })
  )
