import { assert, describe, it } from "@effect/vitest"
import { rehearse } from "@farmops/plugin-sdk/runtime/rehearse"
import { Effect } from "effect"
import { k8sResourceAudit } from "../src/plugin.ts"
import { bad, good, type ObjectChanges, workload } from "./objects.ts"

const play = (events: ReadonlyArray<unknown>, configuration: unknown = null) =>
  Effect.forEach(events, rehearse(k8sResourceAudit, "kubernetes", configuration).see)

const outcomes = (events: ReadonlyArray<unknown>, configuration: unknown = null) =>
  Effect.map(play(events, configuration), (verdicts) =>
    verdicts.map((verdict) => (verdict.verdict === "verified" ? verdict.description : verdict.reason))
  )

const stands = "what was found still stands"
const found = "nothing is found"
const noCredit = "what ended was not known for long enough, is gone with its container, or counted before"
const all = "Resolved 7 findings of a workload, 3 of security"
const unlimited = (name = "marker-main") => good(name, { resources: {} })
const privileged = (name = "marker-main") =>
  good(name, { securityContext: { privileged: true, allowPrivilegeEscalation: false, runAsNonRoot: true } })

describe("a finding that ended", () => {
  it.effect("counts once every pod runs the new template", () =>
    Effect.gen(function* () {
      const said = yield* outcomes([
        workload(0, [bad()], { change: "added" }),
        workload(30, [good()], { generation: 3 }),
        workload(30, [good()], { updated: 1 }),
        workload(31, [good()]),
        workload(32, [good()])
      ])
      const waits = "the new template is not rolled out yet"
      assert.deepStrictEqual(said, [stands, waits, waits, all, found])
    })
  )

  it.effect.each([
    [privileged(), "security", "security-findings", "Resolved 1 security finding of a workload"],
    [unlimited(), "reliability", "resource-findings", "Set 4 missing resource requests and limits of a workload"],
    [
      good("marker-main", { resources: { requests: { cpu: 1, memory: 1 }, limits: { cpu: 1 } } }),
      "reliability",
      "resource-findings",
      "Set 1 missing resource request or limit of a workload"
    ],
    [bad(), "security", "mixed-findings", all]
  ] as const)("is of its own kind: %#", ([container, category, subcategory, description]) =>
    Effect.gen(function* () {
      const verdict = (yield* play([workload(0, [container]), workload(24, [good()])]))[1]
      assert.deepInclude(verdict, { verdict: "verified", action_type: "fix", category, subcategory, description })
    })
  )

  it.effect("counts by how much it was and how many pods it is of", () =>
    Effect.gen(function* () {
      const hints = (containers: ReadonlyArray<string>, replicas: number) =>
        Effect.gen(function* () {
          const size: ObjectChanges = { replicas }
          const events = [
            workload(0, containers.map(unlimited), size),
            workload(
              24,
              containers.map((name) => good(name)),
              size
            )
          ]
          const verdict = (yield* play(events))[1]
          return verdict?.verdict === "verified" ? verdict.scoring_hints : null
        })
      const hint = (complexity: string, impact_radius: number) =>
        ({ complexity, impact_radius, artifacts_touched: 1, time_spent_seconds: null }) as const
      assert.deepStrictEqual<unknown>(yield* hints(["a"], 1), hint("medium", 1))
      assert.deepStrictEqual<unknown>(yield* hints(["a", "b", "c"], 4), hint("high", 3))
      assert.deepStrictEqual<unknown>(yield* hints(["a"], 100_000), hint("medium", 10))
    })
  )

  it.effect("counts for every kind of workload", () =>
    Effect.gen(function* () {
      for (const resource of ["deployments.apps", "statefulsets.apps", "daemonsets.apps"]) {
        const said = yield* outcomes([
          workload(0, [bad()], { resource }),
          workload(24, [good()], { resource, updated: 2 }),
          workload(25, [good()], { resource })
        ])
        assert.deepStrictEqual(said.slice(1), ["the new template is not rolled out yet", all], resource)
      }
    })
  )

  it.effect("counts alone, and what still stands counts when it ends", () =>
    Effect.gen(function* () {
      const halfway = good("marker-main", {
        resources: {},
        securityContext: { allowPrivilegeEscalation: false, runAsNonRoot: true }
      })
      const said = yield* outcomes([workload(0, [bad()]), workload(24, [halfway]), workload(25, [good()])])
      assert.deepStrictEqual(said, [
        stands,
        "Resolved 3 security findings of a workload",
        "Set 4 missing resource requests and limits of a workload"
      ])
    })
  )
})

describe("what resolves nothing", () => {
  it.effect.each<readonly [string, ReadonlyArray<unknown>, string]>([
    ["an audit of what was always good", [workload(0, [good()]), workload(30, [good()])], found],
    ["an audit made again", [workload(0, [bad()]), workload(30, [bad()])], stands],
    ["a good container that is added", [workload(0, [good()]), workload(30, [good(), good("b")])], found],
    ["a bad container that is taken away", [workload(0, [good(), bad("b")]), workload(30, [good()])], noCredit],
    ["a bad container under another name", [workload(0, [bad("a")]), workload(30, [good("b")])], noCredit],
    [
      "a finding that was made and undone",
      [workload(0, [good()]), workload(1, [bad()]), workload(24, [good()])],
      noCredit
    ],
    [
      "a workload that is scaled to zero",
      [workload(0, [bad()]), workload(30, [good()], { replicas: 0 })],
      "the workload is scaled to zero"
    ],
    [
      "a workload that is deleted",
      [workload(0, [bad()]), workload(30, [good()], { change: "deleted" })],
      "the workload is gone, which resolves nothing"
    ],
    [
      "a workload on its way out",
      [workload(0, [bad()]), workload(30, [good()], { leaving: true })],
      "the workload is gone, which resolves nothing"
    ],
    [
      "a workload with pods of the old template",
      [workload(0, [bad()]), workload(30, [good()], { old: 1 })],
      "the new template is not rolled out yet"
    ],
    [
      "another kind of object",
      [workload(0, [bad()], { resource: "pods" })],
      "this is no event of a workload's template"
    ],
    ["a workload's pods", [{ kind: "workload", seen_at: "", pods: [] }], "this is no event of a workload's template"]
  ])("is %s", ([, events, reason]) =>
    Effect.gen(function* () {
      assert.strictEqual((yield* outcomes(events)).at(-1), reason)
    })
  )

  it.effect("is the same finding of the same container a second time", () =>
    Effect.gen(function* () {
      const toggled = [0, 1, 2, 3].flatMap((turn) => [
        workload(turn * 100, [privileged()]),
        workload(turn * 100 + 50, [good()])
      ])
      const said = yield* outcomes(toggled)
      assert.deepStrictEqual(
        said.filter((one) => one.startsWith("Resolved")),
        ["Resolved 1 security finding of a workload"]
      )
      assert.strictEqual(said.at(-1), noCredit)
    })
  )

  it.effect("is a workload that was deleted, whatever comes after it", () =>
    Effect.gen(function* () {
      const said = yield* outcomes([
        workload(0, [bad()]),
        workload(1, [bad()], { change: "deleted" }),
        workload(30, [good()])
      ])
      assert.strictEqual(said[2], found)
    })
  )

  it.effect("is what an operator chose to ignore, and nothing more", () =>
    Effect.gen(function* () {
      const events = [workload(0, [bad()]), workload(24, [good()])]
      const ignore = ["no-cpu-limit", "privileged"]
      assert.strictEqual((yield* outcomes(events, { ignore }))[1], "Resolved 5 findings of a workload, 2 of security")
      const all_kinds = ["no-cpu-request", "no-memory-request", "no-cpu-limit", "no-memory-limit"]
      assert.strictEqual(
        (yield* outcomes([workload(0, [unlimited()]), workload(24, [good()])], { ignore: all_kinds }))[1],
        found
      )
    })
  )

  it.effect("is a finding known for a shorter time than the operator asks for", () =>
    Effect.gen(function* () {
      const events = [workload(0, [bad()]), workload(2, [good()])]
      assert.strictEqual((yield* outcomes(events))[1], noCredit)
      assert.strictEqual((yield* outcomes(events, { standing_hours: 2 }))[1], all)
    })
  )
})

describe("a workload with more findings than are remembered", () => {
  it.effect("earns for those that are, and keeps within the memory's bound", () =>
    Effect.gen(function* () {
      const names = Array.from({ length: 400 }, (_, index) => `${index}`.padStart(63, "x"))
      const { memory, see } = rehearse(k8sResourceAudit, "kubernetes")
      yield* see(workload(0, names.map(bad)))
      const verdict = yield* see(
        workload(
          24,
          names.map((name) => good(name))
        )
      )
      assert.deepInclude(verdict, { description: "Resolved 200 findings of a workload, 84 of security" })
      assert.isBelow(memory().length, 64 * 1024)
      yield* see(
        workload(
          25,
          names.map((name) => bad(`b${name.slice(1)}`))
        )
      )
      const again = yield* see(
        workload(
          50,
          names.map((name) => good(`b${name.slice(1)}`))
        )
      )
      assert.strictEqual(again.verdict, "rejected")
    })
  )

  it.effect("takes none for ended because others came before it", () =>
    Effect.gen(function* () {
      const many = (prefix: string) => Array.from({ length: 40 }, (_, index) => bad(`${prefix}${index}`))
      const said = yield* outcomes([workload(0, many("b")), workload(24, [...many("a"), ...many("b")])])
      assert.strictEqual(said[1], stands)
    })
  )
})
