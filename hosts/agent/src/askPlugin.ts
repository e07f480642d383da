/** Asks one plugin about one observation: it sees only what it may, and what it wants to say passes LeakGuard. */
import type { Observation } from "@farmops/plugin-sdk/contract/Observation"
import type { RuntimePlugin } from "@farmops/plugin-sdk/runtime/PluginRuntime"
import { projectRawData } from "@farmops/plugin-sdk/runtime/projectFields"
import { verdictToWork } from "@farmops/plugin-sdk/runtime/verdictToWork"
import { Effect } from "effect"
import type { Examined, ExamineFault } from "./Pipeline.ts"

/** What became of it, and what the plugin wants remembered of its subject: null leaves that as it is. */
export interface Answer {
  readonly examined: Examined
  readonly remember: Uint8Array | null
}

const refused = (code: string): Answer => ({ examined: { _tag: "Refused", code }, remember: null })

/** Fails only with a fault of the plugin, which is never a verdict. What no plugin could ever be asked is refused instead. */
export const askPlugin = Effect.fn("askPlugin")(function* (
  plugin: RuntimePlugin,
  observation: Observation,
  memory: Uint8Array,
  clusterAlias: string
): Effect.fn.Return<Answer, ExamineFault> {
  const rawData = projectRawData(observation.rawData, plugin.sources.get(observation.sourceType) ?? [])
  if (rawData === null) return refused("observation_not_json")
  const verdict = yield* plugin.verify({ ...observation, rawData }, memory).pipe(
    Effect.catchTag("PluginFault", ({ code }) =>
      // Too large today is too large tomorrow: this one is refused for all to see, and the rest go on.
      code === "too_large" ? Effect.succeed(null) : Effect.fail({ code: `plugin_${code}` })
    )
  )
  if (verdict === null) return refused("observation_too_large")
  const { remember } = verdict
  if (verdict.verdict !== "verified") {
    return { examined: { _tag: verdict.verdict === "rejected" ? "Rejected" : "Inconclusive" }, remember }
  }
  // Against all that was seen, not only what the plugin was sent.
  const work = verdictToWork(plugin, observation, verdict, clusterAlias)
  if (work._tag === "Work") return { examined: work, remember }
  yield* plugin.blame("leak")
  return refused(work.fault)
})

// Logs of earlier versions name its observations alone: under another key each commit would be proved a second time.
const namesObservationsAlone = "farmops/git-history"

/** What a plugin's proof of an observation is filed under: there is at most one. */
export const settlementKey = (plugin: string, observationId: string): string =>
  plugin === namesObservationsAlone ? observationId : `${plugin} ${observationId}`
