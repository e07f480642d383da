/** The plugins of an agent without a manifest: the first-party one for repositories, as a process of this very Node. */

import { existsSync } from "node:fs"
import { dirname } from "node:path"
import { fileURLToPath } from "node:url"
import { layerPluginRuntime } from "@farmops/plugin-sdk/runtime/layerPluginRuntime"
import { pluginManifestOf } from "@farmops/plugin-sdk/runtime/loadPluginManifest"
import { Effect } from "effect"
import { backlogPlugin } from "./wantedSources.ts"

// A bundled host carries the plugin beside itself; elsewhere it is a package of its own.
const programUrl = (): string => {
  const beside = new URL("./plugin-git-history.js", import.meta.url)
  return existsSync(beside) ? beside.href : import.meta.resolve("@farmops/plugin-git-history/main")
}

// A plugin's environment is scrubbed, so the source condition travels as an argument.
const manifest = Effect.sync(() => {
  const program = fileURLToPath(programUrl())
  const args = [...(program.endsWith(".ts") ? ["--conditions=@farmops/source"] : []), program]
  const plugins = [{ id: backlogPlugin, exec: { command: process.execPath, args } }]
  return pluginManifestOf({ plugins }, dirname(program), {})
})

/** The plugin for repositories alone, confined as far as this machine can. */
export const layerGitHistory = layerPluginRuntime(manifest)
