import { assert, describe, it } from "@effect/vitest"
import { rehearse } from "@farmops/plugin-sdk/runtime/rehearse"
import { Effect } from "effect"
import { prometheusAlertResolve } from "../src/plugin.ts"
import { at, firing, resolved, suppressed } from "./alerts.ts"

const play = (events: ReadonlyArray<unknown>, configuration: unknown = null) =>
  Effect.forEach(events, rehearse(prometheusAlertResolve, "prometheus", configuration).see)

const outcomes = (events: ReadonlyArray<unknown>, configuration: unknown = null) =>
  Effect.map(play(events, configuration), (verdicts) =>
    verdicts.map((verdict) => (verdict.verdict === "verified" ? verdict.description : verdict.reason))
  )

const fires = "the alert fires"
const seen = "the alert fires and is acknowledged"
const notLongAgo = "a resolution of this alert counted not long ago"
const nobody = "nobody acknowledged the alert"

describe("an alert that fired, was acknowledged and is resolved", () => {
  it.effect("is resolved work of an incident, with the time that it took", () =>
    Effect.gen(function* () {
      const verdict = (yield* play([firing(1), suppressed(5, [4]), resolved(31)]))[2]
      assert.deepInclude(verdict, {
        verdict: "verified",
        action_type: "resolve",
        category: "incident",
        subcategory: "critical-alert",
        description: "Resolved an acknowledged critical alert after 30 minutes",
        scoring_hints: { complexity: "high", impact_radius: 5, artifacts_touched: 1, time_spent_seconds: 1800 }
      })
    })
  )

  it.effect.each([
    ["critical", 29, "medium", "critical"],
    ["PAGE", 30, "high", "critical"],
    ["warning", 29, "low", "warning"],
    ["error", 30, "medium", "warning"],
    ["info", 600, "low", "minor"],
    ["marker-team-a", 600, "low", "minor"],
    ["constructor", 600, "low", "minor"]
  ] as const)("of severity %s after %i minutes is of complexity %s", ([severity, minutes, complexity, word]) =>
    Effect.gen(function* () {
      const events = [firing(0, { severity }), suppressed(1, [1], { severity }), resolved(minutes, { severity })]
      const verdict = (yield* play(events))[2]
      assert.deepInclude(verdict, {
        subcategory: `${word}-alert`,
        description: `Resolved an acknowledged ${word} alert after ${minutes} minutes`
      })
      assert.strictEqual(verdict?.verdict === "verified" && verdict.scoring_hints.complexity, complexity)
    })
  )

  it.effect("is acknowledged from then on, also where the silence is over before the alert", () =>
    Effect.gen(function* () {
      const said = yield* outcomes([firing(0), suppressed(2, [1]), firing(9), resolved(10)])
      assert.deepStrictEqual(said, [fires, seen, seen, "Resolved an acknowledged critical alert after 10 minutes"])
    })
  )

  it.effect("may have been silenced before this agent first looked, if not before it fired", () =>
    Effect.gen(function* () {
      const said = yield* outcomes([suppressed(2, [1]), resolved(12)])
      assert.deepStrictEqual(said, [seen, "Resolved an acknowledged critical alert after 10 minutes"])
    })
  )

  it.effect("lasts from when this agent saw it, whatever the sender says of its begin", () =>
    Effect.gen(function* () {
      const began = -10_000
      const verdict = (yield* play([firing(0, { began }), suppressed(1, [1], { began }), resolved(6, { began })]))[2]
      assert.deepInclude(verdict, { description: "Resolved an acknowledged critical alert after 6 minutes" })
    })
  )

  it.effect("lasts until it ended, and no longer than until this agent was told", () =>
    Effect.gen(function* () {
      const early = yield* outcomes([firing(0), suppressed(1, [1]), resolved(60, { ended: 7 })])
      assert.strictEqual(early[2], "Resolved an acknowledged critical alert after 7 minutes")
      const late = yield* outcomes([firing(0), suppressed(1, [1]), resolved(9, { ended: 900 })])
      assert.strictEqual(late[2], "Resolved an acknowledged critical alert after 9 minutes")
      const untold = yield* outcomes([firing(0), suppressed(1, [1]), resolved(9, { ended: null })])
      assert.strictEqual(untold[2], "Resolved an acknowledged critical alert after 9 minutes")
    })
  )

  it.effect("is the same firing where a second sender says that it began earlier", () =>
    Effect.gen(function* () {
      const said = yield* outcomes([firing(0), suppressed(1, [1], { began: -1 }), resolved(8, { began: -1 })])
      assert.strictEqual(said[2], "Resolved an acknowledged critical alert after 8 minutes")
    })
  )
})

describe("what earns nothing", () => {
  it.effect.each<readonly [string, ReadonlyArray<unknown>, string]>([
    ["an end without a begin", [resolved(9)], "the alert was not seen firing"],
    ["an alert that nobody acknowledged", [firing(0), resolved(9)], nobody],
    ["an alert silenced before it fired", [firing(0), suppressed(1, [-5]), resolved(9)], nobody],
    ["a silence that is not there yet", [firing(0), suppressed(1, [60]), resolved(9)], nobody],
    ["an alert that another alert inhibits", [firing(0), suppressed(1, []), resolved(9)], nobody],
    ["a silence on an alert that is said to fire on", [firing(0), firing(1, { silenced: [1] }), resolved(9)], nobody],
    ["a silence first seen at the end", [firing(0), resolved(9, { silenced: [1] })], nobody],
    ["a blip", [firing(0), suppressed(1, [1]), resolved(4)], "the alert was seen firing for too short a time"],
    [
      "an end that is told twice",
      [firing(0), suppressed(1, [1]), resolved(9), resolved(10)],
      "the alert was not seen firing"
    ],
    ["another firing's end", [firing(0), suppressed(1, [1]), resolved(9, { began: 5 })], "this firing was not seen"],
    [
      "an acknowledgement of the firing before",
      [firing(0), suppressed(1, [1]), firing(20, { began: 20 }), resolved(40, { began: 20 })],
      nobody
    ]
  ])("is %s", ([, events, reason]) =>
    Effect.gen(function* () {
      assert.strictEqual((yield* outcomes(events)).at(-1), reason)
    })
  )

  it.effect("is the late end of an earlier firing, and the present one goes on", () =>
    Effect.gen(function* () {
      const began = 20
      const said = yield* outcomes([
        firing(20, { began }),
        suppressed(21, [21], { began }),
        resolved(22, { began: 0, ended: 9 }),
        resolved(30, { began })
      ])
      assert.deepStrictEqual(said.slice(2), [
        "an earlier firing ended",
        "Resolved an acknowledged critical alert after 10 minutes"
      ])
    })
  )

  it.effect("is an alert that flaps, but for once in the hours that an operator sets", () =>
    Effect.gen(function* () {
      const round = (began: number) => [
        firing(began, { began }),
        suppressed(began + 1, [began + 1], { began }),
        resolved(began + 6, { began })
      ]
      const ends = (said: ReadonlyArray<string>) => said.filter((_, index) => index % 3 === 2)
      const fix = "Resolved an acknowledged critical alert after 6 minutes"
      const rounds = [0, 10, 20, 359, 370].flatMap(round)
      assert.deepStrictEqual(ends(yield* outcomes(rounds)), [fix, notLongAgo, notLongAgo, notLongAgo, fix])
      assert.deepStrictEqual(ends(yield* outcomes(rounds, { again_hours: 0 })), [fix, fix, fix, fix, fix])
    })
  )
})

describe("an operator's configuration", () => {
  it.effect("may do without an acknowledgement", () =>
    Effect.gen(function* () {
      const said = yield* outcomes([firing(0), resolved(9)], { require_acknowledgement: false })
      assert.strictEqual(said[1], "Resolved a critical alert after 9 minutes")
    })
  )

  it.effect("may count a blip, which took no whole minute or one", () =>
    Effect.gen(function* () {
      const blips = { firing_minutes: 0, require_acknowledgement: false }
      assert.strictEqual(
        (yield* outcomes([firing(0), resolved(1)], blips))[1],
        "Resolved a critical alert after 1 minute"
      )
      const none = (yield* play([firing(0), resolved(0)], blips))[1]
      assert.deepInclude(none, { description: "Resolved a critical alert after 0 minutes" })
      assert.isNull(none?.verdict === "verified" ? none.scoring_hints.time_spent_seconds : 0)
    })
  )
})

it.effect("forgets an alert that ended without credit", () =>
  Effect.gen(function* () {
    const { memory, see } = rehearse(prometheusAlertResolve, "prometheus")
    yield* see(firing(0))
    assert.isNotEmpty(memory())
    yield* see(resolved(9))
    assert.isEmpty(memory())
  })
)

it.effect("is inconclusive about an alert that does not say when", () =>
  Effect.gen(function* () {
    for (const odd of [
      { ...firing(0), seen_at: "soon" },
      { ...firing(0), starts_at: "" },
      { ...firing(0), status: "odd" },
      at(0)
    ]) {
      assert.strictEqual((yield* play([odd]))[0]?.verdict, "inconclusive")
    }
  })
)
