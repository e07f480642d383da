import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { Ledger } from "../src/farm/Ledger.ts"
import { LedgerSettings } from "../src/farm/LedgerSettings.ts"
import { LedgerTimeZone, type ZoneRefused } from "../src/farm/LedgerTimeZone.ts"
import { ledgerMigrations } from "../src/farm/ledgerTables.ts"
import { rebuildProjection } from "../src/farm/rebuildProjection.ts"
import { TrustStore } from "../src/farm/TrustStore.ts"
import * as Database from "../src/sql/Database.ts"
import { approvedTestAgent, farmDatabase, farmLayer, farmServicesIn, onFarm, testNow } from "./farmLayers.ts"
import { changedTables, dumpLedger } from "./ledgerDump.ts"
import { earn } from "./shopFixture.ts"
import { temporaryFolder } from "./temporaryFolder.ts"
import { assertReplays, listed } from "./trustFixture.ts"

const change = (zone: string) => Effect.flatMap(LedgerTimeZone, (service) => service.change(zone))
const inForce = Effect.flatMap(LedgerTimeZone, (service) => service.inForce)
const farm = Effect.flatMap(Ledger, (ledger) => ledger.farm)
const setClock = (time: string) => TestClock.setTime(Date.parse(time))

const refusedWith = Effect.fnUntraced(function* (zone: string, code: ZoneRefused["code"]) {
  const before = yield* dumpLedger
  const error = yield* Effect.flip(change(zone))
  assert.deepInclude(error, { _tag: "ZoneRefused", code })
  assert.deepStrictEqual(changedTables(before, yield* dumpLedger), [])
})

describe("LedgerTimeZone", () => {
  it.effect("counts in the new zone from the end of the present day on, and leaves what was counted", () =>
    onFarm(
      Effect.gen(function* () {
        const agent = yield* approvedTestAgent
        yield* earn(agent, 1, "2026-03-03")
        yield* earn(agent, 1, "2026-03-04")
        const decided = yield* change("Pacific/Auckland")
        // 5 March begins in Auckland at 11:00 UTC of the 4th, before the present day is over; the 6th is the next to begin.
        assert.deepInclude(decided, {
          time_zone: "UTC",
          farm_day: "2026-03-04",
          next: { time_zone: "Pacific/Auckland", from_day: "2026-03-06", from: "2026-03-05T11:00:00Z" }
        })
        yield* setClock("2026-03-05T10:59:59Z")
        assert.deepInclude(yield* farm, { farm_day: "2026-03-04", time_zone: "UTC", streak_days: 2 })
        yield* setClock("2026-03-05T11:00:00Z")
        assert.deepInclude(yield* farm, { farm_day: "2026-03-06", time_zone: "Pacific/Auckland", streak_days: 2 })
        assert.deepInclude(yield* inForce, { time_zone: "Pacific/Auckland", next: null })
        yield* setClock("2026-03-05T12:00:00Z")
        yield* earn(agent, 1, "2026-03-05")
        // 09:00 UTC of the 5th is still the long day of the 4th.
        yield* setClock("2026-03-06T09:30:00Z")
        yield* earn(agent, 1, "2026-03-06")
        const days = (yield* listed(agent.agentId)).map(({ scoring_detail: { farm_day, streak_days } }) => [
          farm_day,
          streak_days
        ])
        assert.deepStrictEqual(days, [
          ["2026-03-03", 1],
          ["2026-03-04", 2],
          ["2026-03-04", 2],
          ["2026-03-06", 3]
        ])
        // The 5th was left out: nobody missed it.
        assert.deepInclude(yield* farm, { streak_days: 3, freezes: 0 })
        yield* assertReplays
      })
    )
  )

  it.effect("refuses what it must by a name for each reason, and writes nothing then", () =>
    onFarm(
      Effect.gen(function* () {
        yield* refusedWith("Mars/Base", "unknown_zone")
        yield* refusedWith("UTC", "same_zone")
        yield* change("Pacific/Auckland")
        yield* refusedWith("Pacific/Auckland", "same_zone")
        // As long as the present day's own end has not come, a mistake can be mended.
        assert.deepInclude((yield* change("Europe/Berlin")).next, { time_zone: "Europe/Berlin" })
        yield* change("Pacific/Auckland")
        yield* setClock("2026-03-05T01:00:00Z")
        yield* refusedWith("Europe/Berlin", "under_way")
        // A clock that is set back opens no day that is over.
        const agent = yield* approvedTestAgent
        yield* earn(agent, 1, "2026-03-04")
        yield* setClock("2026-03-04T12:00:00Z")
        yield* refusedWith("Europe/Berlin", "under_way")
        yield* assertReplays
      })
    )
  )

  it.effect("changes nothing on the last days that can be spelled", () =>
    Effect.andThen(
      setClock("9999-12-30T12:00:00Z"),
      Effect.provide(refusedWith("Europe/Berlin", "end_of_time"), farmLayer())
    )
  )

  it.effect("keeps its calendar over restarts, revocations and rebuilds, and starts only in the zone it has", () =>
    Effect.gen(function* () {
      yield* setClock(testNow)
      const file = join(yield* temporaryFolder, "tracker.db")
      const lived = Effect.gen(function* () {
        const agent = yield* approvedTestAgent
        const other = yield* approvedTestAgent
        yield* earn(agent, 2, "2026-03-03")
        yield* change("America/New_York")
        yield* setClock("2026-03-06T12:00:00Z")
        yield* earn(other, 2, "2026-03-06")
        yield* change("Asia/Tokyo")
        yield* (yield* TrustStore).revoke(other.agentId, null)
        yield* assertReplays
        return yield* farm
      })
      const before = yield* Effect.provide(lived, farmLayer(file))
      const again = Effect.gen(function* () {
        assert.deepStrictEqual(yield* farm, before)
        const stored = yield* dumpLedger
        yield* rebuildProjection()
        const changed = changedTables(stored, yield* dumpLedger)
        assert.deepStrictEqual(changed, ["tracker_farm"])
        yield* assertReplays
      })
      yield* Effect.provide(again, farmServicesIn(null).pipe(Layer.provideMerge(farmDatabase(file))))
      const startIn = (timeZone: string) =>
        Effect.provide(
          LedgerSettings,
          LedgerSettings.layer({ timeZone, farmName: "Home", sample: false }).pipe(Layer.provide(farmDatabase(file)))
        )
      yield* startIn("Asia/Tokyo")
      // The arguments of its first start are good for every other, moved or not.
      yield* startIn("UTC")
      const refused = yield* Effect.flip(startIn("Europe/Paris"))
      assert.deepInclude(refused, { _tag: "TimeZoneFixed", kept: "Asia/Tokyo", asked: "Europe/Paris" })
      assert.include(refused.message, "farmops tracker time-zone set Europe/Paris")
    }).pipe(Effect.scoped)
  )

  it.effect("gives a ledger of before the calendar of the zone it was founded in", () =>
    Effect.gen(function* () {
      yield* setClock(testNow)
      const file = join(yield* temporaryFolder, "tracker.db")
      const { "0006_calendar": later = Effect.void, ...before } = ledgerMigrations
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* Database.migrate("tracker", before)
        yield* sql`INSERT INTO tracker_setting ${sql.insert({ name: "time_zone", value: "Europe/Berlin" })}`
        yield* sql`INSERT INTO tracker_economy ${sql.insert({ id: 1, holdings: "{}", rules: "{}" })}`
        yield* later
        const [row] = yield* sql<{ calendar: string }>`SELECT calendar FROM tracker_economy`
        assert.strictEqual(row?.calendar, '{"changes":[],"time_zone":"Europe/Berlin"}')
      }).pipe(Effect.provide(Database.layer(file)))
    }).pipe(Effect.scoped)
  )
})
