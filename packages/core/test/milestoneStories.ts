/** A ledger with milestones on the way, for every database: what drops them, and that all is the same with and without. */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { milestoneSizes } from "../src/farm/milestones/MilestoneStore.ts"
import { Milestones } from "../src/farm/milestones/Milestones.ts"
import { replayLedger } from "../src/farm/rebuildProjection.ts"
import { TrustStore } from "../src/farm/TrustStore.ts"
import { approvedRecoverableAgent, approvedTestAgent } from "./farmLayers.ts"
import { earn } from "./shopFixture.ts"
import { sendAll } from "./trustFixture.ts"

/** Keeps one now where one line came since the last: the layer of these tests is `Milestones.layer(1)`. */
export const keepNow = Effect.gen(function* () {
  assert.isTrue(yield* (yield* Milestones).keep)
  return (yield* milestoneSizes).at(-1) ?? 0
})

const same = { sums_equal: true, rewards_differ: 0, voids_differ: 0, milestones_differ: 0 }

/** Asserts that a replay begins at this line and gives what is stored, and that one in full does too. */
export const replaysFrom = Effect.fnUntraced(function* (from: number) {
  assert.deepInclude(yield* replayLedger(), { ...same, from })
  assert.deepInclude(yield* replayLedger({ full: true }), same)
})

/** One agent's work before the first milestone, two others' after it; then one is taken back, and one is trusted less. */
export const losesMilestones = Effect.gen(function* () {
  const sizes = milestoneSizes
  yield* earn(yield* approvedTestAgent, 3)
  const first = yield* keepNow
  yield* replaysFrom(first)
  const thief = yield* approvedRecoverableAgent
  yield* sendAll(yield* thief.chain(2))
  const second = yield* keepNow
  const head = thief.head()
  yield* sendAll(yield* thief.chain(2))
  const third = yield* keepNow
  yield* sendAll(yield* thief.chain(1))
  const fourth = yield* keepNow
  assert.deepStrictEqual(yield* sizes, [first, second, third, fourth])
  yield* replaysFrom(fourth)

  // Back to before the third: what the third and the fourth summed up is void.
  yield* sendAll([yield* thief.recover(head)])
  assert.deepStrictEqual(yield* sizes, [first, second])
  yield* replaysFrom(second)
  const fifth = yield* keepNow

  const late = yield* approvedTestAgent
  yield* earn(late, 2)
  const sixth = yield* keepNow
  yield* earn(late, 1)
  yield* (yield* TrustStore).revoke(late.agentId, null)
  assert.deepStrictEqual(yield* sizes, [first, second, fifth])
  yield* replaysFrom(fifth)
  assert.isAbove(sixth, fifth)

  // All that was received is trusted: nothing changes, and nothing is dropped.
  yield* (yield* TrustStore).revoke(thief.agentId, "received")
  assert.deepStrictEqual(yield* sizes, [first, second, fifth])
  yield* replaysFrom(fifth)
})
