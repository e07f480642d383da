/** How this plugin is started. */
import { pluginCommand } from "@farmops/plugin-sdk/author/pluginCommand"

/** The plugin's id and the program that serves it. */
export const prometheusAlertResolveCommand = () => pluginCommand("farmops/prometheus-alert-resolve", import.meta.url)
