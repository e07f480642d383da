import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { Ledger } from "../src/farm/Ledger.ts"
import { TrustStore } from "../src/farm/TrustStore.ts"
import { approvedRecoverableAgent, approvedTestAgent, farmLayer, testNow } from "./farmLayers.ts"
import { temporaryFolder } from "./temporaryFolder.ts"
import { assertReplays, listed, send, sendAll } from "./trustFixture.ts"

/** Two trackers on one database, each with what it remembers of it. */
const twoTrackers = Effect.gen(function* () {
  yield* TestClock.setTime(Date.parse(testNow))
  const file = join(yield* temporaryFolder, "tracker.db")
  const start = Layer.build(Layer.fresh(farmLayer(file)))
  type Services = Effect.Success<typeof start>
  const on =
    (services: Services) =>
    <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      Effect.provideContext(effect, services)
  return { here: on(yield* start), there: on(yield* start) }
})

describe("two trackers on one database", () => {
  it.effect("check each agent with the keys of now, whichever of them took the rotation", () =>
    Effect.gen(function* () {
      const { here, there } = yield* twoTrackers
      const agent = yield* here(approvedTestAgent)
      yield* here(sendAll([yield* agent.next()]))
      const rotation = yield* agent.rotate()
      const after = yield* agent.next()
      assert.deepStrictEqual(yield* there(send(after)), ["bad_signature"])
      yield* here(sendAll([rotation]))
      yield* there(sendAll([after]))
      assert.deepStrictEqual(yield* here(send(rotation, after)), ["already", "already"])
    }).pipe(Effect.scoped)
  )

  it.effect("pay on top of the sums that the other one took back", () =>
    Effect.gen(function* () {
      const { here, there } = yield* twoTrackers
      const agent = yield* here(approvedRecoverableAgent)
      const other = yield* there(approvedRecoverableAgent)
      yield* here(sendAll(yield* agent.chain(4)))
      yield* there(sendAll(yield* other.chain(3)))
      yield* here(Effect.flatMap(TrustStore, (trust) => trust.revoke(agent.agentId, null)))
      yield* there(sendAll(yield* other.chain(2)))
      yield* here(sendAll([yield* other.recover(null), yield* other.next()]))
      yield* there(sendAll([yield* other.next()]))
      for (const tracker of [here, there]) {
        yield* tracker(assertReplays)
        const farm = yield* tracker(Effect.flatMap(Ledger, (ledger) => ledger.farm))
        const all = [...(yield* tracker(listed(agent.agentId))), ...(yield* tracker(listed(other.agentId)))]
        assert.strictEqual(all.length, 12)
        assert.strictEqual(
          farm.total_coins,
          all.reduce((sum, { coins }) => sum + coins, 0)
        )
        assert.isAbove(farm.total_coins, 0)
      }
    }).pipe(Effect.scoped)
  )

  it.effect("freeze an agent for each other", () =>
    Effect.gen(function* () {
      const { here, there } = yield* twoTrackers
      const agent = yield* here(approvedTestAgent)
      yield* here(sendAll(yield* agent.chain(2)))
      assert.deepStrictEqual(yield* there(send(yield* agent.after(null))), ["forked"])
      const next = yield* agent.next()
      assert.deepStrictEqual(yield* here(send(next)), ["agent_frozen"])
      yield* here(Effect.flatMap(TrustStore, (trust) => trust.approve(agent.agentId)))
      yield* there(sendAll([next]))
      yield* here(assertReplays)
    }).pipe(Effect.scoped)
  )
})
