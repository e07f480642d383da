/** A farm that signs checkpoints, on a real SQLite file, for tests. */
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { AuditPool } from "@farmops/proof/AuditPool"
import * as Ed25519Node from "@farmops/proof/Ed25519Node"
import { Effect, Layer, Result } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { LedgerArchive } from "../src/farm/archive/LedgerArchive.ts"
import { LedgerAudit } from "../src/farm/audit/LedgerAudit.ts"
import { Checkpointer } from "../src/farm/checkpoint/Checkpointer.ts"
import { Checkpoints } from "../src/farm/checkpoint/Checkpoints.ts"
import { leavesAfter, readLength } from "../src/farm/checkpoint/ledgerLeaves.ts"
import { FarmKeys } from "../src/farm/keys/FarmKeys.ts"
import { LedgerSettings } from "../src/farm/LedgerSettings.ts"
import { LedgerWriter } from "../src/farm/LedgerWriter.ts"
import { ledgerMigrations } from "../src/farm/ledgerTables.ts"
import { ProofIntake } from "../src/farm/ProofIntake.ts"
import { TrackerKey } from "../src/farm/TrackerKey.ts"
import { TrustStore } from "../src/farm/TrustStore.ts"
import * as Database from "../src/sql/Database.ts"
import { approvedRecoverableAgent, approvedTestAgent, farmLayer, testNow } from "./farmLayers.ts"
import type { TestAgent } from "./proofFixture.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

export const checkpointLayer = (url: string) =>
  Layer.mergeAll(Checkpoints.layer, LedgerAudit.layer, LedgerArchive.layer).pipe(
    Layer.provideMerge(Checkpointer.layer),
    Layer.provide(AuditPool.layer({ backend: "node", workers: 1 })),
    Layer.provideMerge(farmLayer(url)),
    Layer.provideMerge(NodeServices.layer)
  )

/** The same with everything in a folder, its key too, so that it can be closed and opened again. */
export const fileFarmLayer = (folder: string, url = join(folder, "tracker.db")) =>
  Layer.mergeAll(Checkpointer.layer, LedgerAudit.layer, LedgerArchive.layer, ProofIntake.layer).pipe(
    Layer.provide(AuditPool.layer({ backend: "node", workers: 1 })),
    Layer.provideMerge(Layer.mergeAll(TrustStore.layer, LedgerWriter.layer, FarmKeys.layer)),
    Layer.provideMerge(LedgerSettings.layer({ timeZone: "UTC", farmName: "Test farm", sample: false })),
    Layer.provideMerge(TrackerKey.layerFile(folder)),
    Layer.provideMerge(Database.layerMigrations("tracker", ledgerMigrations)),
    Layer.provideMerge(Database.layer(url)),
    Layer.provideMerge(Ed25519Node.layer),
    Layer.provideMerge(NodeServices.layer)
  )

/** Runs a test on a fresh farm in a file of its own. */
export const onCheckpointedFarm = <A, E, R>(test: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder
    yield* TestClock.setTime(Date.parse(testNow))
    return yield* Effect.provide(test, checkpointLayer(join(folder, "tracker.db")))
  }).pipe(Effect.scoped)

/** So many more proofs of the agent, all taken. */
export const grow = Effect.fnUntraced(function* (agent: TestAgent, count: number) {
  const answers = yield* (yield* ProofIntake).acceptBatch(yield* agent.chain(count))
  if (!answers.every(Result.isSuccess)) return yield* Effect.die(new Error("a proof was refused"))
})

/** Lets the agent fill the ledger up to so many lines; events of the tracker are among them. */
export const growTo = Effect.fnUntraced(function* (agent: TestAgent, size: number) {
  const { held } = yield* readLength
  yield* grow(agent, size - held)
})

/** The ledger's lines in their order, as bytes. */
export const storedLines = Effect.map(leavesAfter(-1, 100_000), (lines) =>
  lines.map(({ line }) => new TextEncoder().encode(line ?? ""))
)

/** What an audit of the farm at hand says. */
export const auditNow = Effect.fnUntraced(function* (level: "full" | "links" = "full") {
  const { publicKey } = yield* TrackerKey
  return yield* (yield* LedgerAudit).audit({ level, trackerKey: publicKey })
})

/**
 * A farm with a past: one agent whose key changed, was stolen and taken back, another whose last work its owner does not
 * trust, checkpoints on the way. Answers with the agents.
 */
export const makeStory = Effect.gen(function* () {
  const intake = yield* ProofIntake
  const { checkpoint } = yield* Checkpointer
  const send = (lines: ReadonlyArray<string>) =>
    Effect.filterOrFail(intake.acceptBatch(lines), (answers) => answers.every(Result.isSuccess))
  const one = yield* approvedRecoverableAgent
  const two = yield* approvedTestAgent
  yield* send([...(yield* one.chain(5)), ...(yield* two.chain(4)), yield* one.rotate(), ...(yield* one.chain(3))])
  yield* checkpoint
  const last = one.head()
  yield* send([...(yield* two.chain(3)), yield* one.rotate(), ...(yield* one.chain(2))])
  yield* checkpoint
  yield* send([yield* one.recover(last), ...(yield* one.chain(3)), ...(yield* two.chain(3))])
  const trusted = { sequence: 5, hash: "" }
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ hash: string }>`SELECT hash FROM tracker_proof
    WHERE agent_id = ${two.agentId} AND sequence = ${trusted.sequence}`
  yield* (yield* TrustStore).revoke(two.agentId, { ...trusted, hash: row?.hash ?? "" })
  yield* send(yield* one.chain(4))
  yield* checkpoint
  yield* send(yield* one.chain(2))
  return { one, two }
})
