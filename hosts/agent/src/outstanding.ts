/** For whom an observation is kept, and what becomes of it when they change. Pure. */
import type { PendingObservation } from "@farmops/plugin-sdk/runtime/ObservationStore"
import type { PluginStatus } from "@farmops/plugin-sdk/runtime/PluginRuntime"
import { isPlugin, wantsStored } from "./wantedSources.ts"

/** What the dispatcher knows of an observation that waits. */
export interface Outstanding extends PendingObservation {
  readonly answered: Set<string>
  /** The plugins that it was kept for at any time since it was met. */
  readonly owed: Set<string>
}

/** An observation that nobody was told of yet. */
export const outstanding = (pending: PendingObservation): Outstanding => ({
  ...pending,
  answered: new Set(pending.settledBy),
  owed: new Set()
})

const mayWant = ({ answered, sourceType }: Outstanding, plugin: PluginStatus): boolean =>
  !answered.has(plugin.id) && wantsStored(plugin, sourceType) !== "no"

/** Notes for whom it is kept now. */
export const note = (entry: Outstanding, plugins: ReadonlyArray<PluginStatus>): void => {
  for (const plugin of plugins) if (isPlugin(plugin) && mayWant(entry, plugin)) entry.owed.add(plugin.id)
}

/** Whether no plugin of these is to answer it any more. Until the runtime has named its plugins nobody can say so. */
export const isDone = (entry: Outstanding, plugins: ReadonlyArray<PluginStatus>): boolean =>
  plugins.length > 0 && !plugins.some((plugin) => mayWant(entry, plugin))

/** Whether it waited for a plugin that is not there any more: it was accepted, and that one never got it. */
export const isLost = ({ answered, owed }: Outstanding, plugins: ReadonlyArray<PluginStatus>): boolean =>
  [...owed].some((id) => !answered.has(id) && !plugins.some((plugin) => plugin.id === id))

/** Whether it waits for none but those that are `off`. */
export const waitsForNobodyElse = (
  entry: Outstanding,
  plugins: ReadonlyArray<PluginStatus>,
  off: ReadonlySet<string>
): boolean => !plugins.some((plugin) => !off.has(plugin.id) && mayWant(entry, plugin))
