/** How this plugin is started. */
import { pluginCommand } from "@farmops/plugin-sdk/author/pluginCommand"

/** The plugin's id and the program that serves it. */
export const gitHistoryCommand = () => pluginCommand("farmops/git-history", import.meta.url)
