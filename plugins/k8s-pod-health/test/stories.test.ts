import { assert, describe, it } from "@effect/vitest"
import { rehearse } from "@farmops/plugin-sdk/runtime/rehearse"
import { Effect, Schema } from "effect"
import { Event, Memory } from "../src/events.ts"
import { k8sPodHealth } from "../src/plugin.ts"
import { pod, sweep, unpulled, workload } from "./pods.ts"

const acts = ["broken", "crashing", "well", "well", "same", "same", "fewer", "rolled", "gone"] as const
const Scene = Schema.Struct({ later: Schema.Literals([0, 1, 6, 11, 11, 30, 70, 200]), act: Schema.Literals(acts) })
const Scenes = Schema.Array(Scene).check(Schema.isMinLength(10), Schema.isMaxLength(60))

const podsOf = (act: (typeof acts)[number], minute: number, before: ReadonlyArray<unknown>) => {
  const others = [pod({ turned: minute - 300 })]
  switch (act) {
    case "broken":
      return [unpulled({ created: minute }), ...others]
    case "crashing":
      return [pod({ ready: false, turned: minute, waiting: "CrashLoopBackOff" })]
    case "well":
      return [pod({ turned: minute }), ...others]
    case "rolled":
      return [pod({ turned: minute, revision: `${minute}` })]
    case "fewer":
      return others
    case "gone":
      return []
    case "same":
      return before
  }
}

const tell = (scenes: typeof Scenes.Type) => {
  let minute = 0
  let pods: ReadonlyArray<unknown> = []
  return scenes.map(({ act, later }) => {
    minute += later
    pods = podsOf(act, minute, pods)
    return { minute, event: workload(minute, pods) }
  })
}

describe("any story of a workload", () => {
  it.effect.prop(
    "earns only after trouble that was seen, and not twice in the hours between",
    { scenes: Scenes },
    ({ scenes }) =>
      Effect.gen(function* () {
        const { memory, see } = rehearse(k8sPodHealth, "kubernetes")
        let ailed = false
        let credited = Number.NEGATIVE_INFINITY
        for (const { event, minute } of tell(scenes)) {
          const verdict = yield* see(event)
          if (verdict.reason === "the workload is unhealthy") ailed = true
          if (verdict.verdict !== "verified") continue
          assert.isTrue(ailed)
          assert.isAtLeast(minute - credited, 360)
          ailed = false
          credited = minute
        }
        if (memory().length > 0) Schema.decodeUnknownSync(Memory)(JSON.parse(new TextDecoder().decode(memory())))
      }),
    { arbitrary: { runs: 100 } }
  )

  it.effect.prop(
    "gives the same verdicts when it is told again",
    { scenes: Scenes },
    ({ scenes }) =>
      Effect.gen(function* () {
        const events = tell(scenes).map(({ event }) => event)
        const once = yield* Effect.forEach(events, rehearse(k8sPodHealth, "kubernetes").see)
        assert.deepStrictEqual(yield* Effect.forEach(events, rehearse(k8sPodHealth, "kubernetes").see), once)
      }),
    { arbitrary: { runs: 20 } }
  )
})

it.effect.prop(
  "has a verdict for any event and memory that fit their shapes",
  {
    event: Event,
    memory: Schema.NullOr(Memory),
    seen_at: Schema.Literals(["", "2026-02-21T09:00:00Z", "+275760-09-13T00:00:00Z"])
  },
  ({ event, memory, seen_at }) =>
    Effect.sync(() => {
      const verdict = k8sPodHealth.verify({
        observationId: "any",
        sourceType: "kubernetes",
        data: { ...event, seen_at },
        memory: new TextEncoder().encode(memory === null ? "" : JSON.stringify(memory))
      })
      assert.isFalse(verdict instanceof Promise)
    }),
  { arbitrary: { runs: 100 } }
)

it.effect("says nothing of a name, whatever the pods are called", () =>
  Effect.gen(function* () {
    const { see } = rehearse(k8sPodHealth, "kubernetes")
    const verdict = yield* see(sweep(0, [pod({ name: "{pods}", revision: "3 pods" }), pod()]))
    const { evidence: _, ...said } = Object.assign({ evidence: null }, verdict)
    assert.notInclude(JSON.stringify(said), "marker")
    assert.strictEqual(said.verdict, "verified")
  })
)
