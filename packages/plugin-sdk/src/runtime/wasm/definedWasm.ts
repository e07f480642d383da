/**
 * A WebAssembly plugin as a value that can be served on a socket like any other, for the conformance kit. Whoever asks it over
 * a socket sees its faults as a failed call.
 */
import { DateTime, Effect, Redacted } from "effect"
import type { DefinedPlugin } from "../../contract/DefinedPlugin.ts"
import type { WasmPlugin } from "./WasmPlugin.ts"

const utf8 = new TextEncoder()
// Whom and when it is about is no part of what a defined plugin is asked.
const unknown = {
  detectedAt: DateTime.makeUnsafe(0),
  occurredAt: DateTime.makeUnsafe(0),
  subject: null,
  actor: { identifier: Redacted.make(""), type: "system" as const }
}

/** It works as long as the plugin's scope is open. */
export const definedWasm = (plugin: WasmPlugin): Effect.Effect<DefinedPlugin> =>
  Effect.contextWith((context) =>
    Effect.succeed({
      description: plugin.description,
      configure: (configuration) => {
        Effect.runSyncWith(context)(plugin.configure(configuration))
        return null
      },
      verify: ({ data, memory, observationId, sourceType }) =>
        Effect.runPromiseWith(context)(
          plugin.verify({ ...unknown, observationId, sourceType, rawData: utf8.encode(JSON.stringify(data)) }, memory)
        )
    })
  )
