/** The tracker as Layers: one ledger on one database, the API over it, and two doors for proofs beside REST. */
import { AgentDoor, ForAgents } from "@farmops/core/api/AgentDoor"
import { layerLazyDocs } from "@farmops/core/api/lazyDocs"
import { LiveTickets } from "@farmops/core/api/live/LiveTickets"
import { makeLiveDoor } from "@farmops/core/api/live/liveDoor"
import { OnceByKey } from "@farmops/core/api/onceByKey"
import { OwnerReads, RequireOwner } from "@farmops/core/api/ownerAccess"
import { makeAdmit, type RequestRates, requestRatesDefault } from "@farmops/core/api/RequestLimits"
import { makeRpcDoor, serveGrpc } from "@farmops/core/api/rpcServers"
import { TrackerApi } from "@farmops/core/api/TrackerApi"
import { makeTrackerRpc } from "@farmops/core/api/TrackerRpc"
import { layerTrackerHandlers } from "@farmops/core/api/trackerHandlers"
import { trackerRoutes } from "@farmops/core/api/trackerRoutes"
import { LatestAudit } from "@farmops/core/farm/audit/LatestAudit"
import { Checkpointer } from "@farmops/core/farm/checkpoint/Checkpointer"
import { Checkpoints } from "@farmops/core/farm/checkpoint/Checkpoints"
import { layerKeepCheckpoints } from "@farmops/core/farm/checkpoint/keepCheckpoints"
import { FarmFeed } from "@farmops/core/farm/FarmFeed"
import { layerFoundingRules } from "@farmops/core/farm/foundingRules"
import { FarmHistory } from "@farmops/core/farm/history/FarmHistory"
import { FarmKeys } from "@farmops/core/farm/keys/FarmKeys"
import { Ledger } from "@farmops/core/farm/Ledger"
import { LedgerRules } from "@farmops/core/farm/LedgerRules"
import { LedgerSettings } from "@farmops/core/farm/LedgerSettings"
import { LedgerTimeZone } from "@farmops/core/farm/LedgerTimeZone"
import { LedgerWriter } from "@farmops/core/farm/LedgerWriter"
import { ledgerMigrations } from "@farmops/core/farm/ledgerTables"
import { layerKeepProofIndex } from "@farmops/core/farm/listing/keepProofIndex"
import { layerKeepMilestones, Milestones } from "@farmops/core/farm/milestones/Milestones"
import { OwnerToken } from "@farmops/core/farm/OwnerToken"
import { ProofIntake } from "@farmops/core/farm/ProofIntake"
import { Shop } from "@farmops/core/farm/Shop"
import { SnapshotSigner } from "@farmops/core/farm/SnapshotSigner"
import { Seasons } from "@farmops/core/farm/seasons/Seasons"
import { TrackerKey } from "@farmops/core/farm/TrackerKey"
import { TrustStore } from "@farmops/core/farm/TrustStore"
import { AgentKeys } from "@farmops/core/farm/trust/AgentKeys"
import { Villages } from "@farmops/core/farm/Villages"
import { isLoopback } from "@farmops/core/host/guardHostName"
import { Health, healthRoutes } from "@farmops/core/host/Health"
import { layerServer } from "@farmops/core/host/listen"
import type { TlsFiles } from "@farmops/core/host/TlsFiles"
import { layerProblems } from "@farmops/core/http/problem"
import * as Database from "@farmops/core/sql/Database"
import * as Ed25519Fastest from "@farmops/proof/Ed25519Fastest"
import { Context, Effect, FileSystem, Layer, type Redacted } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"

/** Everything a tracker needs to know before it starts. */
export interface TrackerConfig {
  readonly dbUrl: string
  readonly port: number
  /** Plain-text gRPC; null opens no such port. */
  readonly grpcPort: number | null
  readonly host: string
  /** Certificate and key; left out, it speaks plain HTTP. */
  readonly tls?: TlsFiles
  /** Whether agents have to show an API key or a certificate; left out, beyond loopback they have to. */
  readonly agentsMustBeKnown?: boolean
  /** How often each may ask; left out, `requestRatesDefault`. */
  readonly requestRates?: RequestRates
  /** Where the tracker's key and the owner's token lie. */
  readonly dataDir: string
  /** IANA name; null takes the ledger's own, or the system's for a new one. */
  readonly timeZone: string | null
  readonly farmName: string
  readonly sample: boolean
  /** Where villages reach this tracker, when it is not the address that it listens on. */
  readonly publicUrl?: string
  /** Whether this process acts as the owner, and so cannot do without the token itself. */
  readonly needsOwnerToken?: boolean
  /** Wins over the file `owner-token`. */
  readonly ownerToken?: Redacted.Redacted<string>
}

/** Where a started tracker answers, and what its owner shows to be the owner. */
export class RunningTracker extends Context.Service<
  RunningTracker,
  {
    readonly url: string
    readonly grpcPort: number | null
    /** Null where its hash alone is known. */
    readonly ownerToken: Redacted.Redacted<string> | null
    /** Whether this start made the token. */
    readonly isOwnerTokenNew: boolean
  }
>()("@farmops/tracker/RunningTracker") {}

/** An address that means every network of this machine is no place to send anybody to. */
const reachable = (host: string): string => (host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host)

const urlOf = (scheme: string, host: string, port: number): string =>
  `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`

const ownUrl = (config: TrackerConfig) =>
  Effect.map(HttpServer.HttpServer, ({ address }) =>
    urlOf(
      config.tls === undefined ? "http" : "https",
      reachable(config.host),
      "port" in address ? address.port : config.port
    )
  )

const dataDirectory = (path: string) =>
  Layer.effectDiscard(
    Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeDirectory(path, { recursive: true, mode: 0o700 }))
  )

/** The ledger and everything that works on it, without a server: what tests and maintenance commands use. */
export const ledgerLayer = (config: TrackerConfig) => {
  const database = Database.layerMigrations("tracker", ledgerMigrations).pipe(
    Layer.provideMerge(Database.layer(config.dbUrl))
  )
  const settings = Layer.mergeAll(
    TrackerKey.layerFile(config.dataDir),
    OwnerToken.layer({ directory: config.dataDir, chosen: config.ownerToken ?? null, needed: config.needsOwnerToken }),
    LedgerSettings.layer({ timeZone: config.timeZone, farmName: config.farmName, sample: config.sample })
  ).pipe(Layer.provideMerge(Layer.merge(database, Ed25519Fastest.layer)), Layer.provide(dataDirectory(config.dataDir)))
  return Layer.mergeAll(
    FarmFeed.layer,
    SnapshotSigner.layer,
    Checkpoints.layer,
    FarmKeys.layer,
    Milestones.layer(),
    FarmHistory.layer,
    Shop.layer,
    LedgerRules.layer,
    LedgerTimeZone.layer,
    LatestAudit.layer(config.dbUrl),
    LiveTickets.layer,
    Seasons.layer
  ).pipe(
    Layer.provideMerge(Layer.mergeAll(Ledger.layer, ProofIntake.layer, Checkpointer.layer)),
    Layer.provideMerge(Layer.mergeAll(TrustStore.layer, AgentKeys.layer, LedgerWriter.layer)),
    // Above everything that writes, so that it is the first line.
    Layer.provideMerge(layerFoundingRules),
    Layer.provideMerge(settings)
  )
}

/** Every route that the tracker answers over HTTP, but RPC. */
export const routes = (config: Pick<TrackerConfig, "host">) => {
  const open = isLoopback(config.host)
  return Layer.mergeAll(
    HttpApiBuilder.layer(TrackerApi, { openapiPath: "/openapi.json" }).pipe(
      Layer.provide(layerTrackerHandlers),
      Layer.provide(Layer.mergeAll(RequireOwner.layer, OwnerReads.layer(open), ForAgents.layer, OnceByKey.layer))
    ),
    layerLazyDocs(TrackerApi),
    trackerRoutes({ open }),
    healthRoutes,
    layerProblems
  )
}

const villages = (config: TrackerConfig) =>
  Layer.unwrap(
    Effect.map(HttpServer.HttpServer, (server) =>
      Villages.layer(
        config.publicUrl === undefined
          ? Effect.provideService(ownUrl(config), HttpServer.HttpServer, server)
          : Effect.succeed(config.publicUrl.replace(/\/+$/, ""))
      )
    )
  )

/** Opens the doors for proofs. Built last and so closed first: views and streams end before the server waits for them. */
const running = (
  config: TrackerConfig,
  door: Effect.Success<typeof makeRpcDoor>,
  live: Effect.Success<typeof makeLiveDoor>
) =>
  Layer.effect(
    RunningTracker,
    Effect.gen(function* () {
      const { isNew, token } = yield* OwnerToken
      const feed = yield* FarmFeed
      const rpc = yield* makeTrackerRpc
      // An approval that was cut short.
      yield* (yield* ProofIntake).settleAll
      yield* Effect.addFinalizer(() => feed.close)
      const admit = yield* makeAdmit(config.requestRates ?? requestRatesDefault)
      yield* door.open(rpc, admit)
      yield* live.open({ open: isLoopback(config.host), admit })
      const { grpcPort, host } = config
      if (!isLoopback(host) && config.tls === undefined) {
        yield* Effect.logWarning(
          "the tracker listens beyond this machine without TLS: tokens and proofs can be read on the way (--tls-cert, --tls-key)"
        )
      }
      const grpc = grpcPort === null ? null : yield* serveGrpc(rpc, { host, port: grpcPort }, admit)
      return { url: yield* ownUrl(config), grpcPort: grpc, ownerToken: token, isOwnerTokenNew: isNew }
    })
  )

/** Starts the tracker. It serves as soon as its ledger is open. */
export const trackerLayer = (config: TrackerConfig) =>
  Layer.unwrap(
    Effect.map(Effect.all([makeRpcDoor, makeLiveDoor]), ([door, live]) =>
      running(config, door, live).pipe(
        Layer.provideMerge(HttpRouter.serve(routes(config), { disableListenLog: true, disableLogger: true })),
        Layer.provideMerge(villages(config)),
        Layer.provideMerge(
          layerServer({
            host: config.host,
            port: config.port,
            tls: config.tls,
            wrap: (server) => live.wrap(door.wrap(server))
          })
        ),
        // Below the server, so that its last checkpoint comes after the last proof.
        Layer.provideMerge(Layer.mergeAll(layerKeepCheckpoints, layerKeepMilestones, layerKeepProofIndex)),
        Layer.provideMerge(AgentDoor.layer({ mustBeKnown: config.agentsMustBeKnown ?? !isLoopback(config.host) })),
        Layer.provideMerge(ledgerLayer(config)),
        Layer.provideMerge(Health.layer)
      )
    )
  )
