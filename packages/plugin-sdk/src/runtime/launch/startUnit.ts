/** One start of a unit, up to the moment from which its plugins may be asked. */
import { Effect, Result, type Scope } from "effect"
import type { UnitSettings } from "../PluginManifest.ts"
import type { Deactivation } from "../PluginRuntime.ts"
import { type CheckedPlugin, checkPlugin } from "./checkPlugin.ts"
import { type LaunchedUnit, type StartFailed, startFailed, type UnitEnd, type UnitLauncher } from "./UnitLaunch.ts"

/** What came of it. Where `ready` is empty, nobody is left to ask, and `failures` says why. */
export interface StartedUnit {
  readonly launched: LaunchedUnit
  readonly ready: ReadonlyMap<string, CheckedPlugin>
  readonly failures: ReadonlyArray<StartFailed>
}

/** Whether no other start of the same program cures it. */
export const isFinal = (reason: Deactivation): boolean =>
  !["not_ready", "memory_limit", "cpu_limit", "process_limit", "disk_limit"].includes(reason)

const tooEarly = ({ code, detail }: UnitEnd) =>
  startFailed(null)(code === "crashed" || code === "stuck" ? "not_ready" : code, detail)

const sumOf = (plugins: Iterable<CheckedPlugin>, name: "memory_mib" | "cpu_percent", manifestMax: number): number => {
  let sum = 0
  for (const { description } of plugins) {
    const want = description.wanted_limits[name]
    // Where one of them names no wish, what they may use is the manifest's.
    if (want === null) return manifestMax
    sum += want
  }
  return Math.min(sum, manifestMax)
}

/** Starts it and checks those of its plugins that `isWanted`. It ends with the scope. */
export const startUnit = Effect.fnUntraced(function* (
  { limits, plugins }: UnitSettings,
  launcher: UnitLauncher,
  isWanted: (id: string) => boolean
): Effect.fn.Return<StartedUnit, StartFailed, Scope.Scope> {
  const launched = yield* launcher.launch
  const wanted = plugins.filter(({ id }) => isWanted(id))
  const check = Effect.forEach(
    wanted,
    (settings) => {
      const asked = launched.asked.get(settings.id)
      const missing = startFailed(settings.id)("not_ready", "its process does not serve it")
      if (asked === undefined) return Effect.succeed(Result.fail(missing))
      return Effect.result(checkPlugin(asked, settings, launched.digest, limits))
    },
    // Each mostly waits for the same process; a manifest bounds how many there are.
    { concurrency: "unbounded" }
  )
  const results = yield* Effect.raceFirst(
    check,
    Effect.flatMap(launched.ended, (end) => Effect.fail(tooEarly(end)))
  )
  const ready = results.flatMap((result) => (Result.isSuccess(result) ? [result.success] : []))
  launched.lower({
    memoryMib: sumOf(ready, "memory_mib", limits.memoryMibMax),
    cpuPercent: sumOf(ready, "cpu_percent", limits.cpuPercentMax)
  })
  return {
    launched,
    ready: new Map(ready.map((plugin) => [plugin.description.plugin_id, plugin])),
    failures: results.flatMap((result) => (Result.isFailure(result) ? [result.failure] : []))
  }
})
