import { assert, describe, it } from "@effect/vitest"
import { rehearse } from "@farmops/plugin-sdk/runtime/rehearse"
import { Effect, Schema } from "effect"
import { Configuration, Sweep } from "../src/events.ts"
import { k8sPodHealth } from "../src/plugin.ts"
import { verifySweep } from "../src/verify.ts"
import { pod, sweep, unpulled } from "./pods.ts"

const outcomes = (events: ReadonlyArray<unknown>, configuration: unknown = null) =>
  Effect.gen(function* () {
    const { see } = rehearse(k8sPodHealth, "kubernetes", configuration)
    const verdicts = yield* Effect.forEach(events, see)
    return verdicts.map((verdict) => (verdict.verdict === "verified" ? verdict.description : verdict.reason))
  })

const three = "Verified the health of 3 pods in 2 namespaces (1 unhealthy)"
const notLongAgo = "the last check that counted is not long ago"
const partMissing = "an earlier part of this sweep was not seen"

describe("a sweep of all pods", () => {
  it.effect("is maintenance by the system, with the number of those that ail", () =>
    Effect.gen(function* () {
      const { see } = rehearse(k8sPodHealth, "kubernetes")
      const verdict = yield* see(
        sweep(0, [pod(), pod(), unpulled(), pod({ phase: "Succeeded" }), pod({ deleted: true })])
      )
      assert.deepInclude(verdict, {
        verdict: "verified",
        action_type: "verify",
        category: "maintenance",
        subcategory: "health-sweep",
        description: three,
        actor_type: "system",
        scoring_hints: { complexity: "low", impact_radius: 2, artifacts_touched: 3, time_spent_seconds: null }
      })
    })
  )

  it.effect("speaks of one pod and one namespace as one does", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* outcomes([sweep(0, [pod()], { namespaces: 1 })]), [
        "Verified the health of 1 pod in 1 namespace (0 unhealthy)"
      ])
    })
  )

  it.effect("counts once in the minutes that an operator sets, however often it is made", () =>
    Effect.gen(function* () {
      const all = [pod(), pod(), unpulled()]
      const said = yield* outcomes([sweep(0, all), sweep(1, all), sweep(59, all), sweep(60, all)])
      assert.deepStrictEqual(said, [three, notLongAgo, notLongAgo, three])
      assert.deepStrictEqual(yield* outcomes([sweep(0, all), sweep(5, all)], { sweep_minutes: 5 }), [three, three])
    })
  )

  it.effect("is the sum of its parts, and nothing where one was not seen", () =>
    Effect.gen(function* () {
      const part = (at: number, minute = 0) => sweep(minute, at === 3 ? [unpulled()] : [pod()], { part: at, parts: 3 })
      const whole = ["not the whole sweep yet", "not the whole sweep yet", three]
      assert.deepStrictEqual(yield* outcomes([part(1), part(2), part(3)]), whole)
      assert.deepStrictEqual(yield* outcomes([part(1), part(3)]), [whole[0], partMissing])
      assert.deepStrictEqual(yield* outcomes([part(3)]), [partMissing])
      // A sweep that was broken off leaves nothing behind for the next.
      assert.deepStrictEqual(yield* outcomes([part(1), part(2), part(1, 9), part(2, 9), part(3, 9)]), [
        ...["not the whole sweep yet", "not the whole sweep yet"],
        ...whole
      ])
      assert.deepStrictEqual(yield* outcomes([part(1), part(2), part(2), part(3)]), [
        ...whole.slice(0, 2),
        partMissing,
        partMissing
      ])
    })
  )

  it.effect("is nothing where there are no pods, or of another resource", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* outcomes([sweep(0, [])]), ["there are no pods"])
      assert.deepStrictEqual(yield* outcomes([sweep(0, [pod()], { resource: "secrets" })]), [
        "this is no sweep of pods"
      ])
      assert.deepStrictEqual(yield* outcomes([sweep(0, [pod()], { part: 2, parts: 1 })]), ["this is no sweep of pods"])
      assert.deepStrictEqual(yield* outcomes([sweep(0, [pod()], { namespaces: 10 ** 12 })]), [
        "this is not an event of the kubernetes source"
      ])
    })
  )

  it("keeps its sum where parts say more pods than a cluster has", () => {
    const configuration = Schema.decodeUnknownSync(Configuration)({})
    const event = Schema.decodeUnknownSync(Sweep)(sweep(0, [pod(), pod()], { part: 2, parts: 2 }))
    const memory = { kind: "sweep", verified_at: null, part: 1, parts: 2, pods: 999_999, ailing: 0 } as const
    assert.deepInclude(verifySweep(event, memory, configuration).verdict, {
      description: "Verified the health of 1000000 pods in 2 namespaces (0 unhealthy)"
    })
  })
})
