/** A ledger as the first version stored it, and what must become of it. */
import { assert } from "@effect/vitest"
import { Effect, Result } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { ledgerMigrations } from "../src/farm/ledgerTables.ts"
import { ProofIntake } from "../src/farm/ProofIntake.ts"
import { replayLedger } from "../src/farm/rebuildProjection.ts"
import { TrustStore } from "../src/farm/TrustStore.ts"
import * as Database from "../src/sql/Database.ts"
import { approvedTestAgent, farmLayer, testNow } from "./farmLayers.ts"
import { dumpLedger } from "./ledgerDump.ts"

/** The migrations of the first version. */
export const oldTables = { "0001_ledger": ledgerMigrations["0001_ledger"] ?? Effect.void }

/** Moves the rows of a ledger of today into one with the tables of the first version. */
const asFirstVersion = Effect.fnUntraced(function* (newUrl: string, oldUrl: string) {
  const dump = yield* Effect.provide(dumpLedger, Database.layer(newUrl))
  yield* Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* Database.migrate("tracker", oldTables)
    const copy = Effect.fnUntraced(function* (table: keyof typeof dump, left: ReadonlyArray<string>) {
      for (const row of dump[table]) {
        const kept = Object.fromEntries(Object.entries(row).filter(([name]) => !left.includes(name)))
        yield* sql`INSERT INTO ${sql(table)} ${sql.insert(kept)}`
      }
    })
    yield* copy("tracker_setting", [])
    yield* copy("tracker_agent", ["recovery_public_key", "branch"])
    yield* copy("tracker_proof", ["branch", "void"])
    yield* copy("tracker_farm", ["entries", "settled"])
    yield* copy("tracker_category", [])
    yield* copy("tracker_day", [])
    // The first version counted proofs alone.
    yield* sql`UPDATE tracker_proof SET position = position - (SELECT COUNT(*) FROM tracker_agent)`
  }).pipe(Effect.provide(Database.layer(oldUrl)))
})

const withoutPositions = (rows: ReadonlyArray<Readonly<Record<string, unknown>>>) =>
  rows.map(({ position: _, ...row }) => row)

/** Fills a ledger of today, moves it into the tables of the first version, and opens that one: all is there, and it goes on. */
export const migrationKeepsLedger = Effect.fnUntraced(function* (newUrl: string, oldUrl: string) {
  yield* TestClock.setTime(Date.parse(testNow))
  const made = yield* Effect.gen(function* () {
    const intake = yield* ProofIntake
    const one = yield* approvedTestAgent
    const other = yield* approvedTestAgent
    yield* intake.acceptBatch([...(yield* one.chain(5)), ...(yield* other.chain(3))])
    return { one, other, dump: yield* dumpLedger }
  }).pipe(Effect.provide(farmLayer(newUrl)))
  yield* asFirstVersion(newUrl, oldUrl)

  yield* Effect.gen(function* () {
    const intake = yield* ProofIntake
    const sql = yield* SqlClient.SqlClient
    const dump = yield* dumpLedger
    const before = made.dump
    assert.deepStrictEqual(withoutPositions(dump.tracker_proof), withoutPositions(before.tracker_proof))
    assert.deepStrictEqual(
      dump.tracker_proof.map(({ position }) => position),
      [0, 1, 2, 3, 4, 5, 6, 7]
    )
    for (const table of ["tracker_agent", "tracker_key_epoch", "tracker_category", "tracker_day"] as const) {
      assert.deepStrictEqual(dump[table], before[table], table)
    }
    assert.deepStrictEqual(dump.tracker_event, [])
    assert.deepStrictEqual(dump.tracker_farm, [{ ...before.tracker_farm[0], entries: 8 }])
    assert.deepInclude(yield* replayLedger(), { proofs: 8, sums_equal: true, rewards_differ: 0, voids_differ: 0 })

    const more = yield* intake.acceptBatch([yield* made.one.next(), yield* made.one.rotate(), yield* made.one.next()])
    assert.isTrue(more.every(Result.isSuccess))
    yield* (yield* TrustStore).revoke(made.other.agentId, null)
    const rows = yield* sql<{ position: number }>`SELECT position FROM tracker_proof UNION ALL
      SELECT position FROM tracker_event ORDER BY position`
    assert.deepStrictEqual(
      rows.map(({ position }) => Number(position)),
      Array.from({ length: 12 }, (_, at) => at)
    )
    assert.deepInclude(yield* replayLedger(), { proofs: 11, sums_equal: true, rewards_differ: 0, voids_differ: 0 })
  }).pipe(Effect.provide(farmLayer(oldUrl)))
})
