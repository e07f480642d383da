/**
 * Which plugins have been in the folder of sockets, kept over restarts: whoever has described itself there is owed what it asked
 * for, also while nobody listens. Bounded in number and in time.
 */
import { Context, Effect, Schema } from "effect"

/** A plugin that was found in the folder. */
export interface SeenPlugin {
  readonly id: string
  readonly version: string
  /** Source types that it gets. */
  readonly sources: ReadonlyArray<string>
  /** Milliseconds since 1970; null while its socket is there. */
  readonly awaySince: number | null
}

/** The list cannot be written now; the same call may be tried again. */
export class SeenPluginsUnavailable extends Schema.TaggedError<SeenPluginsUnavailable>()("SeenPluginsUnavailable", {
  cause: Schema.Defect()
}) {}

/** The list, and how long a plugin that is away stays on it. */
export interface SeenPluginList {
  /** No longer than an observation waits: after that nothing of its is left. */
  readonly windowMs: number
  /** As it was when the list was opened. */
  readonly known: ReadonlyArray<SeenPlugin>
  /** Durable when it succeeds. */
  readonly keep: (plugin: SeenPlugin) => Effect.Effect<void, SeenPluginsUnavailable>
  readonly forget: (id: string) => Effect.Effect<void, SeenPluginsUnavailable>
}

const weekMs = 7 * 86_400_000

/** Nothing outlives the process unless a host provides a list that does. */
export const SeenPlugins = Context.Reference<SeenPluginList>("@farmops/plugin-sdk/runtime/SeenPlugins", {
  defaultValue: () => ({
    windowMs: weekMs,
    known: [],
    keep: () => Effect.void,
    forget: () => Effect.void
  })
})
