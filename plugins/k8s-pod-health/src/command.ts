/** How this plugin is started. */
import { pluginCommand } from "@farmops/plugin-sdk/author/pluginCommand"

/** The plugin's id and the program that serves it. */
export const k8sPodHealthCommand = () => pluginCommand("farmops/k8s-pod-health", import.meta.url)
