/** A farm's ledger on PostgreSQL: what the tests of `packages/core` show on SQLite, met once more where a second process may write too. */

import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Ledger } from "@farmops/core/farm/Ledger"
import type { ProofFilter } from "@farmops/core/farm/listing/listProofs"
import { ProofIntake } from "@farmops/core/farm/ProofIntake"
import { rebuildProjection } from "@farmops/core/farm/rebuildProjection"
import { TrustStore } from "@farmops/core/farm/TrustStore"
import { Context, Effect, Layer, Result, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { auditNow, checkpointLayer, makeStory } from "../../packages/core/test/checkpointLayers.ts"
import { approvedTestAgent, farmLayer } from "../../packages/core/test/farmLayers.ts"
import { assertReplays, refused, send, sendAll } from "../../packages/core/test/trustFixture.ts"
import { postgresBin, type RunningPostgres, startPostgres } from "./postgres.ts"

let server: RunningPostgres

describe.skipIf(postgresBin === null)("a ledger on PostgreSQL", () => {
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.stop())

  it.live("keeps proofs, refuses what it must, and changes nothing by it", () =>
    Effect.gen(function* () {
      const agent = yield* approvedTestAgent
      const lines = yield* agent.chain(5)
      yield* sendAll(lines)
      assert.deepStrictEqual(
        yield* send(...lines),
        lines.map(() => "already")
      )
      const [first = ""] = lines
      yield* refused(first.replace("Did 1 thing", "Did 2 thing"), "bad_signature")
      yield* refused(
        yield* agent.after({ sequence: 8, proofId: "019400d5-8b0a-7c3e-9f21-000000000001", hash: "ab".repeat(32) }),
        "gap"
      )
      yield* assertReplays
    }).pipe(Effect.provide(farmLayer(server.makeDatabase())))
  )

  it.live("lists by every filter, from either end, and day by day, as on SQLite", () =>
    Effect.gen(function* () {
      const ledger = yield* Ledger
      const sql = yield* SqlClient.SqlClient
      const agent = yield* approvedTestAgent
      const days = ["2026-02-01", "2026-02-02", "2026-02-03"]
      const lines = yield* agent.chain(3, (at) => (proof) => ({
        ...proof,
        timestamp: `${days[at]}T08:00:00Z`,
        actor: at === 1 ? { actor_hash: "ee".repeat(32), actor_type: "bot" } : proof.actor
      }))
      yield* sendAll(lines)
      const listed = (filter: ProofFilter, oldestFirst = false) =>
        Effect.map(ledger.page({ ...filter, limit: 2, cursor: null, oldestFirst }), ({ proofs }) =>
          proofs.map(({ proof }) => proof.sequence)
        )
      assert.deepStrictEqual(yield* listed({}), [2, 1])
      assert.deepStrictEqual(yield* listed({}, true), [0, 1])
      assert.deepStrictEqual(yield* listed({ board: "bot" }), [1])
      assert.deepStrictEqual(yield* listed({ actorHash: "ee".repeat(32), plugin: "farmops/test" }), [1])
      assert.deepStrictEqual(
        yield* listed({ agentId: agent.agentId, category: "reliability", status: "success" }),
        [2, 1]
      )
      assert.deepStrictEqual(yield* listed({ from: "2026-02-02", to: "2026-02-02" }), [1])
      // No text of this database holds U+0000, and a proof's may.
      const nul = yield* approvedTestAgent
      yield* sendAll([
        yield* nul.next((proof) => ({
          ...proof,
          action: { ...proof.action, category: "toil", description: "x\u0000y" }
        }))
      ])
      assert.deepStrictEqual(yield* listed({ category: "toil" }), [0])
      yield* (yield* TrustStore).revoke(nul.agentId, null)
      assert.deepStrictEqual(yield* listed({ category: "toil" }), [0])
      const rows = yield* sql`SELECT * FROM tracker_proof_index ORDER BY position`
      yield* rebuildProjection()
      assert.deepStrictEqual(yield* sql`SELECT * FROM tracker_proof_index ORDER BY position`, rows)
      const { total_coins } = yield* ledger.farm
      const series = yield* ledger.daily({ from: null, to: "2026-02-05", board: "human", category: null })
      assert.deepStrictEqual([series.length, series.at(-1)?.cumulative_coins], [5, total_coins])
    }).pipe(Effect.provide(farmLayer(server.makeDatabase())))
  )

  it.live(
    "survives rotation, theft, recovery, a revocation from a point and checkpoints, and passes a full audit",
    () =>
      Effect.gen(function* () {
        yield* makeStory
        yield* assertReplays
        assert.deepInclude(yield* auditNow("full"), { differences: 0 })
        assert.deepInclude(yield* auditNow("links"), { differences: 0 })
      }).pipe(Effect.provide(checkpointLayer(server.makeDatabase())))
  )

  it.live("has one order and one farm when two trackers write to one database at once", () => {
    const url = server.makeDatabase()
    return Effect.gen(function* () {
      const agents = yield* Effect.forEach([1, 2, 3, 4], () => approvedTestAgent)
      const chains = yield* Effect.forEach(agents, (agent) => agent.chain(60))
      const here = yield* ProofIntake
      // As in a second process: its own pool, its own lock, its own memory of the sums. A layer is shared unless it is fresh.
      const there = Context.get(yield* Layer.build(Layer.fresh(farmLayer(url))), ProofIntake)
      assert.notStrictEqual(there, here)
      const sendTo = (intake: ProofIntake["Service"], lines: ReadonlyArray<string>) =>
        Effect.forEach([0, 1, 2, 3, 4, 5], (part) => intake.acceptBatch(lines.slice(10 * part, 10 * part + 10)), {
          concurrency: 1
        })
      // Both are sent every chain: whoever is second finds each proof there already.
      const answers = yield* Effect.all(
        chains.flatMap((lines) => [sendTo(here, lines), sendTo(there, lines)]),
        { concurrency: "unbounded" }
      )
      const taken = answers.flat(2).filter(Result.isSuccess)
      assert.lengthOf(
        taken.filter(({ success }) => !success.already),
        240
      )
      const sql = yield* SqlClient.SqlClient
      const rows = yield* sql<{ position: number | bigint }>`SELECT position FROM tracker_proof
        UNION ALL SELECT position FROM tracker_event ORDER BY position`
      assert.deepStrictEqual(
        rows.map(({ position }) => Number(position)),
        rows.map((_, at) => at)
      )
      const ledger = yield* Ledger
      for (const [at, agent] of agents.entries()) {
        assert.deepStrictEqual(yield* Stream.runCollect(yield* ledger.lines(agent.agentId)), chains[at])
      }
      yield* assertReplays
    }).pipe(Effect.scoped, Effect.provide(farmLayer(url)))
  })
})
