/** A plugin as a value: what it is, and its verdict as a function. `definePlugin` makes one; a process or an agent runs it. */
import type { PluginDescription, Verdict } from "./Verdict.ts"

/** What a plugin may look at. `data` is the source's JSON, not yet checked. */
export interface Observed {
  readonly observationId: string
  readonly sourceType: string
  readonly data: unknown
}

/** A plugin, ready to be served or run in process. */
export interface DefinedPlugin {
  readonly description: PluginDescription
  readonly verify: (observed: Observed) => Verdict | Promise<Verdict>
}
