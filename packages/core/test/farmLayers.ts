/** The farm's services on a real SQLite database, for tests. */
import * as Ed25519Node from "@farmops/proof/Ed25519Node"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { AgentDoor } from "../src/api/AgentDoor.ts"
import { FarmFeed } from "../src/farm/FarmFeed.ts"
import { layerFoundingRules } from "../src/farm/foundingRules.ts"
import { FarmKeys } from "../src/farm/keys/FarmKeys.ts"
import { Ledger } from "../src/farm/Ledger.ts"
import { LedgerRules } from "../src/farm/LedgerRules.ts"
import { LedgerSettings } from "../src/farm/LedgerSettings.ts"
import { LedgerTimeZone } from "../src/farm/LedgerTimeZone.ts"
import { LedgerWriter } from "../src/farm/LedgerWriter.ts"
import { ledgerMigrations } from "../src/farm/ledgerTables.ts"
import { ProofIntake } from "../src/farm/ProofIntake.ts"
import { Shop } from "../src/farm/Shop.ts"
import { SnapshotSigner } from "../src/farm/SnapshotSigner.ts"
import { Seasons } from "../src/farm/seasons/Seasons.ts"
import { TrackerKey } from "../src/farm/TrackerKey.ts"
import { TrustStore } from "../src/farm/TrustStore.ts"
import { AgentKeys } from "../src/farm/trust/AgentKeys.ts"
import * as Database from "../src/sql/Database.ts"
import { makeRecoverableAgent, makeTestAgent, type TestAgent } from "./proofFixture.ts"

/** Everything of a tracker that remembers something, above its database; null is the zone that the ledger has. */
export const farmServicesIn = (timeZone: string | null) =>
  Layer.mergeAll(
    ProofIntake.layer,
    SnapshotSigner.layer,
    Shop.layer,
    LedgerRules.layer,
    LedgerTimeZone.layer,
    FarmFeed.layer.pipe(Layer.provide(ProofIntake.layer)),
    AgentDoor.layer({ mustBeKnown: false }),
    Seasons.layer
  ).pipe(
    Layer.provideMerge(
      Layer.mergeAll(TrustStore.layer, AgentKeys.layer, LedgerWriter.layer, Ledger.layer, FarmKeys.layer)
    ),
    Layer.provideMerge(LedgerSettings.layer({ timeZone, farmName: "Test farm", sample: false })),
    Layer.provideMerge(TrackerKey.layerMemory),
    Layer.provideMerge(Ed25519Node.layer)
  )

/** The same of a farm in UTC. */
export const farmServices = farmServicesIn("UTC")

/** A farm's database at `url` with its tables. */
export const farmDatabase = (url = ":memory:") =>
  Database.layerMigrations("tracker", ledgerMigrations).pipe(
    Layer.provideMerge(Database.layer(url)),
    Layer.provide(Ed25519Node.layer)
  )

/** One farm on the database at `url`, in UTC. */
export const farmLayer = (url = ":memory:") => farmServices.pipe(Layer.provideMerge(farmDatabase(url)))

/** The same as a tracker starts it: its ledger begins with its rules. Other tests are of ledgers that do not say them. */
export const foundedFarmLayer = (url = ":memory:") => layerFoundingRules.pipe(Layer.provideMerge(farmLayer(url)))

/** The present of these tests. Set before the layers are built: what waits for an hour would else run through 56 years. */
export const testNow = "2026-03-04T10:00:00Z"

/** Runs a test on a fresh farm at {@link testNow}. */
export const onFarm = <A, E, R>(test: Effect.Effect<A, E, R>, url?: string) =>
  Effect.andThen(TestClock.setTime(Date.parse(testNow)), Effect.provide(test, farmLayer(url)))

const approve = Effect.fnUntraced(function* (agent: TestAgent) {
  const trust = yield* TrustStore
  yield* trust.enroll(yield* agent.enrolment)
  yield* trust.approve(agent.agentId)
  return agent
})

/** An agent that the owner has approved. */
export const approvedTestAgent = Effect.flatMap(makeTestAgent, approve)

/** The same with a recovery key. */
export const approvedRecoverableAgent = Effect.flatMap(makeRecoverableAgent, approve)
