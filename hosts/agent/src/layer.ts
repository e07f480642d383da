/** The agent as Layers: sources on one side, a tracker on the other, and between them plugins, one chain and one durable log. */

import { ProofOutbox } from "@farmops/core/delivery/ProofOutbox"
import { TrackerClient } from "@farmops/core/delivery/TrackerClient"
import * as DataDirectory from "@farmops/core/host/DataDirectory"
import { Health, healthRoutes } from "@farmops/core/host/Health"
import { layerServer } from "@farmops/core/host/listen"
import { layerProblems } from "@farmops/core/http/problem"
import { defaultObservationLimits } from "@farmops/plugin-sdk/runtime/ObservationStore"
import * as ObservationStoreSql from "@farmops/plugin-sdk/runtime/ObservationStoreSql"
import { loadObservationKey, observationKeyFile } from "@farmops/plugin-sdk/runtime/observations/observationKeyFile"
import type { ObservationKey } from "@farmops/plugin-sdk/runtime/observations/sealedRow"
import type { PluginRuntime } from "@farmops/plugin-sdk/runtime/PluginRuntime"
import { layerReceiverServer } from "@farmops/plugin-sdk/sources/receive/Receiver"
import { AgentKey } from "@farmops/proof/AgentKey"
import * as Ed25519Node from "@farmops/proof/Ed25519Node"
import { Context, Effect, FileSystem, Layer } from "effect"
import { HttpRouter } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { PrometheusMetrics } from "effect/observability"
import { SqlClient } from "effect/sql"
import { AgentApi } from "./AgentApi.ts"
import type { AgentConfig } from "./AgentConfig.ts"
import { AgentRun } from "./AgentRun.ts"
import { AgentStatus } from "./AgentStatus.ts"
import { layerAgentHandlers } from "./agentHandlers.ts"
import { makePluginFields } from "./askedFields.ts"
import { layerBacklogExaminer } from "./backlogExaminer.ts"
import { OutboxGate, outboxMaxDefault } from "./OutboxGate.ts"
import type { OneSourceOptions } from "./openOneSource.ts"
import { SourceBoard } from "./SourceBoard.ts"
import { layerSeenPlugins } from "./seenPlugins.ts"
import { makeSourceMemory } from "./sourceMemories.ts"
import {
  layerAgentDatabase,
  layerLogTables,
  layerSeenPluginTables,
  layerSourceMemoryTables,
  layerStoreTables
} from "./storedChain.ts"
import { type SourceContext, type Watched, Watching } from "./Watching.ts"

export type { AgentConfig } from "./AgentConfig.ts"
export { type AgentFailed, AgentRun } from "./AgentRun.ts"
export { type AgentState, AgentStatus } from "./AgentStatus.ts"
export { signEnrolment } from "./enrolment.ts"
export { layerGitHistory } from "./gitHistoryPlugin.ts"
export { gitSource } from "./gitSource.ts"
export type { OutboxGate } from "./OutboxGate.ts"
export type { OneSource, OneSourceOptions, PlayedFile } from "./openOneSource.ts"
export type { Examiner } from "./Pipeline.ts"
export type { SourceBoard } from "./SourceBoard.ts"
export { layerStoredChain, NoAgentHere } from "./storedChain.ts"
export { type AgentSource, type MemoryOf, type SourceContext, type Watched, Watching } from "./Watching.ts"

// Key, salt and log lie here: nobody else has business in it.
const layerFolder = (dataDir: string) =>
  Layer.effectDiscard(
    Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeDirectory(dataDir, { recursive: true, mode: 0o700 })).pipe(
      Effect.mapError((error) => new DataDirectory.DataDirectoryUnusable({ path: dataDir, reason: error.reason._tag }))
    )
  )

const layerApi = (host: string, port: number, outboxMax: number) => {
  const routes = Layer.mergeAll(
    HttpApiBuilder.layer(AgentApi, { openapiPath: "/openapi.json" }).pipe(
      Layer.provide(layerAgentHandlers({ host, outboxMax }))
    ),
    healthRoutes,
    layerProblems,
    PrometheusMetrics.layerHttp({ path: "/metrics" })
  )
  return HttpRouter.serve(routes, { disableListenLog: true, disableLogger: true }).pipe(
    Layer.provide(layerServer({ host, port }))
  )
}

// Layers are shared by identity within one build, also the router that `HttpRouter.serve` makes: two servers that were built
// together would answer to each other's paths.
const apart = <A, E, R>(server: Layer.Layer<A, E, R>) =>
  Layer.effectDiscard(
    Effect.flatMap(Effect.scope, (scope) => Layer.buildWithMemoMap(server, Layer.makeMemoMapUnsafe(), scope))
  )

/** Where webhooks come in, when any source takes them: nothing else answers there. */
const layerHooks = (hooks: NonNullable<AgentConfig["hooks"]>) =>
  Layer.unwrap(
    Effect.map(Watching, ({ receivers }) =>
      receivers.length === 0 ? Layer.empty : apart(layerReceiverServer(receivers, hooks))
    )
  )

const dayMs = 86_400_000

const windowMsOf = ({ observations }: AgentConfig) =>
  observations?.windowDays === undefined ? defaultObservationLimits.windowMs : observations.windowDays * dayMs

const layerStore = (config: AgentConfig) =>
  Layer.unwrap(
    Effect.map(ObservationKeyring, (key) =>
      ObservationStoreSql.layer({
        key,
        keyFile: observationKeyFile(config.dataDir),
        forget: config.forgetObservations ?? false,
        limits: {
          windowMs: windowMsOf(config),
          ...(config.observations?.max !== undefined && { pendingMax: config.observations.max })
        }
      })
    )
  ).pipe(Layer.provide(layerStoreTables))

/** The key to what lies in the database sealed. */
class ObservationKeyring extends Context.Service<ObservationKeyring, ObservationKey>()(
  "@farmops/agent/ObservationKeyring"
) {}

const layerWatching = <E, R>(open: (context: SourceContext) => Effect.Effect<Watched, E, R>) =>
  Layer.effect(
    Watching,
    Effect.gen(function* () {
      const key = yield* ObservationKeyring
      const sql = yield* SqlClient.SqlClient
      return yield* open({
        memoryOf: (name) => Effect.provideService(makeSourceMemory(key, name), SqlClient.SqlClient, sql),
        pluginFields: yield* makePluginFields
      })
    })
  ).pipe(Layer.provide(layerSourceMemoryTables))

/**
 * Starts the agent: serves its API at once and works in the background, from the repositories' backlog to the newest event.
 * `open` is given the memories of sources, which lie in the agent's database, and what the plugins ask for.
 */
export const agentLayer = <E, R, E2, R2>(
  config: AgentConfig,
  open: (context: SourceContext) => Effect.Effect<Watched, E, R>,
  plugins: Layer.Layer<PluginRuntime, E2, R2>
) => {
  const outboxMax = config.outboxMax ?? outboxMaxDefault
  const keyring = Layer.effect(ObservationKeyring, loadObservationKey(config.dataDir)).pipe(
    Layer.provide(Ed25519Node.layer)
  )
  const database = layerAgentDatabase(config.dataDir)
  const stored = Layer.mergeAll(layerLogTables, layerStore(config), layerWatching(open)).pipe(
    Layer.provide(Layer.merge(database, keyring))
  )
  const seen = layerSeenPlugins(windowMsOf(config)).pipe(Layer.provide(layerSeenPluginTables), Layer.provide(database))
  const services = SourceBoard.layer.pipe(
    Layer.provideMerge(OutboxGate.layer(outboxMax)),
    Layer.provideMerge(
      Layer.mergeAll(
        AgentStatus.layer(config.clusterAlias),
        Health.layer,
        ProofOutbox.layer,
        layerBacklogExaminer(config.clusterAlias)
      )
    ),
    Layer.provideMerge(
      Layer.mergeAll(
        Layer.provideMerge(stored, Layer.provide(plugins, seen)),
        TrackerClient.layer(config.trackerUrl, config.trackerAccess)
      )
    ),
    Layer.provide(layerFolder(config.dataDir))
  )
  const run = AgentRun.layer(config)
  // First of all, because it makes the data folder in which the log lies.
  const key = AgentKey.layerFile(config.dataDir).pipe(Layer.provide(Ed25519Node.layer))
  const api = config.port === null ? run : layerApi(config.host, config.port, outboxMax).pipe(Layer.provideMerge(run))
  const all = config.hooks === undefined ? api : Layer.merge(api, layerHooks(config.hooks))
  return all.pipe(Layer.provideMerge(services), Layer.provideMerge(key))
}

/** Loaded when they are asked for: a host that runs an agent opens its sources otherwise. */
const loadOneSource = Effect.promise(() => import("./openOneSource.ts"))

/** What of an agent's file concerns whoever plays to a plugin what one source of it sees. */
export const readPlayedFile = (options: Pick<OneSourceOptions, "environment" | "file">) =>
  Effect.flatMap(loadOneSource, (module) => module.readPlayedFile(options))

/** One source of an agent's file, in the present scope, without an agent: nothing that it sees is kept. */
export const openOneSource = (options: OneSourceOptions) =>
  Effect.flatMap(loadOneSource, (module) => module.openOneSource(options))
