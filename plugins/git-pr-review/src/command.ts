/** How this plugin is started. */
import { pluginCommand } from "@farmops/plugin-sdk/author/pluginCommand"

/** The plugin's id and the program that serves it. */
export const gitPrReviewCommand = () => pluginCommand("farmops/git-pr-review", import.meta.url)
