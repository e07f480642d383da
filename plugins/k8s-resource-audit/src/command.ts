/** How this plugin is started. */
import { pluginCommand } from "@farmops/plugin-sdk/author/pluginCommand"

/** The plugin's id and the program that serves it. */
export const k8sResourceAuditCommand = () => pluginCommand("farmops/k8s-resource-audit", import.meta.url)
