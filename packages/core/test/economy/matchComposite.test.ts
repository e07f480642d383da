import { describe, expect, it } from "@effect/vitest"
import { Schema } from "effect"
import { momentsMax } from "../../src/farm/economy/AchievementState.ts"
import { defaultAchievements } from "../../src/farm/economy/defaultAchievements.ts"
import { isComplete, type Moments, withMoment } from "../../src/farm/economy/matchComposite.ts"
import type { PaidWork } from "../../src/farm/economy/PaidWork.ts"
import { earnedBy, foldAll, ledgerOf, setOf, step, workAt } from "./entries.ts"
import { after } from "./purchases.ts"

const change = (minutes: number, work: Partial<PaidWork> = {}) =>
  workAt(minutes, { plugin: "farmops/terraform-apply", action_type: "configure", ...work })
const pipeline = (minutes: number) => workAt(minutes, { plugin: "farmops/ci-pipeline", board: "bot" })
const rollout = (minutes: number) =>
  workAt(minutes, { plugin: "farmops/argocd-sync", action_type: "deploy", board: "bot" })

const earned = (works: ReadonlyArray<PaidWork>) =>
  earnedBy({ ...defaultAchievements, achievements: defaultAchievements.achievements.filter(isFullCircle) }, works)
const isFullCircle = ({ slug }: { readonly slug: string }) => slug === "full-circle"

describe("a change, its pipeline and its rollout", () => {
  it("are one achievement across tools and agents, at the time of the last step", () => {
    const state = foldAll(defaultAchievements, ledgerOf([change(0), pipeline(30), rollout(50)]))
    expect(state.earned.filter(isFullCircle)).toEqual([{ slug: "full-circle", position: 2, at: after(3000) }])
  })

  it("are earned in whatever order the agents deliver them, with the delivery that completes them", () => {
    const works = [change(0), pipeline(30), rollout(50)]
    for (const [a, b, c] of [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0]
    ] as const) {
      expect(earned([works[a], works[b], works[c]].flatMap((work) => work ?? []))).toEqual(["full-circle"])
    }
  })

  it.for<[string, ReadonlyArray<PaidWork>]>([
    ["a step is missing", [change(0), rollout(50)]],
    ["they were done in another order", [pipeline(0), change(30), rollout(50)]],
    [
      "the last comes a second after the window",
      [change(0), pipeline(30), workAt(0, { ...rollout(0), at: after(4 * 3600 + 1) })]
    ],
    ["a machine made the change", [change(0, { board: "bot" }), pipeline(30), rollout(50)]]
  ])("are nothing when %s", ([, works]) => {
    expect(earned(works)).toEqual([])
  })

  it("are found at the very end of the window, and among steps of other attempts", () => {
    expect(earned([change(0), pipeline(30), rollout(240)])).toEqual(["full-circle"])
    expect(earned([change(0), pipeline(300), change(290), rollout(700), rollout(400)])).toEqual(["full-circle"])
  })

  it("are not found where the one change that is near enough comes after its pipeline", () => {
    expect(earned([change(0), pipeline(239), change(240), rollout(400)])).toEqual([])
  })
})

describe("steps of one kind", () => {
  const twice = setOf({
    twice: { kind: "composite", steps: [step("people", {}), step("people", {})], window_minutes: 5 }
  })

  it("are never one proof counted twice", () => {
    expect(earnedBy(twice, [workAt(0)])).toEqual([])
    expect(earnedBy(twice, [workAt(0), workAt(6)])).toEqual([])
    expect(earnedBy(twice, [workAt(0), workAt(5)])).toEqual(["twice"])
  })

  it("of one second are in the order of the ledger", () => {
    expect(earnedBy(twice, [workAt(0), workAt(0)])).toEqual(["twice"])
  })
})

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const Some = Schema.Array(Schema.Tuple([between(0, 2), between(0, 40)])).check(Schema.isMaxLength(14))

/** All ways to choose one moment for each step: slow, and beyond doubt. */
const tryAll = (steps: ReadonlyArray<Moments>, window: number): boolean => {
  const pairs = steps.map((moments) =>
    Array.from({ length: moments.length / 2 }, (_, at) => [moments[2 * at] ?? 0, moments[2 * at + 1] ?? 0] as const)
  )
  const [a = [], b = [], c = []] = pairs
  const isBefore = (x: readonly [number, number], y: readonly [number, number]) =>
    x[0] < y[0] || (x[0] === y[0] && x[1] < y[1])
  return a.some((x) => b.some((y) => isBefore(x, y) && c.some((z) => isBefore(y, z) && z[0] - x[0] <= window)))
}

describe("the search", () => {
  it.prop(
    "finds steps exactly where trying all of them does",
    { some: Some, window: between(0, 30) },
    ({ some, window }) => {
      const steps: Array<Moments> = [[], [], []]
      for (const [position, [at, seconds]] of some.entries()) steps[at] = withMoment(steps[at] ?? [], seconds, position)
      expect(isComplete(steps, window)).toBe(tryAll(steps, window))
    }
  )

  it.prop("does not depend on the order of delivery", { some: Some, seed: between(0, 1000) }, ({ seed, some }) => {
    // No two of one second: there the order of the ledger would decide.
    const works = some.map(([at, minutes], index) => {
      const work = [change, pipeline, rollout][at]?.(20 * minutes) ?? change(0)
      return { ...work, at: after(1200 * minutes + index) }
    })
    const shuffled = works
      .map((work, index) => ({ work, rank: (index * 7919 + seed * 31) % 101 }))
      .toSorted((a, b) => a.rank - b.rank)
      .map(({ work }) => work)
    expect(earned(shuffled)).toEqual(earned(works))
  })

  it("remembers the newest moments of a step by the work's own time", () => {
    const flooded = Array.from({ length: momentsMax + 10 }, (_, at) => at).reduce<Moments>(
      (moments, at) => withMoment(moments, at, at),
      []
    )
    expect([flooded.length, flooded[0]]).toEqual([2 * momentsMax, 10])
    expect(withMoment(flooded, 0, 99)).toEqual(flooded)
  })
})
