/** Runs a defined plugin in this process: for tests, examples and pipelines without a host. No confinement at all. */
import { Effect, Schema } from "effect"
import type { DefinedPlugin } from "../contract/DefinedPlugin.ts"
import { rawDataBytesMax, readRawData } from "../contract/Observation.ts"
import { Verdict } from "../contract/Verdict.ts"
import { identityOf } from "./bindEvidence.ts"
import { type Plugin, PluginFault } from "./Plugin.ts"
import type { Witness } from "./verdictToWork.ts"

const noMemory = new Uint8Array()
const decodeVerdict = Schema.decodeUnknownEffect(Verdict)

/** The plugin behind the same interface as a process. Its answers are checked as a stranger's would be. */
export const inProcessPlugin = (defined: DefinedPlugin): Plugin & Witness => {
  const fault = (code: PluginFault["code"]) => new PluginFault({ plugin: defined.description.plugin_id, code })
  return {
    description: defined.description,
    identity: identityOf(defined.description),
    verify: Effect.fn("InProcessPlugin.verify")(function* ({ observationId, rawData, sourceType }, memory = noMemory) {
      if (rawData.length > rawDataBytesMax) return yield* fault("too_large")
      const data = readRawData(rawData)
      const known = defined.description.sources.some(({ source_type }) => source_type === sourceType)
      if (!known || data === undefined) return yield* fault("refused")
      const verdict = yield* Effect.tryPromise({
        try: async () => defined.verify({ observationId, sourceType, data, memory }),
        catch: () => fault("error")
      })
      return yield* decodeVerdict(verdict).pipe(Effect.mapError(() => fault("answer")))
    })
  }
}
