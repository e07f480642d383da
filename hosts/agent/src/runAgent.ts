/** Runs one agent until it is told to stop: holds its folder, opens its sources, and serves. */
import { resolve } from "node:path"
import type { Environment } from "@farmops/core/config/substituteEnvironment"
import * as DataDirectory from "@farmops/core/host/DataDirectory"
import { layerPluginRuntime } from "@farmops/plugin-sdk/runtime/layerPluginRuntime"
import { loadPluginManifest } from "@farmops/plugin-sdk/runtime/loadPluginManifest"
import { Effect, Layer } from "effect"
import type { AgentConfig, AgentFile } from "./AgentConfig.ts"
import { AgentRun, agentLayer, layerGitHistory, Watching } from "./layer.ts"
import { openSources } from "./openSources.ts"

/** The file, and the folder that its paths are relative to. */
export interface AgentSettings {
  readonly file: AgentFile
  readonly folder: string
  /** What plugins may be given of the agent's own environment. */
  readonly environment: Environment
}

/** Never ends by itself; fails with what a person has to decide about. */
export const runAgent = Effect.fn("runAgent")(function* (config: AgentConfig, settings: AgentSettings) {
  const { environment, file, folder } = settings
  const dataDir = yield* DataDirectory.open(config.dataDir)
  const manifest = file.plugins
  const plugins =
    manifest === undefined
      ? layerGitHistory
      : layerPluginRuntime(loadPluginManifest(resolve(folder, manifest), environment))
  const agent = agentLayer({ ...config, dataDir }, (context) => openSources(file, { ...context, folder }), plugins)
  const services = yield* Layer.build(agent)
  const { repositories, sources } = yield* Effect.provide(Watching, services)
  yield* Effect.logInfo("agent started").pipe(
    Effect.annotateLogs({ port: config.port, repositories: repositories.length, sources: sources.length })
  )
  return yield* Effect.provide(
    Effect.flatMap(AgentRun, ({ join }) => join),
    services
  )
}, Effect.scoped)
