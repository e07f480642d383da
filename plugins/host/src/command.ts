/** How the host is started. */
import { mainBeside, programCommand } from "@farmops/plugin-sdk/author/pluginCommand"

/** The program that serves every first-party plugin. */
export const pluginHostCommand = () => programCommand(mainBeside(import.meta.url))
