/** The agent as Layers: a source on one side, a tracker on the other, and between them one plugin, one chain and one durable log. */

import { ProofOutbox } from "@farmops/core/delivery/ProofOutbox"
import { TrackerClient } from "@farmops/core/delivery/TrackerClient"
import * as DataDirectory from "@farmops/core/host/DataDirectory"
import { Health, healthRoutes } from "@farmops/core/host/Health"
import { layerServer } from "@farmops/core/host/listen"
import { layerProblems } from "@farmops/core/http/problem"
import type { PluginSpec } from "@farmops/plugin-sdk/runtime/PluginProcess"
import type { GitRepository } from "@farmops/plugin-sdk/sources/GitRepository"
import { AgentKey } from "@farmops/proof/AgentKey"
import * as Ed25519Node from "@farmops/proof/Ed25519Node"
import { Effect, FileSystem, Layer } from "effect"
import { HttpRouter } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { PrometheusMetrics } from "effect/observability"
import { AgentApi } from "./AgentApi.ts"
import type { AgentConfig } from "./AgentConfig.ts"
import { AgentRun, type AgentSource } from "./AgentRun.ts"
import { AgentStatus } from "./AgentStatus.ts"
import { layerAgentHandlers } from "./agentHandlers.ts"
import { PluginSupervisor } from "./PluginSupervisor.ts"
import { layerProofLog } from "./storedChain.ts"

export type { AgentConfig } from "./AgentConfig.ts"
export { type AgentFailed, AgentRun, type AgentSource } from "./AgentRun.ts"
export { type AgentState, AgentStatus } from "./AgentStatus.ts"
export { signEnrolment } from "./enrolment.ts"
export { gitHistoryPlugin } from "./gitHistoryPlugin.ts"
export type { Examiner } from "./Pipeline.ts"
export type { PluginSupervisor } from "./PluginSupervisor.ts"
export { layerStoredChain, NoAgentHere } from "./storedChain.ts"

/** A repository as the agent's source. `sample` follows the work to every place that shows it. */
export const gitSource = (repository: GitRepository, sample: boolean): AgentSource => ({
  info: { kind: "git", whose: repository.info.whose, sample },
  backlogCount: repository.backlogCount,
  backlog: repository.backlog,
  follow: repository.follow
})

// Key, salt and log lie here: nobody else has business in it.
const layerFolder = (dataDir: string) =>
  Layer.effectDiscard(
    Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeDirectory(dataDir, { recursive: true, mode: 0o700 })).pipe(
      Effect.mapError((error) => new DataDirectory.DataDirectoryUnusable({ path: dataDir, reason: error.reason._tag }))
    )
  )

const layerApi = (host: string, port: number) => {
  const routes = Layer.mergeAll(
    HttpApiBuilder.layer(AgentApi, { openapiPath: "/openapi.json" }).pipe(Layer.provide(layerAgentHandlers({ host }))),
    healthRoutes,
    layerProblems,
    PrometheusMetrics.layerHttp({ path: "/metrics" })
  )
  return HttpRouter.serve(routes, { disableListenLog: true, disableLogger: true }).pipe(
    Layer.provide(layerServer({ host, port }))
  )
}

/** Starts the agent: serves its API at once and works in the background, from the source's backlog to its newest event. */
export const agentLayer = (config: AgentConfig, source: AgentSource, plugin: PluginSpec) => {
  const services = Layer.mergeAll(AgentStatus.layer(config.clusterAlias), Health.layer, ProofOutbox.layer).pipe(
    Layer.provideMerge(
      Layer.mergeAll(
        layerProofLog(config.dataDir),
        TrackerClient.layer(config.trackerUrl),
        PluginSupervisor.layer(plugin, config.clusterAlias)
      )
    ),
    Layer.provide(layerFolder(config.dataDir))
  )
  const run = AgentRun.layer(config, source)
  // First of all, because it makes the data folder in which the log lies.
  const key = AgentKey.layerFile(config.dataDir).pipe(Layer.provide(Ed25519Node.layer))
  const all = config.port === null ? run : layerApi(config.host, config.port).pipe(Layer.provideMerge(run))
  return all.pipe(Layer.provideMerge(services), Layer.provideMerge(key))
}
