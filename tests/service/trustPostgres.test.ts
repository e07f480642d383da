import { assert, describe, it } from "@effect/vitest"
import { Ledger } from "@farmops/core/farm/Ledger"
import { ProofIntake } from "@farmops/core/farm/ProofIntake"
import { TrustStore } from "@farmops/core/farm/TrustStore"
import { Effect, Layer, Result, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { afterAll, beforeAll } from "vitest"
import { approvedRecoverableAgent, approvedTestAgent, farmLayer, testNow } from "../../packages/core/test/farmLayers.ts"
import { migrationKeepsLedger } from "../../packages/core/test/firstVersionLedger.ts"
import { makeTestAgent } from "../../packages/core/test/proofFixture.ts"
import { temporaryFolder } from "../../packages/core/test/temporaryFolder.ts"
import { trackersShareTheKey, trackerWithTheOldKeyStops } from "../../packages/core/test/trackerKeySharing.ts"
import { assertReplays, listed, send, sendAll } from "../../packages/core/test/trustFixture.ts"
import { postgresBin, type RunningPostgres, startPostgres } from "./postgres.ts"

let postgres: RunningPostgres | null = null
beforeAll(async () => {
  if (postgresBin !== null) postgres = await startPostgres()
})
afterAll(() => postgres?.stop())

/** Two trackers on a fresh database of the server. */
const twoTrackers = Effect.gen(function* () {
  const url = postgres?.makeDatabase() ?? ""
  const start = Layer.build(Layer.fresh(farmLayer(url)))
  type Services = Effect.Success<typeof start>
  const on =
    (services: Services) =>
    <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      Effect.provideContext(effect, services)
  return { here: on(yield* start), there: on(yield* start) }
})

const positions = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ position: string }>`SELECT position FROM tracker_proof
    UNION ALL SELECT position FROM tracker_event ORDER BY position`
  return rows.map(({ position }) => Number(position))
})

describe.skipIf(postgresBin === null)("the migration on PostgreSQL", () => {
  it.effect("keeps a ledger of the first version", () =>
    migrationKeepsLedger(postgres?.makeDatabase() ?? "", postgres?.makeDatabase() ?? "")
  )
})

describe.skipIf(postgresBin === null)("two trackers on one PostgreSQL", () => {
  it.effect("set aside what comes before an approval, and score it once, whichever of them is asked", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.parse(testNow))
      const { here, there } = yield* twoTrackers
      const agent = yield* here(makeTestAgent)
      const trust = yield* here(TrustStore)
      yield* trust.enroll(yield* agent.enrolment)
      const lines = yield* agent.chain(300)
      const sendAside = (part: ReadonlyArray<string>) =>
        Effect.flatMap(ProofIntake, (intake) => intake.acceptBatch(part))
      yield* here(sendAside(lines.slice(0, 200)))
      const kept = yield* there(sendAside(lines.slice(150)))
      assert.isTrue(kept.every((answer) => Result.isSuccess(answer) && answer.success.pending))
      assert.strictEqual((yield* trust.get(agent.agentId)).waiting_proofs, 300)
      yield* trust.approve(agent.agentId)
      const settle = Effect.flatMap(ProofIntake, (intake) => intake.settle(agent.agentId))
      yield* Effect.all([here(settle), there(settle)], { concurrency: 2 })
      assert.deepInclude(yield* trust.get(agent.agentId), { waiting_proofs: 0, status: "approved" })
      const farm = yield* there(Effect.flatMap(Ledger, (ledger) => ledger.farm))
      assert.strictEqual(farm.proofs, 300)
    }).pipe(Effect.scoped)
  )

  it.effect("rotate, recover, freeze and revoke as on SQLite", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.parse(testNow))
      const { here, there } = yield* twoTrackers
      const agent = yield* here(approvedRecoverableAgent)
      yield* here(sendAll([...(yield* agent.chain(2)), yield* agent.rotate(), yield* agent.next()]))
      const base = agent.head()
      yield* there(sendAll(yield* agent.chain(2)))
      assert.deepStrictEqual(yield* here(send(yield* agent.after(base))), ["forked"])
      const recovery = [yield* agent.recover(base), yield* agent.next()]
      assert.deepStrictEqual(yield* there(send(...recovery)), ["accepted", "agent_frozen"])
      const trust = yield* here(TrustStore)
      yield* trust.approve(agent.agentId)
      yield* here(sendAll(recovery.slice(1)))
      assert.deepInclude(yield* trust.trust(agent.agentId), {
        branch: 1,
        void: { recovery: 2, revocation: 0 },
        forks: 1
      })
      const point = (yield* here(listed(agent.agentId)))[1]
      yield* trust.revoke(agent.agentId, { sequence: 1, hash: point?.hash ?? "" })
      assert.deepStrictEqual(
        (yield* there(listed(agent.agentId))).map((one) => one.void),
        [null, null, "revocation", "revocation", "recovery", "recovery", "revocation", "revocation"]
      )
      const ledger = yield* there(Ledger)
      assert.strictEqual((yield* Stream.runCollect(yield* ledger.lines(agent.agentId))).length, 6)
      yield* here(assertReplays)
      yield* there(assertReplays)
    }).pipe(Effect.scoped)
  )

  it.live("give each line one position and each place one record, however they race", () =>
    Effect.gen(function* () {
      const { here, there } = yield* twoTrackers
      const agents = yield* Effect.forEach([0, 1, 2, 3], () => here(approvedRecoverableAgent))
      const doomed = yield* here(approvedTestAgent)
      yield* here(sendAll(yield* doomed.chain(5)))
      const race = Effect.fnUntraced(function* (at: number) {
        const agent = agents[at]
        if (agent === undefined) return
        const tracker = at % 2 === 0 ? here : there
        const rival = at % 2 === 0 ? there : here
        const lines = yield* agent.chain(6)
        yield* tracker(sendAll(lines.slice(0, 3)))
        // Of two records for one place, sent to two trackers at once, one is taken.
        const head = JSON.parse(lines[3] ?? "")
        const other = yield* agent.after({
          sequence: 2,
          proofId: head.prev_proof_id,
          hash: head.prev_proof_hash
        })
        const words = yield* Effect.all([tracker(send(lines[3] ?? "")), rival(send(other))], { concurrency: 2 })
        assert.deepStrictEqual(words.flat().toSorted(), ["accepted", "forked"])
        assert.deepStrictEqual(yield* rival(send(yield* agent.recover(null))), ["accepted"])
        yield* tracker(Effect.flatMap(TrustStore, (trust) => trust.approve(agent.agentId)))
        yield* rival(sendAll(yield* agent.chain(3)))
      })
      const revoke = there(Effect.flatMap(TrustStore, (trust) => trust.revoke(doomed.agentId, null)))
      yield* Effect.all([...[0, 1, 2, 3].map(race), revoke], { concurrency: "unbounded" })
      const all = yield* here(positions)
      assert.deepStrictEqual(
        all,
        Array.from({ length: all.length }, (_, at) => at)
      )
      // Five approvals, 5 proofs and a revocation; for each of four agents 4 + 4 proofs, a freeze and an approval.
      assert.strictEqual(all.length, 5 + 5 + 1 + 4 * 10)
      yield* here(assertReplays)
      yield* there(assertReplays)
    }).pipe(Effect.scoped)
  )
})

describe.skipIf(postgresBin === null)("two trackers with one key on one PostgreSQL", () => {
  it.live("follow each other from key to key, however they race", () =>
    Effect.gen(function* () {
      const url = postgres?.makeDatabase() ?? ""
      const { agent, here } = yield* trackersShareTheKey(yield* temporaryFolder, url)
      // What only PostgreSQL has: lines of other connections in between.
      yield* here(Effect.flatMap(TrustStore, (trust) => trust.revoke(agent.agentId)))
      const all = yield* here(positions)
      assert.deepStrictEqual(
        all,
        Array.from({ length: all.length }, (_, at) => at)
      )
    }).pipe(Effect.scoped)
  )

  it.live("are no two trackers any more when one of them kept the old key for itself", () =>
    Effect.gen(function* () {
      const url = postgres?.makeDatabase() ?? ""
      yield* trackerWithTheOldKeyStops(yield* temporaryFolder, yield* temporaryFolder, url)
    }).pipe(Effect.scoped)
  )
})
