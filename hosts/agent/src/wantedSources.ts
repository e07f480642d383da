/** Which observations a plugin is to answer, as its status says. Pure. */
import type { PluginStatus } from "@farmops/plugin-sdk/runtime/PluginRuntime"

/** `unknown` until the plugin has described itself for the first time: what arrives meanwhile is kept for it. */
export type Wants = "yes" | "no" | "unknown"

/** Whether it stands for a plugin, and not for a socket that nobody has said an id at. */
export const isPlugin = ({ id }: PluginStatus): boolean => id.includes("/")

/**
 * Whether a plugin is to answer observations of this type. One that could not be started may still have wanted them before, and
 * may want them once its owner has cured it.
 */
export const wants = (plugin: PluginStatus, sourceType: string): Wants => {
  const { sources, state, version } = plugin
  if (sources.includes(sourceType)) return "yes"
  if (version !== null) return "no"
  return state === "deactivated" && !isPlugin(plugin) ? "no" : "unknown"
}

/** The plugin whose commits come from the repository itself, which can be asked again: it needs them from nowhere else. */
export const backlogPlugin = "farmops/git-history"
const backlogSource = "git"

/** As {@link wants}, of what lies in the store for others. */
export const wantsStored = (plugin: PluginStatus, sourceType: string): Wants =>
  plugin.id === backlogPlugin && sourceType === backlogSource ? "no" : wants(plugin, sourceType)

/** Whether it can be asked, now or after a restart that it sees to itself. */
export const isAskable = ({ state, version }: PluginStatus): boolean =>
  state !== "deactivated" && state !== "away" && version !== null

/** What of all plugins' status decides who is to answer what: changes seldom, while the status does with every fault. */
export const interestOf = (statuses: ReadonlyArray<PluginStatus>): string =>
  JSON.stringify(statuses.map((one) => [one.id, one.version, one.sources, isAskable(one)]))
