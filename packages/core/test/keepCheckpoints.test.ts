import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { pauseMs } from "../src/farm/afterCommits.ts"
import { layerKeepCheckpoints } from "../src/farm/checkpoint/keepCheckpoints.ts"
import { Health } from "../src/host/Health.ts"
import * as Database from "../src/sql/Database.ts"
import { checkpointLayer, grow, growTo } from "./checkpointLayers.ts"
import { approvedTestAgent, testNow } from "./farmLayers.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

const sizes = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ size: number }>`SELECT size FROM tracker_checkpoint ORDER BY size`
  return rows.map(({ size }) => size)
})

const keeping = (url: string) =>
  layerKeepCheckpoints.pipe(Layer.provideMerge(checkpointLayer(url)), Layer.provideMerge(Health.layer))

/** Runs a test on a farm that keeps itself checkpointed, then reads what stands in its file. */
const afterwards = <A, E, R>(test: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const url = join(yield* temporaryFolder, "tracker.db")
    yield* TestClock.setTime(Date.parse(testNow))
    yield* Effect.provide(test, keeping(url))
    return yield* Effect.provide(sizes, Database.layer(url))
  }).pipe(Effect.scoped)

describe("layerKeepCheckpoints", () => {
  it.effect("signs once for all commits of ten seconds, and what is left at the stop", () =>
    Effect.gen(function* () {
      const left = yield* afterwards(
        Effect.gen(function* () {
          const agent = yield* approvedTestAgent
          yield* growTo(agent, 2)
          yield* TestClock.adjust(pauseMs)
          assert.strictEqual((yield* sizes).at(-1), 2)
          for (const size of [4, 5, 8, 10]) yield* growTo(agent, size)
          yield* TestClock.adjust(pauseMs - 1)
          assert.strictEqual((yield* sizes).at(-1), 2)
          yield* TestClock.adjust(1)
          assert.deepStrictEqual((yield* sizes).slice(-2), [2, 10])
          yield* growTo(agent, 11)
          assert.notInclude(yield* sizes, 11)
        })
      )
      assert.strictEqual(left.at(-1), 11)
    })
  )

  it.effect("is not ready while nothing may be signed, and ready again once the cause is gone", () =>
    afterwards(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const health = yield* Health
        const agent = yield* approvedTestAgent
        yield* growTo(agent, 3)
        yield* TestClock.adjust(pauseMs)
        assert.deepStrictEqual(yield* health.notReady, [])
        yield* sql`UPDATE tracker_checkpoint SET root = substr(root, 2) || substr(root, 1, 1)`
        yield* grow(agent, 1)
        yield* TestClock.adjust(pauseMs)
        assert.deepStrictEqual(yield* health.notReady, ["checkpoint"])
        assert.strictEqual((yield* sizes).at(-1), 3)
        yield* sql`UPDATE tracker_checkpoint SET root = substr(root, 64) || substr(root, 1, 63)`
        yield* grow(agent, 1)
        yield* TestClock.adjust(pauseMs)
        assert.deepStrictEqual(yield* health.notReady, [])
        assert.deepStrictEqual((yield* sizes).slice(-2), [3, 5])
      })
    )
  )
})
