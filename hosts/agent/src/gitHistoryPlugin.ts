/** The plugins of an agent without a manifest: the first-party one for repositories, as a process of this very Node. */
import { existsSync } from "node:fs"
import { programCommand } from "@farmops/plugin-sdk/author/pluginCommand"
import { layerPluginRuntime } from "@farmops/plugin-sdk/runtime/layerPluginRuntime"
import { pluginManifestOf } from "@farmops/plugin-sdk/runtime/loadPluginManifest"
import { Effect } from "effect"
import { backlogPlugin } from "./wantedSources.ts"

// A bundled host carries the plugin beside itself; elsewhere it is a package of its own.
const programUrl = (): string => {
  const beside = new URL("./plugin-git-history.js", import.meta.url)
  return existsSync(beside) ? beside.href : import.meta.resolve("@farmops/plugin-git-history/main")
}

const manifest = Effect.sync(() => {
  const plugins = [{ id: backlogPlugin, exec: programCommand(programUrl()) }]
  return pluginManifestOf({ plugins }, ".", {})
})

/** The plugin for repositories alone, confined as far as this machine can. */
export const layerGitHistory = layerPluginRuntime(manifest)
