/** A served farm with 120 coins, and the commands on it, without a process of their own. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { ProofIntake } from "@farmops/core/farm/ProofIntake"
import { TrustStore } from "@farmops/core/farm/TrustStore"
import { wireNow } from "@farmops/core/farm/wireTime"
import { AgentKey } from "@farmops/proof/AgentKey"
import * as Ed25519Node from "@farmops/proof/Ed25519Node"
import { FarmSalt } from "@farmops/proof/FarmSalt"
import { ProofBuilder } from "@farmops/proof/ProofBuilder"
import { ProofChain } from "@farmops/proof/ProofChain"
import { ProofLog } from "@farmops/proof/ProofLog"
import { signStatement } from "@farmops/proof/signedStatement"
import { RunningTracker, trackerLayer } from "@farmops/tracker/layer"
import { Context, DateTime, Effect, Layer, Redacted } from "effect"
import { FarmConnection } from "../src/FarmConnection.ts"
import { Printer } from "../src/Printer.ts"

export const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "farmops-shop-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const agent = ProofChain.layer.pipe(
  Layer.provide(ProofBuilder.layer),
  Layer.provideMerge(Layer.mergeAll(ProofLog.layerMemory, FarmSalt.layerMemory, AgentKey.layerMemory)),
  Layer.provide(Ed25519Node.layer)
)

/** Four proofs of 30 coins before any factor. */
const earn = Effect.gen(function* () {
  const key = yield* AgentKey
  const trust = yield* TrustStore
  const chain = yield* ProofChain
  const intake = yield* ProofIntake
  const body = {
    agent_id: key.agentId,
    public_key: key.publicKey,
    recovery_public_key: null,
    cluster_alias: "local",
    requested_at: yield* wireNow
  }
  yield* trust.enroll({ ...body, possession: signStatement(key, "farmops/enrolment/v1", body) })
  yield* trust.approve(key.agentId)
  for (let at = 0; at < 4; at++) {
    const { line } = yield* chain.append(
      {
        timestamp: DateTime.makeUnsafe("2026-01-05T10:00:00Z"),
        clusterAlias: "local",
        actor: { identifier: Redacted.make("ann@example.org"), type: "human" },
        action: {
          plugin: "farmops/test",
          action_type: "fix",
          category: "incident",
          subcategory: null,
          description: "Fixed"
        },
        status: "success",
        evidence: new Uint8Array([at]),
        hints: { complexity: "low", impact_radius: 1, artifacts_touched: 1, time_spent_seconds: null }
      },
      `o${at}`
    )
    yield* intake.accept(line)
  }
}).pipe(Effect.provide(agent))

/** Runs a command on a fresh farm of the scope at hand and answers with what it printed. */
export const servedFarm = Effect.gen(function* () {
  const dataDir = yield* folder
  const services = yield* Layer.build(
    trackerLayer({
      dbUrl: join(dataDir, "tracker.db"),
      port: 0,
      grpcPort: null,
      host: "127.0.0.1",
      dataDir,
      timeZone: "UTC",
      farmName: "Test farm",
      sample: false
    }).pipe(Layer.provideMerge(NodeServices.layer))
  )
  yield* Effect.provideContext(earn, services)
  const { ownerToken, url } = Context.get(services, RunningTracker)
  const connection = { dataDir, trackerUrl: url, villageUrl: null, agentUrl: null, token: ownerToken }
  const run = <A, E>(command: Effect.Effect<A, E, FarmConnection | Printer>, json = false, token = true) => {
    const printed = Printer.memory({ json, columns: 200 })
    return command.pipe(
      Effect.provideService(FarmConnection, token ? connection : { ...connection, token: null }),
      Effect.provide(printed.layer),
      Effect.map(() => ({ out: printed.stdout(), err: printed.stderr() }))
    )
  }
  return run
})
