/** Farms with something to spend, and a shop with prices that a day's work pays. */
import { assert } from "@effect/vitest"
import { Effect, Layer, Result } from "effect"
import { TestClock } from "effect/testing"
import { defaultAchievements } from "../src/farm/economy/defaultAchievements.ts"
import { ProofIntake } from "../src/farm/ProofIntake.ts"
import { Shop } from "../src/farm/Shop.ts"
import { ActiveShop } from "../src/farm/shop/ActiveShop.ts"
import { catalogue } from "./economy/purchases.ts"
import { farmLayer, farmServices, testNow } from "./farmLayers.ts"
import type { ProofEdit, TestAgent } from "./proofFixture.ts"

/** The shop of the tests of `economy`, and all achievements but those that need what it does not sell. */
export const smallShop = { catalogue, achievements: defaultAchievements }

/** The tracker of such a farm, above its database. */
export const shopServices = farmServices.pipe(Layer.provideMerge(Layer.succeed(ActiveShop, smallShop)))

/** One farm that sells from the small catalogue. */
export const shopLayer = (url?: string) => farmLayer(url).pipe(Layer.provideMerge(Layer.succeed(ActiveShop, smallShop)))

/** Runs a test on a fresh farm with the small shop at `testNow`. */
export const inShop = <A, E, R>(test: Effect.Effect<A, E, R>, url?: string) =>
  Effect.andThen(TestClock.setTime(Date.parse(testNow)), Effect.provide(test, shopLayer(url)))

/** Work against toil on some day, each time of another kind, so that nothing tires: 18 coins each at least. */
export const work =
  (at: number, day = "2026-03-04"): ProofEdit =>
  (proof) => ({
    ...proof,
    timestamp: `${day}T09:00:00Z`,
    action: { ...proof.action, category: "toil", plugin: `farmops/p${at}` }
  })

/** Hands in so many proofs and answers with their coins. */
export const earn = Effect.fnUntraced(function* (agent: TestAgent, count: number, day?: string) {
  const intake = yield* ProofIntake
  const answers = yield* intake.acceptBatch(yield* agent.chain(count, (at) => work(at, day)))
  return answers.map((answer) => (Result.isSuccess(answer) ? answer.success.coins : assert.fail(answer.failure.code)))
})

/** Buys the next level of an item for whatever it costs. */
export const buy = (item: string, requestKey: string | null = null) =>
  Effect.flatMap(Shop, (shop) => shop.buy({ item, level: null, expectedPrice: null, requestKey }))

/** Gives a purchase back. */
export const refund = (purchaseId: string) =>
  Effect.flatMap(Shop, (shop) => shop.refund({ purchaseId, requestKey: null }))
