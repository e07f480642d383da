import { assert, describe, it } from "@effect/vitest"
import { rehearse } from "@farmops/plugin-sdk/runtime/rehearse"
import { Effect } from "effect"
import { k8sPodHealth } from "../src/plugin.ts"
import { at, pod, unpulled, workload } from "./pods.ts"

const story = (configuration: unknown = null) => rehearse(k8sPodHealth, "kubernetes", configuration)

const outcomes = (events: ReadonlyArray<unknown>, configuration: unknown = null) =>
  Effect.gen(function* () {
    const { see } = story(configuration)
    const verdicts = yield* Effect.forEach(events, see)
    return verdicts.map((verdict) => (verdict.verdict === "verified" ? verdict.description : verdict.reason))
  })

const well = (turned: number, changes = {}) => pod({ turned, ...changes })
const unhealthy = "the workload is unhealthy"
const hasToHold = "the workload is healthy again and has to hold"
const notSeen = "the workload was not seen unhealthy"

describe("a workload that was unhealthy and is healthy again", () => {
  it.effect("is a fix once it has held, and only once", () =>
    Effect.gen(function* () {
      const { memory, see } = story()
      const broken = yield* see(workload(0, [unpulled(), well(-600)]))
      assert.deepInclude(broken, { verdict: "rejected", reason: unhealthy })
      assert.deepInclude(yield* see(workload(8, [well(8), well(-600)])), { verdict: "rejected", reason: hasToHold })
      const { evidence, remember, ...verdict } = Object.assign(
        { evidence: null },
        yield* see(workload(18, [well(8), well(-600)]))
      )
      assert.deepStrictEqual<unknown>(verdict, {
        verdict: "verified",
        reason: "",
        action_type: "fix",
        category: "reliability",
        subcategory: "image-pull",
        description: "Restored a workload of 2 pods after 8 minutes without its image",
        scoring_hints: { complexity: "low", impact_radius: 2, artifacts_touched: 2, time_spent_seconds: null },
        actor_type: null
      })
      assert.isNotNull(evidence)
      assert.isNotNull(remember)
      assert.deepInclude(yield* see(workload(19, [well(8), well(-600)])), { verdict: "rejected", reason: notSeen })
      assert.deepStrictEqual(JSON.parse(new TextDecoder().decode(memory())), {
        kind: "workload",
        credited_at: Date.parse(at(18)),
        trouble: null
      })
    })
  )

  it.effect.each([
    ["crash-loop", pod({ ready: false, turned: 0, waiting: "CrashLoopBackOff" }), "in a crash loop"],
    ["image-pull", unpulled({ waiting: "ErrImagePull" }), "without its image"],
    [
      "container-config",
      unpulled({ waiting: "CreateContainerConfigError" }),
      "with a container that could not be created"
    ],
    ["restarts", pod({ restarts: 3, started: -9, turned: -9 }), "with frequent restarts"],
    ["pending", unpulled({ waiting: "ContainerCreating", created: -10 }), "with pending pods"],
    ["not-ready", pod({ ready: false, turned: -10 }), "with pods that were not ready"]
  ] as const)("is told as %s", ([kind, ailing, words]) =>
    Effect.gen(function* () {
      const { see } = story()
      assert.strictEqual((yield* see(workload(0, [ailing]))).reason, unhealthy)
      yield* see(workload(6, [well(6)]))
      const verdict = yield* see(workload(16, [well(6)]))
      assert.deepInclude(verdict, {
        subcategory: kind,
        description: `Restored a workload of 1 pod after 6 minutes ${words}`
      })
    })
  )

  it.effect("is credited from the begin of the trouble, with what was wrong at first", () =>
    Effect.gen(function* () {
      const crashing = pod({ ready: false, turned: 5, waiting: "CrashLoopBackOff" })
      const said = yield* outcomes([workload(0, [unpulled()]), workload(5, [crashing]), workload(20, [well(8)])])
      assert.strictEqual(said[2], "Restored a workload of 1 pod after 8 minutes without its image")
    })
  )

  it.effect("is credited by the end of the trouble, not by when this plugin was told", () =>
    Effect.gen(function* () {
      const said = yield* outcomes([workload(0, [unpulled()]), workload(60, [well(7)])])
      assert.deepStrictEqual(said, [unhealthy, "Restored a workload of 1 pod after 7 minutes without its image"])
    })
  )

  it.effect.each([
    [29, 1, "low"],
    [30, 1, "medium"],
    [240, 1, "high"],
    [6, 4, "low"],
    [6, 5, "medium"],
    [6, 20, "high"]
  ] as const)("of %i minutes and %i pods is of fitting complexity", ([minutes, count, complexity]) =>
    Effect.gen(function* () {
      const { see } = story()
      yield* see(
        workload(
          0,
          Array.from({ length: count }, () => unpulled())
        )
      )
      const healed = Array.from({ length: count }, () => well(minutes))
      yield* see(workload(minutes, healed))
      const verdict = yield* see(workload(minutes + 10, healed))
      assert.strictEqual(verdict.verdict === "verified" && verdict.scoring_hints.complexity, complexity)
    })
  )
})

describe("what is no fix", () => {
  it.effect.each<readonly [string, ReadonlyArray<unknown>, string]>([
    ["a workload that was always well", [workload(0, [well(-600)]), workload(20, [well(-600)])], notSeen],
    ["trouble that this plugin did not see", [workload(20, [well(2, { restarts: 9, started: 2 })])], notSeen],
    [
      "a short trouble",
      [workload(0, [unpulled()]), workload(4, [well(4)]), workload(14, [well(4)])],
      "it was unhealthy for too short a time"
    ],
    ["one that has not held", [workload(0, [unpulled()]), workload(6, [well(6)]), workload(15, [well(6)])], hasToHold],
    [
      "one that wavered meanwhile",
      [
        workload(0, [unpulled()]),
        workload(6, [well(6)]),
        workload(15, [pod({ ready: false, turned: 15 })]),
        workload(17, [well(16)])
      ],
      hasToHold
    ],
    [
      "one whose container started anew meanwhile",
      [workload(0, [unpulled()]), workload(6, [well(6)]), workload(17, [well(6, { started: 14, restarts: 1 })])],
      hasToHold
    ],
    ["a workload that was deleted", [workload(0, [unpulled()]), workload(9, [])], "the workload has no pods"],
    [
      "pods on their way out",
      [workload(0, [unpulled()]), workload(9, [well(6, { deleted: true })])],
      "the workload has no pods"
    ],
    [
      "a pod that ended",
      [workload(0, [unpulled()]), workload(20, [well(6, { phase: "Succeeded" })])],
      "the workload has no pods"
    ],
    [
      "a workload that was scaled to what was well",
      [workload(0, [unpulled(), well(-600)]), workload(9, [well(-600)]), workload(20, [well(-600)])],
      "the unhealthy pods were taken away"
    ],
    [
      "a workload that came back much later",
      [workload(0, [unpulled()]), workload(9, []), workload(70, [well(70)]), workload(81, [well(70)])],
      notSeen
    ],
    [
      "a job",
      [workload(0, [unpulled()], "Job"), workload(9, [well(9)], "Job"), workload(30, [well(9)], "Job")],
      "a job runs to its end"
    ],
    [
      "a pod that is only starting",
      [workload(0, [unpulled({ waiting: "ContainerCreating" })]), workload(30, [well(9)])],
      notSeen
    ],
    [
      "a rollout with a pod missing",
      [workload(0, [unpulled()]), workload(9, [well(9), pod({ ready: false, turned: 9 })])],
      "not every pod is ready"
    ]
  ])("is %s", ([, events, reason]) =>
    Effect.gen(function* () {
      assert.strictEqual((yield* outcomes(events)).at(-1), reason)
    })
  )

  it.effect("is a crash loop between two crashes, however often it comes up", () =>
    Effect.gen(function* () {
      const loop = Array.from({ length: 40 }, (_, turn) => [
        workload(turn * 6, [pod({ restarts: turn, ready: false, turned: turn * 6, waiting: "CrashLoopBackOff" })]),
        workload(turn * 6 + 5, [well(turn * 6 + 5, { restarts: turn + 1 })])
      ]).flat()
      assert.isEmpty((yield* outcomes(loop)).filter((said) => said.startsWith("Restored")))
    })
  )

  it.effect("is the same workload again within the hours that an operator sets", () =>
    Effect.gen(function* () {
      const round = (begin: number) => [
        workload(begin, [unpulled({ created: begin })]),
        workload(begin + 6, [well(begin + 6)]),
        workload(begin + 16, [well(begin + 6)])
      ]
      const fix = "Restored a workload of 1 pod after 6 minutes without its image"
      const soon = "a fix of this workload counted not long ago"
      const ends = (said: ReadonlyArray<string>) => said.filter((_, index) => index % 3 === 2)
      assert.deepStrictEqual(ends(yield* outcomes([0, 120, 359, 376].flatMap(round))), [fix, soon, soon, fix])
      assert.deepStrictEqual(ends(yield* outcomes([0, 120].flatMap(round), { again_hours: 1 })), [fix, fix])
    })
  )

  it.effect("is told by the operator's own measures", () =>
    Effect.gen(function* () {
      const events = [workload(0, [unpulled()]), workload(1, [well(1)]), workload(2, [well(1)])]
      const said = yield* outcomes(events, { unhealthy_minutes: 1, hold_minutes: 1 })
      assert.strictEqual(said[2], "Restored a workload of 1 pod after 1 minute without its image")
    })
  )
})

describe("another revision", () => {
  it.effect("is a fix where it took the place of the unhealthy one, though as many pods were ready before", () =>
    Effect.gen(function* () {
      const old = [well(-600), well(-600)]
      const broken = unpulled({ revision: "bad1" })
      const rolledBack = yield* outcomes([workload(0, [...old, broken]), workload(9, old), workload(20, old)])
      assert.strictEqual(rolledBack[2], "Restored a workload of 2 pods after 9 minutes without its image")
      const forward = [well(9, { revision: "good" }), well(8, { revision: "good" })]
      const rolledOn = yield* outcomes([workload(0, [...old, broken]), workload(9, forward), workload(20, forward)])
      assert.strictEqual(rolledOn[2], "Restored a workload of 2 pods after 9 minutes without its image")
    })
  )

  it.effect("is a fix also where no pod was left between the two", () =>
    Effect.gen(function* () {
      const said = yield* outcomes([
        workload(0, [unpulled()]),
        workload(9, []),
        workload(12, [well(11)]),
        workload(22, [well(11)])
      ])
      assert.strictEqual(said[3], "Restored a workload of 1 pod after 9 minutes without its image")
    })
  )
})
