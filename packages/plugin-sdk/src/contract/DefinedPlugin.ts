/** A plugin as a value: what it is, and its verdict as a function. `definePlugin` makes one; a process or an agent runs it. */
import type { PluginDescription, Verdict } from "./Verdict.ts"

/** What a plugin may look at. `data` is the source's JSON, not yet checked. */
export interface Observed {
  readonly observationId: string
  readonly sourceType: string
  readonly data: unknown
  /** What the plugin last asked to be remembered of the same subject; no bytes where that is nothing. */
  readonly memory: Uint8Array
}

/** A plugin, ready to be served or run in process. */
export interface DefinedPlugin {
  readonly description: PluginDescription
  /**
   * Takes the configuration, as JSON has it, before the first observation and again whenever the agent has another; null where
   * it has none. Answers with what is wrong with it, or null.
   */
  readonly configure: (configuration: unknown) => string | null
  readonly verify: (observed: Observed) => Verdict | Promise<Verdict>
}
