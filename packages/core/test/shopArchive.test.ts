import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { LedgerArchive } from "../src/farm/archive/LedgerArchive.ts"
import { Checkpointer } from "../src/farm/checkpoint/Checkpointer.ts"
import { Ledger } from "../src/farm/Ledger.ts"
import { LedgerRules } from "../src/farm/LedgerRules.ts"
import { LedgerTimeZone } from "../src/farm/LedgerTimeZone.ts"
import { Shop } from "../src/farm/Shop.ts"
import { ActiveShop } from "../src/farm/shop/ActiveShop.ts"
import { defaultRules } from "../src/scoring/Rules.ts"
import { auditNow, fileFarmLayer } from "./checkpointLayers.ts"
import { approvedTestAgent, testNow } from "./farmLayers.ts"
import { dumpLedger } from "./ledgerDump.ts"
import { buy, earn, smallShop } from "./shopFixture.ts"
import { temporaryFolder } from "./temporaryFolder.ts"
import { assertReplays } from "./trustFixture.ts"

const farmIn = (folder: string) =>
  Layer.mergeAll(Shop.layer, LedgerRules.layer, LedgerTimeZone.layer, Ledger.layer).pipe(
    Layer.provideMerge(fileFarmLayer(folder)),
    Layer.provideMerge(Layer.succeed(ActiveShop, smallShop))
  )

/** Purchases, other rules and other zones on both sides of a checkpoint, up to which the ledger is archived. */
const archivedLife = Effect.fnUntraced(function* (folder: string) {
  const agent = yield* approvedTestAgent
  const { change } = yield* LedgerRules
  yield* earn(agent, 4)
  yield* buy("shed")
  yield* TestClock.adjust("10 minutes")
  yield* earn(agent, 2)
  yield* change({ ...defaultRules, upgrade_max: 1150 })
  const zone = yield* LedgerTimeZone
  yield* zone.change("Pacific/Auckland")
  yield* TestClock.adjust("2 days")
  yield* earn(agent, 1, "2026-03-06")
  yield* (yield* Checkpointer).checkpoint
  yield* earn(agent, 2)
  yield* buy("barn")
  yield* zone.change("UTC")
  const file = join(folder, "a.farmops-archive")
  const before = yield* dumpLedger
  yield* (yield* LedgerArchive).archive({ type: "before_size", size: 1_000_000 }, file)
  return { agent, file, before }
})

const achievements = Effect.flatMap(Ledger, (ledger) => ledger.achievements)

describe("an archive of a farm that bought things", () => {
  it.effect("leaves the farm as it was, replays from its end on, passes the audit and comes back", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.parse(testNow))
      const folder = yield* temporaryFolder
      yield* Effect.gen(function* () {
        const { agent, before, file } = yield* archivedLife(folder)
        yield* assertReplays
        assert.deepStrictEqual((yield* dumpLedger).tracker_economy, before.tracker_economy)
        assert.deepStrictEqual((yield* auditNow("full")).first, [])
        yield* earn(agent, 1)
        yield* assertReplays
        yield* (yield* LedgerArchive).restore(file)
        yield* assertReplays
        yield* earn(agent, 1)
        yield* assertReplays
        assert.deepStrictEqual((yield* auditNow("full")).first, [])
      }).pipe(Effect.provide(farmIn(folder)))
    }).pipe(Effect.scoped)
  )

  it.effect(
    "that was made before there were achievements begins them at its end, and tells them whole once it is back",
    () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(Date.parse(testNow))
        const folder = yield* temporaryFolder
        const { agent, file, whole } = yield* Effect.gen(function* () {
          const sql = yield* SqlClient.SqlClient
          const life = yield* archivedLife(folder)
          const whole = yield* achievements
          const [row] = yield* sql<{ state: string }>`SELECT state FROM tracker_archive`
          const { totals, ...rest } = JSON.parse(row?.state ?? "")
          const { achievements: _a, holdings: _h, rules: _r, ...old } = totals
          yield* sql`UPDATE tracker_archive SET state = ${JSON.stringify({ ...rest, totals: old })}`
          yield* sql`UPDATE tracker_economy SET achievements = NULL`
          return { ...life, whole }
        }).pipe(Effect.provide(farmIn(folder)))
        yield* Effect.gen(function* () {
          yield* assertReplays
          assert.notDeepEqual(yield* achievements, whole)
          yield* (yield* LedgerArchive).restore(file)
          assert.deepStrictEqual(yield* achievements, whole)
          yield* assertReplays
          yield* earn(agent, 1)
          yield* assertReplays
        }).pipe(Effect.provide(farmIn(folder)))
      }).pipe(Effect.scoped)
  )
})
