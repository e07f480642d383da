import { assert, describe, it } from "@effect/vitest"
import { rehearse } from "@farmops/plugin-sdk/runtime/rehearse"
import { Effect, Schema } from "effect"
import { Alert, Memory } from "../src/events.ts"
import { prometheusAlertResolve } from "../src/plugin.ts"
import { firing, resolved, suppressed } from "./alerts.ts"

const acts = [
  "fires",
  "fires anew",
  "silenced",
  "silenced",
  "resolved",
  "resolved",
  "silenced before",
  "ended before"
] as const
const Scene = Schema.Struct({ later: Schema.Literals([0, 1, 6, 30, 200]), act: Schema.Literals(acts) })
const Scenes = Schema.Array(Scene).check(Schema.isMinLength(10), Schema.isMaxLength(60))

const tell = (scenes: typeof Scenes.Type) => {
  let minute = 0
  let began = 0
  const eventOf = (act: (typeof acts)[number]) => {
    switch (act) {
      case "fires":
      case "fires anew":
        return firing(minute, { began })
      case "silenced":
        return suppressed(minute, [minute], { began })
      case "silenced before":
        return suppressed(minute, [began - 1], { began })
      case "resolved":
        return resolved(minute, { began })
      case "ended before":
        return resolved(minute, { began: began - 20, ended: began - 10 })
    }
  }
  return scenes.map(({ act, later }) => {
    minute += later
    if (act === "fires anew") began = minute
    return { minute, event: eventOf(act) }
  })
}

describe("any story of an alert", () => {
  it.effect.prop(
    "earns only after an acknowledgement that was seen, and not twice in the hours between",
    { scenes: Scenes },
    ({ scenes }) =>
      Effect.gen(function* () {
        const { see } = rehearse(prometheusAlertResolve, "prometheus")
        let acknowledged = false
        let credited = Number.NEGATIVE_INFINITY
        for (const { event, minute } of tell(scenes)) {
          const verdict = yield* see(event)
          if (verdict.reason === "the alert fires and is acknowledged") acknowledged = true
          if (verdict.verdict !== "verified") continue
          assert.isTrue(acknowledged)
          assert.isAtLeast(minute - credited, 360)
          acknowledged = false
          credited = minute
        }
      }),
    { arbitrary: { runs: 100 } }
  )

  it.effect.prop(
    "gives the same verdicts when it is told again",
    { scenes: Scenes },
    ({ scenes }) =>
      Effect.gen(function* () {
        const events = tell(scenes).map(({ event }) => event)
        const once = yield* Effect.forEach(events, rehearse(prometheusAlertResolve, "prometheus").see)
        assert.deepStrictEqual(yield* Effect.forEach(events, rehearse(prometheusAlertResolve, "prometheus").see), once)
      }),
    { arbitrary: { runs: 20 } }
  )
})

const Time = Schema.Literals([
  "",
  "2026-02-21T09:00:00Z",
  "2026-02-21T10:00:00.5Z",
  "-271821-04-20T00:00:00Z",
  "+275760-09-13T00:00:00Z"
])

it.effect.prop(
  "has a verdict for any alert and memory that fit their shapes",
  { event: Alert, memory: Schema.NullOr(Memory), seen_at: Time, starts_at: Time, ends_at: Time },
  ({ ends_at, event, memory, seen_at, starts_at }) =>
    Effect.sync(() => {
      const verdict = prometheusAlertResolve.verify({
        observationId: "any",
        sourceType: "prometheus",
        data: { ...event, seen_at, starts_at, ends_at },
        memory: new TextEncoder().encode(memory === null ? "" : JSON.stringify(memory))
      })
      assert.isFalse(verdict instanceof Promise)
    }),
  { arbitrary: { runs: 200 } }
)
