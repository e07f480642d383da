/** The village as Layers: a roster on one database, rounds that pull signed snapshots, and the API over both. */
import { VillageApi } from "@farmops/core/api/VillageApi"
import { layerVillageHandlers } from "@farmops/core/api/villageHandlers"
import { layerVillagePage } from "@farmops/core/api/villagePage"
import { isLoopback } from "@farmops/core/host/guardHostName"
import { Health, healthRoutes } from "@farmops/core/host/Health"
import { layerServer } from "@farmops/core/host/listen"
import { layerProblems } from "@farmops/core/http/problem"
import * as Database from "@farmops/core/sql/Database"
import { FarmerProfiles } from "@farmops/core/village/FarmerProfiles"
import { FarmerStore } from "@farmops/core/village/FarmerStore"
import { Leaderboard } from "@farmops/core/village/Leaderboard"
import { Roster } from "@farmops/core/village/Roster"
import { SnapshotSource } from "@farmops/core/village/SnapshotSource"
import { SnapshotSync } from "@farmops/core/village/SnapshotSync"
import { villageMigrations } from "@farmops/core/village/villageTables"
import * as Ed25519Node from "@farmops/proof/Ed25519Node"
import { Layer } from "effect"
import { HttpRouter } from "effect/http"
import { HttpApiBuilder, HttpApiScalar } from "effect/http-api"
import { PrometheusMetrics } from "effect/observability"

/** Everything a village needs to know before it starts. */
export interface VillageConfig {
  readonly dbUrl: string
  /** Shown on its page. */
  readonly name: string
  readonly port: number
  readonly host: string
  /** The time between two looks at one farmer. */
  readonly syncSeconds: number
  /** Whether trackers on private networks and on this machine are called. Left out: only by a village on loopback. */
  readonly allowPrivateAddresses?: boolean
  /** Farmers that the roster takes; see `FarmerStore`. */
  readonly farmersMax?: number
}

const layerServices = (config: VillageConfig) => {
  const allowPrivateAddresses = config.allowPrivateAddresses ?? isLoopback(config.host)
  const database = Database.layerMigrations("village", villageMigrations).pipe(
    Layer.provideMerge(Database.layer(config.dbUrl))
  )
  const store = FarmerStore.layer({ syncMs: config.syncSeconds * 1000, farmersMax: config.farmersMax })
  return Layer.mergeAll(Roster.layer, FarmerProfiles.layer, SnapshotSync.layerRunning).pipe(
    Layer.provideMerge(Layer.mergeAll(store, Leaderboard.layer)),
    Layer.provideMerge(
      Layer.mergeAll(database, Health.layer, Ed25519Node.layer, SnapshotSource.layer({ allowPrivateAddresses }))
    )
  )
}

/** Starts the village: it serves as soon as its database is open and looks at its farmers in the background. */
export const villageLayer = (config: VillageConfig) => {
  const routes = Layer.mergeAll(
    HttpApiBuilder.layer(VillageApi, { openapiPath: "/openapi.json" }).pipe(Layer.provide(layerVillageHandlers)),
    HttpApiScalar.layer(VillageApi, { path: "/docs" }),
    layerVillagePage(config.name),
    healthRoutes,
    PrometheusMetrics.layerHttp({ path: "/metrics" }),
    layerProblems
  )
  return HttpRouter.serve(routes, { disableListenLog: true, disableLogger: true }).pipe(
    Layer.provideMerge(layerServer({ host: config.host, port: config.port })),
    Layer.provideMerge(layerServices(config))
  )
}
