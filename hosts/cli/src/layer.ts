/** A whole farm in one process: tracker and village first, then the agent that feeds them. `farmops up` and whole-system tests run it. */

import { join } from "node:path"
import { agentLayer, gitSource, layerGitHistory } from "@farmops/agent/layer"
import type { GitRepository } from "@farmops/plugin-sdk/sources/GitRepository"
import { trackerLayer } from "@farmops/tracker/layer"
import { villageLayer } from "@farmops/village/layer"
import { Context, Effect, Layer } from "effect"
import type { Ports } from "./up/choosePorts.ts"

/** What a farm in one process needs to know. Everything is kept under `dataDir` and served on loopback. */
export interface FarmConfig {
  readonly dataDir: string
  readonly ports: Ports
  readonly farmName: string
  readonly repository: GitRepository
  readonly sample: boolean
  /** The agent's, told to the tracker when it enrols; null for none. */
  readonly recoveryPublicKey: string | null
  /** null runs no village. */
  readonly villageName: string | null
}

const host = "127.0.0.1"

// A village in the same process can look often; a far one asks once in a while.
const syncSeconds = 2

// Layers are shared by identity within one build, also the router that `HttpRouter.serve` makes: hosts that were built
// together would answer to each other's paths. `Layer.fresh` does not reach that one, a memo map of its own does.
const apart = <A, E, R>(host: Layer.Layer<A, E, R>) =>
  Layer.effectContext(
    Effect.scope.pipe(
      Effect.flatMap((scope) => Layer.buildWithMemoMap(host, Layer.makeMemoMapUnsafe(), scope)),
      Effect.map(Context.omit(Layer.CurrentMemoMap))
    )
  )

/** Tracker and village serve before the agent starts. No two share a router, a database or a registry. */
export const farmLayer = (config: FarmConfig) => {
  const { dataDir, ports } = config
  const tracker = trackerLayer({
    dbUrl: join(dataDir, "tracker.db"),
    port: ports.tracker,
    grpcPort: ports.grpc,
    host,
    dataDir,
    timeZone: null,
    farmName: config.farmName,
    sample: config.sample,
    // It approves its own agent.
    needsOwnerToken: true
  })
  const agent = agentLayer(
    {
      dataDir: join(dataDir, "agent"),
      trackerUrl: `http://${host}:${ports.tracker}`,
      clusterAlias: "local",
      recoveryPublicKey: config.recoveryPublicKey,
      host,
      port: ports.agent
    },
    () => Effect.succeed({ repositories: [gitSource(config.repository, config.sample)], sources: [], receivers: [] }),
    layerGitHistory
  )
  const village =
    config.villageName === null
      ? Layer.empty
      : villageLayer({
          dbUrl: join(dataDir, "village.db"),
          name: config.villageName,
          port: ports.village,
          host,
          syncSeconds
        })
  return apart(agent).pipe(Layer.provideMerge(Layer.merge(apart(tracker), apart(village))))
}
