import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { Ledger } from "../src/farm/Ledger.ts"
import { ledgerMigrations } from "../src/farm/ledgerTables.ts"
import type { ProofFilter } from "../src/farm/listing/listProofs.ts"
import { catchUpProofIndex } from "../src/farm/listing/proofIndex.ts"
import { ProofIntake } from "../src/farm/ProofIntake.ts"
import { rebuildProjection } from "../src/farm/rebuildProjection.ts"
import { TrustStore } from "../src/farm/TrustStore.ts"
import { approvedTestAgent, farmDatabase, farmServices, onFarm, testNow } from "./farmLayers.ts"
import type { ProofEdit } from "./proofFixture.ts"

const ann = { actor_hash: "ab".repeat(32), actor_type: "human" } as const
const robot = { actor_hash: "ee".repeat(32), actor_type: "bot" } as const

/** Four kinds of work, one after another, from the oldest farm-day to the newest. */
const edits: ReadonlyArray<ProofEdit> = [
  (proof) => ({ ...proof, timestamp: "2026-02-01T08:00:00Z", action: { ...proof.action, category: "toil" } }),
  (proof) => ({ ...proof, timestamp: "2026-02-02T08:00:00Z", actor: robot }),
  (proof) => ({
    ...proof,
    timestamp: "2026-02-03T08:00:00Z",
    action: { ...proof.action, plugin: "farmops/other" },
    outcome: { ...proof.outcome, status: "failure", verified: false }
  }),
  (proof) => ({ ...proof, timestamp: "2026-02-04T08:00:00Z", actor: ann })
]

const twoAgents = Effect.gen(function* () {
  const intake = yield* ProofIntake
  const one = yield* approvedTestAgent
  const other = yield* approvedTestAgent
  for (const edit of edits) yield* intake.acceptBatch([yield* one.next(edit), yield* other.next(edit)])
  return { one, other }
})

/** Every proof that matches, over as many pages as it takes, as days and agents. */
const walk = Effect.fnUntraced(function* (
  filter: ProofFilter,
  options: { oldestFirst?: boolean; limit?: number } = {}
) {
  const ledger = yield* Ledger
  const { limit = 3, oldestFirst = false } = options
  const seen: Array<string> = []
  for (let cursor: number | null = null; ; ) {
    const page: Effect.Success<ReturnType<typeof ledger.page>> = yield* ledger.page({
      ...filter,
      limit,
      cursor,
      oldestFirst
    })
    assert.isAtMost(page.proofs.length, limit)
    seen.push(...page.proofs.map(({ proof }) => proof.timestamp.slice(0, 10)))
    if (page.next_cursor === null) return seen
    cursor = page.next_cursor
  }
})

const twice = (...days: ReadonlyArray<string>) => days.flatMap((day) => [`2026-02-0${day}`, `2026-02-0${day}`])

describe("the list of proofs", () => {
  it.effect("gives exactly what matches every filter, in either order", () =>
    onFarm(
      Effect.gen(function* () {
        const { one } = yield* twoAgents
        const asked: ReadonlyArray<readonly [ProofFilter, ReadonlyArray<string>]> = [
          [{}, twice("4", "3", "2", "1")],
          [{ agentId: one.agentId }, ["2026-02-04", "2026-02-03", "2026-02-02", "2026-02-01"]],
          [{ plugin: "farmops/other" }, twice("3")],
          [{ category: "toil" }, twice("1")],
          [{ board: "bot" }, twice("2")],
          [{ status: "failure" }, twice("3")],
          [{ actorHash: robot.actor_hash }, twice("2")],
          [{ from: "2026-02-03" }, twice("4", "3")],
          [{ to: "2026-02-02" }, twice("2", "1")],
          [{ from: "2026-02-02", to: "2026-02-03" }, twice("3", "2")],
          [{ board: "human", category: "reliability", status: "success", agentId: one.agentId }, ["2026-02-04"]],
          [{ board: "bot", category: "toil" }, []],
          [{ agentId: "nobody" }, []]
        ]
        for (const [filter, days] of asked) {
          assert.deepStrictEqual(yield* walk(filter), days, JSON.stringify(filter))
          assert.deepStrictEqual(yield* walk(filter, { oldestFirst: true }), days.toReversed(), JSON.stringify(filter))
        }
      })
    )
  )

  it.effect("shows nothing twice and leaves nothing out while more proofs come in between two pages", () =>
    onFarm(
      Effect.gen(function* () {
        const intake = yield* ProofIntake
        const ledger = yield* Ledger
        const agent = yield* approvedTestAgent
        yield* intake.acceptBatch(yield* agent.chain(7))
        const sequences: Array<number> = []
        for (let cursor: number | null = null; ; ) {
          const page: Effect.Success<ReturnType<typeof ledger.page>> = yield* ledger.page({ limit: 2, cursor })
          sequences.push(...page.proofs.map(({ proof }) => proof.sequence))
          yield* intake.accept(yield* agent.next())
          if (page.next_cursor === null) break
          cursor = page.next_cursor
        }
        assert.deepStrictEqual(sequences, [6, 5, 4, 3, 2, 1, 0])
        // The other way round the new ones come at the end.
        const first = yield* ledger.page({ limit: 100, cursor: null, oldestFirst: true })
        assert.deepStrictEqual(
          first.proofs.map(({ proof }) => proof.sequence),
          Array.from({ length: 11 }, (_, at) => at)
        )
      })
    )
  )

  it.effect("still finds what a rebuild has scored anew, and proofs that are void", () =>
    onFarm(
      Effect.gen(function* () {
        const { one } = yield* twoAgents
        const sql = yield* SqlClient.SqlClient
        yield* catchUpProofIndex
        const before = yield* sql`SELECT * FROM tracker_proof_index ORDER BY position`
        yield* (yield* TrustStore).revoke(one.agentId, null)
        assert.strictEqual((yield* walk({ agentId: one.agentId })).length, 4)
        yield* sql`UPDATE tracker_proof SET scoring_detail = ${"{}"} WHERE agent_id = ${one.agentId}`
        yield* sql`UPDATE tracker_proof_index SET farm_day = ${"?"}, board = ${"?"} WHERE agent_id = ${one.agentId}`
        yield* rebuildProjection()
        assert.deepStrictEqual(yield* sql`SELECT * FROM tracker_proof_index ORDER BY position`, before)
      })
    )
  )

  it.effect("finds the proofs of a ledger from before there were filters, and each once", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.parse(testNow))
      const { "0008_proof_index": create = Effect.void } = ledgerMigrations
      const sql = yield* SqlClient.SqlClient
      yield* Effect.provide(twoAgents, farmServices)
      yield* sql`DROP TABLE tracker_proof_index`
      yield* create
      assert.deepStrictEqual(yield* sql`SELECT * FROM tracker_proof_index`, [])
      assert.deepStrictEqual(yield* Effect.provide(walk({ board: "bot" }), farmServices), twice("2"))
      yield* catchUpProofIndex
      assert.strictEqual((yield* sql`SELECT * FROM tracker_proof_index`).length, 8)
    }).pipe(Effect.provide(Layer.fresh(farmDatabase())))
  )

  it.effect("passes over no proof whose words hold what a database cannot, and lets its agent be voided", () =>
    onFarm(
      Effect.gen(function* () {
        const agent = yield* approvedTestAgent
        const nul = yield* agent.next((proof) => ({
          ...proof,
          action: { ...proof.action, category: "toil", description: "x\u0000y" }
        }))
        yield* (yield* ProofIntake).acceptBatch([nul, yield* agent.next(edits[1])])
        assert.strictEqual((yield* walk({ category: "toil" })).length, 1)
        assert.strictEqual((yield* walk({ board: "bot" })).length, 1)
        yield* (yield* TrustStore).revoke(agent.agentId, null)
        assert.strictEqual((yield* walk({ agentId: agent.agentId })).length, 2)
      })
    )
  )

  it.effect("looks nothing up twice: what is indexed stays, and only what came since is read", () =>
    onFarm(
      Effect.gen(function* () {
        yield* twoAgents
        const sql = yield* SqlClient.SqlClient
        yield* catchUpProofIndex
        yield* sql`DELETE FROM tracker_proof_index`
        const agent = yield* approvedTestAgent
        yield* (yield* ProofIntake).accept(yield* agent.next(edits[1]))
        assert.deepStrictEqual(yield* walk({ board: "bot" }), ["2026-02-02"])
      })
    )
  )
})
