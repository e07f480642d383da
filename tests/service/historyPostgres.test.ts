/** Founding rules, zones, milestones and the farm's past on PostgreSQL: what the tests of `packages/core` show on SQLite. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { layerFoundingRules } from "@farmops/core/farm/foundingRules"
import { FarmHistory } from "@farmops/core/farm/history/FarmHistory"
import { Ledger } from "@farmops/core/farm/Ledger"
import { LedgerTimeZone } from "@farmops/core/farm/LedgerTimeZone"
import { Milestones } from "@farmops/core/farm/milestones/Milestones"
import { Effect, Layer, Result } from "effect"
import { SqlClient } from "effect/sql"
import { approvedTestAgent, farmLayer } from "../../packages/core/test/farmLayers.ts"
import { farmAt } from "../../packages/core/test/historyStories.ts"
import { keepNow, losesMilestones, replaysFrom } from "../../packages/core/test/milestoneStories.ts"
import { earn } from "../../packages/core/test/shopFixture.ts"
import { assertReplays } from "../../packages/core/test/trustFixture.ts"
import { postgresBin, type RunningPostgres, startPostgres } from "./postgres.ts"

let server: RunningPostgres

const farmOn = (url: string) =>
  Layer.mergeAll(Milestones.layer(1), FarmHistory.layer).pipe(Layer.provideMerge(farmLayer(url)))

describe.skipIf(postgresBin === null)("a ledger's past on PostgreSQL", () => {
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.stop())

  it.live("has milestones that replays begin at, and loses those that a recovery or a revocation reaches behind", () =>
    losesMilestones.pipe(Effect.provide(farmOn(server.makeDatabase())))
  )

  it.live("begins with its rules once, when two trackers start at once", () => {
    const url = server.makeDatabase()
    const start = Layer.build(Layer.fresh(layerFoundingRules.pipe(Layer.provideMerge(farmLayer(url)))))
    return Effect.gen(function* () {
      // The tables and the farm are there before both start.
      yield* Layer.build(Layer.fresh(farmLayer(url)))
      yield* Effect.all([start, start, start], { concurrency: "unbounded" })
      const sql = yield* SqlClient.SqlClient
      const rows = yield* sql<{ kind: string }>`SELECT kind FROM tracker_event`
      assert.deepStrictEqual(
        rows.map(({ kind }) => kind),
        ["rules_changed"]
      )
      yield* assertReplays
    }).pipe(Effect.provide(farmLayer(url)), Effect.scoped)
  })

  it.live("takes one of two changes of its zone that are asked of it at once", () => {
    const url = server.makeDatabase()
    return Effect.gen(function* () {
      yield* earn(yield* approvedTestAgent, 2)
      const { change } = yield* LedgerTimeZone
      const answers = yield* Effect.all(
        [1, 2, 3, 4].map(() => Effect.result(change("Pacific/Auckland"))),
        {
          concurrency: "unbounded"
        }
      )
      assert.lengthOf(answers.filter(Result.isSuccess), 1)
      for (const { failure } of answers.filter(Result.isFailure)) assert.propertyVal(failure, "code", "same_zone")
      yield* assertReplays
    }).pipe(Effect.provide(farmLayer(url)))
  })

  it.live("tells the farm as it stood after each line, and begins at a milestone", () =>
    Effect.gen(function* () {
      const agent = yield* approvedTestAgent
      const seen: Array<[string, number]> = []
      for (let at = 1; at <= 4; at++) {
        yield* earn(agent, 1)
        seen.push([String(at), (yield* (yield* Ledger).farm).total_coins])
        if (at === 2) yield* keepNow
      }
      for (const [line, total_coins] of seen) {
        assert.deepInclude(yield* farmAt(line), { total_coins, proofs: Number(line) })
      }
      yield* replaysFrom(3)
    }).pipe(Effect.provide(farmOn(server.makeDatabase())))
  )
})
