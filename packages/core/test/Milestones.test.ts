import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, Effect, Layer, Logger, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { LedgerArchive } from "../src/farm/archive/LedgerArchive.ts"
import { Checkpointer } from "../src/farm/checkpoint/Checkpointer.ts"
import { defaultAchievements } from "../src/farm/economy/defaultAchievements.ts"
import { projectionBytes } from "../src/farm/FarmProjection.ts"
import { stateHash } from "../src/farm/milestones/MilestoneState.ts"
import { milestoneSizes } from "../src/farm/milestones/MilestoneStore.ts"
import { Milestones } from "../src/farm/milestones/Milestones.ts"
import { milestonesMax, thinOut } from "../src/farm/milestones/thinOut.ts"
import { readCategories, readDays, readTotals } from "../src/farm/ProjectionStore.ts"
import { rebuildProjection, replayLedger } from "../src/farm/rebuildProjection.ts"
import { ActiveShop } from "../src/farm/shop/ActiveShop.ts"
import { TrustStore } from "../src/farm/TrustStore.ts"
import { dayOfNumber } from "../src/scoring/farmDay.ts"
import { auditNow, checkpointLayer } from "./checkpointLayers.ts"
import { approvedTestAgent, farmLayer, testNow } from "./farmLayers.ts"
import { changedTables, dumpLedger } from "./ledgerDump.ts"
import { keepNow, losesMilestones, replaysFrom } from "./milestoneStories.ts"
import { earn, smallShop } from "./shopFixture.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

/** Keeps a milestone whenever it is asked and a line came since the last. */
const kept = (url?: string) => Milestones.layer(1).pipe(Layer.provideMerge(farmLayer(url)))

const onKept = <A, E, R>(test: Effect.Effect<A, E, R>, url?: string) =>
  Effect.andThen(TestClock.setTime(Date.parse(testNow)), Effect.provide(test, kept(url)))

const spoil = (column: "state" | "sha256", value: string, size: number) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) => sql`UPDATE tracker_milestone SET ${sql(column)} = ${value} WHERE size = ${size}`
  )

const textAt = (size: number) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    Effect.map(
      sql<{ state: string }>`SELECT state FROM tracker_milestone WHERE size = ${size}`,
      ([row]) => row?.state ?? ""
    )
  )

describe("milestones", () => {
  it.effect("let a replay begin at them, and go where a recovery or a revocation reaches behind them", () =>
    onKept(losesMilestones)
  )

  it.effect("are kept every so many lines, and not twice for the same", () =>
    Effect.andThen(
      TestClock.setTime(Date.parse(testNow)),
      Effect.gen(function* () {
        const { keep } = yield* Milestones
        const agent = yield* approvedTestAgent
        assert.isFalse(yield* keep)
        yield* earn(agent, 9)
        assert.isTrue(yield* keep)
        assert.isFalse(yield* keep)
        yield* earn(agent, 9)
        assert.isFalse(yield* keep)
        yield* earn(agent, 1)
        assert.isTrue(yield* keep)
        assert.deepStrictEqual(yield* milestoneSizes, [10, 20])
      }).pipe(Effect.provide(Milestones.layer(10).pipe(Layer.provideMerge(farmLayer()))))
    )
  )

  it.effect("give the same rewards, marks and sums as none, however a rebuild begins", () =>
    onKept(
      Effect.gen(function* () {
        const agent = yield* approvedTestAgent
        yield* earn(agent, 3, "2026-03-02")
        const first = yield* keepNow
        yield* earn(agent, 3, "2026-03-03")
        const sql = yield* SqlClient.SqlClient
        const before = yield* dumpLedger
        yield* sql`UPDATE tracker_proof SET coins = coins + 1 WHERE position >= ${first}`
        yield* sql`UPDATE tracker_farm SET human_coins = 0`
        yield* sql`UPDATE tracker_day SET coins = 0`
        assert.deepInclude(yield* replayLedger(), { from: first, sums_equal: false, rewards_differ: 3 })
        yield* rebuildProjection()
        assert.deepStrictEqual(changedTables(before, yield* dumpLedger), ["tracker_farm"])
        yield* replaysFrom(first)
        // In full all rewards are put right, and the milestones are not trusted.
        yield* sql`UPDATE tracker_proof SET coins = coins + 1`
        yield* spoil("state", "{}", first)
        yield* rebuildProjection({ full: true, everyLines: 2 })
        assert.deepStrictEqual(changedTables(before, yield* dumpLedger), ["tracker_farm"])
        assert.deepStrictEqual(yield* milestoneSizes, [2, 4, 6])
        yield* replaysFrom(6)
      })
    )
  )

  it.effect("are passed over, and that is said, where a byte of them is another", () => {
    const said: Array<string> = []
    const listen = Logger.layer([Logger.make(({ message }) => said.push(String(message)))])
    return onKept(
      Effect.gen(function* () {
        const agent = yield* approvedTestAgent
        yield* earn(agent, 3)
        const first = yield* keepNow
        yield* earn(agent, 3)
        const second = yield* keepNow
        const text = yield* textAt(second)
        yield* spoil("state", text.replace('"humanCoins":', '"humanCoins":1'), second)
        assert.deepInclude(yield* replayLedger(), { from: first, sums_equal: true, milestones_differ: 1 })
        assert.lengthOf(said, 1)
        assert.include(said[0], "a milestone is damaged")
        // A later judgement begins before it too, and gives what it would without.
        const other = yield* approvedTestAgent
        yield* earn(other, 1)
        yield* (yield* TrustStore).revoke(other.agentId, null)
        assert.deepInclude(yield* replayLedger({ full: true }), { sums_equal: true, milestones_differ: 1 })
      }).pipe(Effect.provide(listen))
    )
  })

  it.effect("are not kept of sums that a revocation has taken back since they were read", () =>
    onKept(
      Effect.gen(function* () {
        const agent = yield* approvedTestAgent
        yield* earn(agent, 3)
        const revoked = Effect.flatMap(TrustStore, (trust) => trust.revoke(agent.agentId, null))
        // Both ask for the one connection by turns: the revocation comes between the reading and the writing.
        yield* Effect.all([Effect.flatMap(Milestones, ({ keep }) => keep), revoked], { concurrency: "unbounded" })
        assert.deepInclude(yield* replayLedger({ full: true }), { sums_equal: true, milestones_differ: 0 })
      })
    )
  )

  it.effect("spell years of days as a replay does", () =>
    onKept(
      Effect.gen(function* () {
        yield* earn(yield* approvedTestAgent, 1)
        const sql = yield* SqlClient.SqlClient
        const days = ["toil", "security", "incident"].flatMap((category) =>
          Array.from({ length: 400 }, (_, at) => {
            return { farm_day: dayOfNumber(15_000 + at), board: "bot", category, proofs: 1, coins: at, work: 1 }
          })
        )
        if (Arr.isArrayNonEmpty(days)) yield* sql`INSERT INTO tracker_day ${sql.insert(days)}`
        const size = yield* keepNow
        const totals = (yield* readTotals())?.totals ?? assert.fail("no totals")
        const sums = { totals, categories: yield* readCategories(), days: yield* readDays("") }
        assert.strictEqual(yield* textAt(size), projectionBytes(sums))
      })
    )
  )

  it.effect("that somebody wrote anew with their hash are found by a replay in full", () =>
    onKept(
      Effect.gen(function* () {
        const agent = yield* approvedTestAgent
        yield* earn(agent, 3)
        const size = yield* keepNow
        const forged = (yield* textAt(size)).replace('"humanCoins":', '"humanCoins":1')
        yield* spoil("state", forged, size)
        yield* spoil("sha256", stateHash(forged), size)
        assert.deepInclude(yield* replayLedger(), { from: size, sums_equal: false })
        assert.deepInclude(yield* replayLedger({ full: true }), { from: 0, sums_equal: true, milestones_differ: 1 })
      })
    )
  )

  it.effect("of another set of achievements are gone once a version that knows others has started", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "tracker.db")
      yield* onKept(
        Effect.andThen(
          Effect.flatMap(approvedTestAgent, (agent) => earn(agent, 3)),
          keepNow
        ),
        file
      )
      const [, ...fewer] = defaultAchievements.achievements
      const achievements = { ...defaultAchievements, achievements: fewer }
      const again = kept(file).pipe(Layer.provideMerge(Layer.succeed(ActiveShop, { ...smallShop, achievements })))
      yield* Effect.gen(function* () {
        assert.deepStrictEqual(yield* milestoneSizes, [])
        yield* replaysFrom(0)
      }).pipe(Effect.provide(again))
    }).pipe(Effect.scoped)
  )

  it.effect("and archives know of each other: what is away is no start, and what is after it is", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.parse(testNow))
      const folder = yield* temporaryFolder
      const farm = Milestones.layer(1).pipe(Layer.provideMerge(checkpointLayer(join(folder, "tracker.db"))))
      yield* Effect.gen(function* () {
        const agent = yield* approvedTestAgent
        yield* earn(agent, 3)
        const early = yield* keepNow
        yield* earn(agent, 3)
        yield* (yield* Checkpointer).checkpoint
        const file = join(folder, "a.farmops-archive")
        const { to } = yield* (yield* LedgerArchive).archive({ type: "before_size", size: 1_000_000 }, file)
        assert.isAbove(to, early)
        yield* replaysFrom(to)
        yield* earn(agent, 2)
        const late = yield* keepNow
        yield* replaysFrom(late)
        assert.deepStrictEqual((yield* auditNow("full")).first, [])
        yield* (yield* LedgerArchive).restore(file)
        yield* replaysFrom(late)
        assert.deepStrictEqual(yield* milestoneSizes, [early, late])
        assert.deepInclude(yield* replayLedger({ full: true }), { from: 0, milestones_differ: 0 })
      }).pipe(Effect.provide(farm))
    }).pipe(Effect.scoped)
  )

  it.effect.prop(
    "are thinned out to a fixed number that stands as evenly as it can, the newest two among it",
    [Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 9 }))).check(Schema.isMaxLength(80))],
    ([steps]) =>
      Effect.sync(() => {
        let sizes: Array<number> = []
        let size = 0
        for (const step of steps) {
          size += step
          sizes.push(size)
          const newest = sizes.slice(-2)
          const gone = new Set(thinOut(sizes))
          sizes = sizes.filter((one) => !gone.has(one))
          assert.isAtMost(sizes.length, milestonesMax)
          assert.deepStrictEqual(sizes.slice(-2), newest)
          const gaps = sizes.map((one, at) => one - (sizes[at - 1] ?? 0))
          assert.isAtMost(Math.max(...gaps), Math.max(9, Math.ceil((4 * size) / milestonesMax) + 9))
        }
      })
  )
})
