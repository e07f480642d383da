/** Where the first-party git plugin is, and how this Node runs it. */

import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { PluginSpec } from "@farmops/plugin-sdk/runtime/PluginProcess"

// A bundled host carries the plugin beside itself; elsewhere it is a package of its own.
const programUrl = (): string => {
  const beside = new URL("./plugin-git-history.js", import.meta.url)
  return existsSync(beside) ? beside.href : import.meta.resolve("@farmops/plugin-git-history/main")
}

/** The plugin as a process of this very Node. Its environment is scrubbed, so the source condition travels as an argument. */
export const gitHistoryPlugin = (): PluginSpec => {
  const program = fileURLToPath(programUrl())
  return {
    id: "farmops/git-history",
    command: process.execPath,
    args: [...(program.endsWith(".ts") ? ["--conditions=@farmops/source"] : []), program]
  }
}
