/** From a plugin that answers to one that may be asked: its description, what it may see, and its configuration are in order. */
import { Effect } from "effect"
import { type PluginDescription, protocolVersion } from "../../contract/Verdict.ts"
import type { PluginSettings, UnitLimits } from "../PluginManifest.ts"
import type { PluginIdentity } from "../PluginRuntime.ts"
import { checkConfiguration } from "./checkConfiguration.ts"
import { effectiveSources } from "./effectiveSources.ts"
import { type Asked, type StartFailed, startFailed } from "./UnitLaunch.ts"

/** A plugin of a start that may be asked. */
export interface CheckedPlugin {
  readonly asked: Asked
  readonly description: PluginDescription
  readonly identity: PluginIdentity
  readonly sources: ReadonlyMap<string, ReadonlyArray<string>>
  /** For one verdict: the manifest's limit, or the plugin's own wish where that is lower. */
  readonly callMsMax: number
  /** The same for two starts that cannot be told apart by anything that goes into a proof. */
  readonly version: string
}

/** The versions of the contract that this agent speaks; the highest that both know is used. */
const spoken: ReadonlyArray<number> = [protocolVersion]

const utf8 = new TextEncoder()
const noBytes = new Uint8Array()

const readConfiguration = Effect.fnUntraced(function* (
  { complain, configuration, id }: PluginSettings,
  schema: PluginDescription["configuration_schema"]
) {
  const failed = startFailed(id)
  if (configuration === undefined || configuration === null) return noBytes
  if (schema === null) return yield* failed("bad_configuration", complain([], "this plugin takes none"))
  const check = yield* checkConfiguration(schema, configuration)
  if (check === "bad_schema") {
    return yield* failed("bad_description", "the JSON Schema of its configuration cannot be used")
  }
  if (check !== "ok") return yield* failed("bad_configuration", complain(check.path, check.message))
  return utf8.encode(JSON.stringify(configuration))
})

/** Asks, checks and configures. The time is the manifest's for becoming ready. */
export const checkPlugin = Effect.fnUntraced(function* (
  asked: Asked,
  settings: PluginSettings,
  digest: string | null,
  { callMsMax, readyMsMax }: UnitLimits
): Effect.fn.Return<CheckedPlugin, StartFailed> {
  const failed = startFailed(settings.id)
  const ready = Effect.gen(function* () {
    const description = yield* asked.describe
    if (description.plugin_id !== settings.id) return yield* failed("wrong_id", "it describes itself with another id")
    const protocol = Math.max(...description.protocol_versions.filter((version) => spoken.includes(version)), 0)
    if (protocol === 0) {
      const theirs = description.protocol_versions.join(", ")
      return yield* failed(
        "unsupported_protocol",
        `it speaks version ${theirs} of the contract, not ${spoken.join(", ")}`
      )
    }
    const sources = effectiveSources(description, settings)
    if (sources.size === 0 && description.sources.length > 0) {
      return yield* failed("source_not_allowed", "the manifest allows none of the sources that it declares")
    }
    const configuration = yield* readConfiguration(settings, description.configuration_schema)
    if (description.configuration_schema !== null) yield* asked.configure(configuration)
    const { plugin_id, version, wanted_limits } = description
    const identity = { plugin_id, version, digest, protocol_version: protocol }
    return {
      asked,
      description,
      identity,
      sources,
      callMsMax: Math.min(callMsMax, wanted_limits.call_ms ?? callMsMax),
      version: JSON.stringify([identity, description, [...sources]])
    }
  })
  return yield* Effect.timeoutOrElse(ready, {
    duration: readyMsMax,
    orElse: () => Effect.fail(failed("not_ready", `it did not answer within ${readyMsMax / 1000} s`))
  })
})
