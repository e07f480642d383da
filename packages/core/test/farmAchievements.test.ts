import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { Ledger } from "../src/farm/Ledger.ts"
import { Shop } from "../src/farm/Shop.ts"
import { ActiveShop } from "../src/farm/shop/ActiveShop.ts"
import { TrustStore } from "../src/farm/TrustStore.ts"
import { approvedTestAgent, farmLayer, testNow } from "./farmLayers.ts"
import { buy, earn, inShop, shopLayer, smallShop } from "./shopFixture.ts"
import { temporaryFolder } from "./temporaryFolder.ts"
import { assertReplays, listed, sendAll } from "./trustFixture.ts"

const earned = Effect.map(
  Effect.flatMap(Ledger, (ledger) => ledger.achievements),
  ({ achievements }) => achievements.flatMap(({ earned, slug }) => (earned === null ? [] : [[slug, earned.position]]))
)

const trophies = Effect.map(
  Effect.flatMap(Shop, (shop) => shop.upgrades),
  (upgrades) => upgrades.trophies.map(({ item }) => item)
)

describe("the farm's achievements", () => {
  it.effect("are earned with the line that completes them, bring their trophy, and replay to the same", () =>
    inShop(
      Effect.gen(function* () {
        assert.deepStrictEqual([yield* earned, yield* trophies], [[], []])
        const agent = yield* approvedTestAgent
        yield* earn(agent, 2)
        // Line 0 is the approval.
        assert.deepInclude(yield* earned, ["first-proof", 1])
        assert.deepStrictEqual(yield* trophies, ["cup"])
        const { achievements } = yield* (yield* Ledger).achievements
        const hundred = achievements.find(({ slug }) => slug === "hundred-proofs")
        assert.deepStrictEqual(hundred?.progress, { have: 2, need: 100 })
        yield* assertReplays
      })
    )
  )

  it.effect("count a building only when it can be given back no more", () =>
    inShop(
      Effect.gen(function* () {
        const agent = yield* approvedTestAgent
        yield* earn(agent, 2)
        yield* buy("shed")
        yield* TestClock.adjust("599 seconds")
        yield* earn(agent, 1)
        assert.notInclude((yield* earned).flat(), "first-building")
        yield* TestClock.adjust("1 second")
        yield* earn(agent, 1)
        assert.deepInclude(yield* earned, ["first-building", 5])
        yield* assertReplays
      })
    )
  )

  it.effect("are a matter of the ledger alone: what only void work earned is not earned", () =>
    inShop(
      Effect.gen(function* () {
        const trust = yield* TrustStore
        const agent = yield* approvedTestAgent
        const other = yield* approvedTestAgent
        yield* earn(agent, 1)
        yield* earn(other, 1)
        yield* trust.revoke(agent.agentId, null)
        assert.deepInclude(yield* earned, ["first-proof", 3])
        yield* trust.revoke(other.agentId, null)
        assert.deepStrictEqual([yield* earned, yield* trophies], [[], []])
        yield* assertReplays
      })
    )
  )

  it.effect("are folded from the stored lines at the start of a version that knows others", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.parse(testNow))
      const file = join(yield* temporaryFolder, "tracker.db")
      const achievements = {
        ...smallShop.achievements,
        version: 2,
        achievements: smallShop.achievements.achievements.filter(({ slug }) => slug !== "first-proof").toReversed()
      }
      const other = farmLayer(file).pipe(Layer.provideMerge(Layer.succeed(ActiveShop, { ...smallShop, achievements })))
      const lived = Effect.gen(function* () {
        const agent = yield* approvedTestAgent
        yield* earn(agent, 6)
        yield* buy("shed")
        yield* TestClock.adjust("10 minutes")
        yield* earn(agent, 6)
        yield* assertReplays
        return [agent, yield* earned] as const
      })
      const [agent, before] = yield* Effect.provide(lived, shopLayer(file))
      const after = yield* Effect.provide(Effect.andThen(assertReplays, earned), other)
      assert.sameDeepMembers([...after, ["first-proof", 1]], before)
      yield* Effect.gen(function* () {
        assert.deepStrictEqual(yield* earned, before)
        yield* sendAll([yield* agent.next()])
        assert.lengthOf(yield* listed(agent.agentId), 13)
        yield* assertReplays
      }).pipe(Effect.provide(shopLayer(file)))
    }).pipe(Effect.scoped)
  )

  it.effect("are folded once over a ledger from before there were any", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.parse(testNow))
      const file = join(yield* temporaryFolder, "tracker.db")
      const before = yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* earn(yield* approvedTestAgent, 3)
        const known = yield* earned
        yield* sql`UPDATE tracker_economy SET achievements = NULL`
        return known
      }).pipe(Effect.provide(shopLayer(file)))
      assert.isNotEmpty(before)
      assert.deepStrictEqual(yield* Effect.provide(earned, shopLayer(file)), before)
    }).pipe(Effect.scoped)
  )
})
