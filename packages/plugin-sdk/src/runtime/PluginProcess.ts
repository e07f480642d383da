/**
 * One plugin as a supervised process, without a manifest's file: for a pipeline, a tool or a test. It is supervised as any plugin
 * of an agent is.
 */
import { Effect, type Scope } from "effect"
import { detectConfinement } from "./confine/detectConfinement.ts"
import { launcherOf } from "./launch/launcherOf.ts"
import type { StartFailed, UnitLauncher } from "./launch/UnitLaunch.ts"
import { pluginManifestOf } from "./loadPluginManifest.ts"
import { PluginNotReady } from "./Plugin.ts"
import type { PluginEntry, UnitSpec } from "./PluginManifest.ts"
import type { RuntimePlugin } from "./PluginRuntime.ts"
import { makePluginBoard } from "./supervise/PluginBoard.ts"
import { makePluginUnits } from "./supervise/PluginUnits.ts"
import { defaultPace } from "./supervise/superviseUnit.ts"

/** The program of a plugin. */
export interface PluginSpec {
  /** The id that the plugin must describe itself with. */
  readonly id: string
  readonly command: string
  readonly args: ReadonlyArray<string>
}

/** What the manifest may say of a plugin besides its program, in the manifest's words. */
export type PluginOptions = Omit<PluginEntry, "id" | "exec" | "host" | "socket" | "wasm" | "oci">

/** A running plugin. */
export interface RunningPlugin extends RuntimePlugin {
  /** How often its process had to be started again. */
  readonly restarts: () => number
  /** Null while no process runs: calls wait for the next one. */
  readonly pid: () => number | null
  /** Whether it ended too often and was given up until `restart`. */
  readonly isDeactivated: () => boolean
  /** Puts another process in the place of this one, and forgets how often it ended. */
  readonly restart: Effect.Effect<void, PluginNotReady>
}

/** Starts the plugin and answers once it is ready. It ends with the scope. */
export const startPlugin = Effect.fn("startPlugin")(function* (
  { args, command, id }: PluginSpec,
  options: PluginOptions = {}
): Effect.fn.Return<RunningPlugin, PluginNotReady, Scope.Scope> {
  const manifest = pluginManifestOf({ plugins: [{ ...options, id, exec: { command, args } }] }, ".", {})
  const board = yield* makePluginBoard
  // Once its process is gone, nothing is known of it any more.
  yield* Effect.addFinalizer(() => board.arrange([]))
  const units = yield* makePluginUnits(board, defaultPace)
  const machine = yield* Effect.cached(detectConfinement)
  const notReady = (reason: string) => new PluginNotReady({ plugin: id, reason })
  const row = () => board.status.value[0]

  type Start = (spec: UnitSpec, launcher: UnitLauncher) => Effect.Effect<ReadonlyArray<StartFailed>>
  const each = Effect.fnUntraced(function* (start: Start) {
    for (const spec of manifest.units) {
      const [failure] = yield* start(spec, launcherOf(spec, machine))
      if (failure !== undefined) return yield* notReady(failure.detail)
    }
  })

  const stop = Effect.forEach(manifest.units, ({ key }) => units.remove(key), { discard: true })
  yield* Effect.onError(
    each((spec, launcher) => Effect.flatten(units.add(spec, launcher))),
    () => stop
  )
  const [plugin] = units.plugins()
  if (plugin === undefined) return yield* notReady("it ended at once")

  return {
    ...plugin,
    restarts: () => (row()?.starts ?? 1) - 1,
    pid: () => row()?.pid ?? null,
    isDeactivated: () => row()?.state === "deactivated",
    restart: each((spec, launcher) => Effect.map(units.replace(spec, launcher), ({ failures }) => failures))
  }
})
