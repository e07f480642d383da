import { describe, expect, it } from "@effect/vitest"
import { canonicalJson } from "@farmops/proof/canonicalJson"
import { actionTypes, categories } from "@farmops/proof/vocabulary"
import { Schema } from "effect"
import type { Condition } from "../../src/farm/economy/Achievement.ts"
import {
  AchievementSet,
  achievementsHash,
  achievementsMax,
  compositesMax,
  stepsMax
} from "../../src/farm/economy/Achievement.ts"
import {
  AchievementState,
  daysKept,
  emptyAchievementState,
  momentsMax
} from "../../src/farm/economy/AchievementState.ts"
import { applyFact } from "../../src/farm/economy/applyFact.ts"
import { defaultAchievements } from "../../src/farm/economy/defaultAchievements.ts"
import { emptyHoldings } from "../../src/farm/economy/Holdings.ts"
import { type PaidWork, paidWorkOf } from "../../src/farm/economy/PaidWork.ts"
import { defaultRules } from "../../src/scoring/Rules.ts"
import { emptyScoringState } from "../../src/scoring/ScoringState.ts"
import { scoreProof } from "../../src/scoring/scoreProof.ts"
import { proofOf, scoreAll, type Work } from "../scoredWork.ts"
import { anyWork, earnedBy, foldAll, ledgerOf, setOf, step, workAt } from "./entries.ts"
import { after, buyAll, noon, purchaseId } from "./purchases.ts"

const proofs = (count: number): Extract<Condition, { readonly kind: "proofs" }> => ({
  kind: "proofs",
  count,
  ...anyWork
})

const onDay = (day: number, work: Partial<PaidWork> = {}) => workAt(day * 24 * 60, work)

describe("an achievement", () => {
  it("is earned once, with the position and the time of the work that completed it", () => {
    const state = foldAll(setOf({ two: proofs(2) }), ledgerOf([workAt(0), workAt(1), workAt(2), workAt(3)]))
    expect(state.earned).toEqual([{ slug: "two", position: 1, at: after(60) }])
  })

  it.for<[string, Condition, ReadonlyArray<PaidWork>, ReadonlyArray<PaidWork>]>([
    ["so many proofs", proofs(3), [workAt(0), workAt(1), workAt(2)], [workAt(0), workAt(1)]],
    [
      "proofs of a category",
      { ...proofs(1), category: "security" },
      [workAt(0, { category: "security" })],
      [workAt(0, { category: "toil" })]
    ],
    [
      "proofs of an action type",
      { ...proofs(1), action_type: "review" },
      [workAt(0, { action_type: "review" })],
      [workAt(0, { action_type: "fix" })]
    ],
    [
      "proofs of some plugins",
      { ...proofs(1), plugins: ["farmops/a", "farmops/b"] },
      [workAt(0, { plugin: "farmops/b" })],
      [workAt(0, { plugin: "farmops/c" })]
    ],
    ["people's proofs", proofs(1), [workAt(0)], [workAt(0, { board: "bot" })]],
    ["a streak", { kind: "streak", days: 7 }, [workAt(0, { streak_days: 7 })], [workAt(0, { streak_days: 6 })]],
    [
      "days of work, not in a row, in any order",
      { kind: "active_days", days: 3 },
      [onDay(9), onDay(0), onDay(9), onDay(4)],
      [onDay(9), onDay(0), onDay(9), onDay(0)]
    ],
    [
      "a level",
      { kind: "level", level: 2 },
      [workAt(0, { coins: 30 }), onDay(1, { coins: 20 })],
      [workAt(0, { coins: 30 }), onDay(1, { coins: 19 }), onDay(1, { coins: 20, board: "bot" })]
    ],
    [
      "coins in one day",
      { kind: "day_coins", coins: 50 },
      [workAt(0, { coins: 30 }), onDay(1), workAt(1, { coins: 20 })],
      [workAt(0, { coins: 30 }), onDay(1, { coins: 20 })]
    ],
    [
      "all categories in one day",
      { kind: "day_categories", count: 6 },
      categories.map((category) => workAt(0, { category })),
      categories.map((category, at) => (at === 5 ? onDay(1, { category }) : workAt(0, { category })))
    ]
  ])("asks for %s, and for no less", ([, condition, enough, tooLittle]) => {
    expect(earnedBy(setOf({ it: condition }), enough)).toEqual(["it"])
    expect(earnedBy(setOf({ it: condition }), tooLittle)).toEqual([])
  })

  it("stays earned, whatever comes later", () => {
    const set = setOf({ streak: { kind: "streak", days: 3 } })
    expect(earnedBy(set, [workAt(0, { streak_days: 3 }), onDay(90, { streak_days: 1 })])).toEqual(["streak"])
  })

  it("of one moment with others comes in the set's order", () => {
    expect(earnedBy(setOf({ b: proofs(1), a: proofs(1) }), [workAt(0)])).toEqual(["b", "a"])
  })
})

describe("owning", () => {
  const set = setOf({
    pair: {
      kind: "owns",
      items: [
        { item: "shed", level: 2 },
        { item: "barn", level: 1 }
      ]
    },
    yard: { kind: "owns_kind", item_kind: "animal", count: 1 }
  })
  const at = (seconds: number, holdings = buyAll(["shed", "barn", "hen", "shed"])) => ({
    position: seconds,
    at: after(seconds),
    holdings,
    work: null
  })

  it("counts from the first entry after which nothing of it can be given back", () => {
    expect(foldAll(set, [at(0), at(599)]).earned).toEqual([])
    expect(foldAll(set, [at(0), at(599), at(601), at(900)]).earned).toEqual([
      { slug: "pair", position: 601, at: after(601) },
      { slug: "yard", position: 601, at: after(601) }
    ])
  })

  it("counts no lower level, and nothing that was given back", () => {
    const back = applyFact(buyAll(["shed", "barn", "hen"]), { kind: "item_refunded", purchase_id: purchaseId(2) }, noon)
    expect(foldAll(set, [at(0, buyAll(["shed", "barn", "hen"])), at(700, back)]).earned).toEqual([])
  })

  it("counts with any later proof too", () => {
    const entry = { position: 5, at: after(700), holdings: buyAll(["barn", "hen"]), work: workAt(1) }
    // Owning has no work whose time it could bear.
    expect(foldAll(set, [entry]).earned).toEqual([{ slug: "yard", position: 5, at: after(700) }])
  })
})

describe("paid work", () => {
  const paid = (work: Work, isVoid = false) => {
    const proof = proofOf(work)
    const { score } = scoreProof({ proof, state: emptyScoringState, rules: defaultRules, timeZone: "UTC", isVoid })
    return paidWorkOf(proof, score.detail)
  }

  it("is verified success, whoever did it", () => {
    expect(paid({ at: "2026-11-16T09:00:00Z", category: "incident" })).toEqual({
      at: "2026-11-16T09:00:00Z",
      farm_day: "2026-11-16",
      board: "human",
      plugin: "farmops/test",
      category: "incident",
      action_type: "fix",
      coins: 30,
      streak_days: 1
    })
    expect(paid({ actorType: "system" })).toMatchObject({ board: "bot" })
  })

  it("is no void proof, no failure and nothing unverified", () => {
    expect([
      paid({}, true),
      paid({ status: "failure" }),
      paid({ status: "partial" }),
      paid({ verified: false })
    ]).toEqual([null, null, null, null])
  })

  it("is what the ceiling left nothing for, and not what fatigue left nothing of", () => {
    const works: ReadonlyArray<Work> = Array.from({ length: 40 }, () => ({ category: "maintenance" }))
    const counted = scoreAll(works).details.filter((detail) => paidWorkOf(proofOf(), detail) !== null)
    // Four in full, then 5, 3, 1 and 1 coins; the next would be worth less than half a coin.
    expect(counted.length).toBe(8)
    const busy = Array.from(
      { length: 40 },
      (_, at): Work => ({ plugin: `p${at}`, category: "incident", complexity: "high", impact: 10 })
    )
    const { details } = scoreAll(busy)
    expect(details.at(-1)).toMatchObject({ coins: 0, reason: "ceiling" })
    expect(details.every((detail) => paidWorkOf(proofOf(), detail) !== null)).toBe(true)
  })
})

const AnyWork = Schema.Struct({
  minutes: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 6 * 24 * 60 })),
  board: Schema.Literals(["human", "human", "bot"]),
  plugin: Schema.Literals([
    "farmops/terraform-apply",
    "farmops/ci-pipeline",
    "farmops/argocd-sync",
    "farmops/k8s-pod-health"
  ]),
  category: Schema.Literals(categories),
  action_type: Schema.Literals(actionTypes),
  coins: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 203 })),
  streak_days: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 120 })),
  paid: Schema.Boolean
})
const Works = Schema.Array(AnyWork).check(Schema.isMaxLength(40))
const Cuts = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40 }))).check(Schema.isMaxLength(4))

const entriesOf = (works: typeof Works.Type) =>
  ledgerOf(
    works.map(({ minutes, paid, ...work }) => (paid ? workAt(minutes, work) : null)),
    buyAll(["shed", "barn", "hen"])
  )

describe("for any ledger", () => {
  it.prop("pages, through JSON, give the same bytes as one fold", { works: Works, cuts: Cuts }, ({ cuts, works }) => {
    const entries = entriesOf(works)
    const ends = [...cuts.toSorted((a, b) => a - b), entries.length]
    let state = emptyAchievementState(defaultAchievements)
    let from = 0
    for (const end of ends) {
      state = foldAll(defaultAchievements, entries.slice(from, end), state)
      state = Schema.decodeUnknownSync(AchievementState)(JSON.parse(JSON.stringify(state)))
      from = Math.max(from, end)
    }
    expect(canonicalJson(state)).toBe(canonicalJson(foldAll(defaultAchievements, entries)))
  })

  it.prop("each is earned at most once, in the order of the ledger, and never lost", { works: Works }, ({ works }) => {
    const entries = entriesOf(works)
    let state = emptyAchievementState(defaultAchievements)
    for (const entry of entries) {
      const next = foldAll(defaultAchievements, [entry], state)
      expect(next.earned.slice(0, state.earned.length)).toEqual(state.earned)
      for (const { position } of next.earned.slice(state.earned.length)) expect(position).toBe(entry.position)
      state = next
    }
    expect(new Set(state.earned.map(({ slug }) => slug)).size).toBe(state.earned.length)
  })

  it.prop("work that is not paid earns nothing and changes nothing", { works: Works }, ({ works }) => {
    const unpaid = works.map((work) => ({ ...work, paid: false }))
    const entries = ledgerOf(entriesOf(unpaid).map(() => null))
    expect(foldAll(defaultAchievements, entries)).toEqual(emptyAchievementState(defaultAchievements))
  })

  it.prop("a state that was given is never changed", { works: Works, more: Works }, ({ more, works }) => {
    const state = foldAll(defaultAchievements, entriesOf(works))
    const before = canonicalJson(state)
    foldAll(defaultAchievements, entriesOf(more), state)
    expect(canonicalJson(state)).toBe(before)
  })
})

describe("the state", () => {
  // Four proofs a day from one noon to the morning of another.
  const daysOfWork = 3 * 365 + 1
  const years = Array.from({ length: 3 * 365 * 4 }, (_, at) =>
    workAt(at * 6 * 60, { category: categories[at % 6] ?? "toil", coins: 0, streak_days: 0 })
  )

  it("stays bounded in a ledger of years, under the largest set that there may be", () => {
    const steps = Array.from({ length: stepsMax }, (_, at) =>
      step("people", at === stepsMax - 1 ? { plugins: ["farmops/none"] } : {})
    )
    const set = setOf(
      Object.fromEntries(
        Array.from({ length: achievementsMax }, (_, at): [string, Condition] => [
          `number-${at}`,
          at < compositesMax ? { kind: "composite", steps, window_minutes: 40_320 } : proofs(1)
        ])
      )
    )
    expect(Schema.decodeUnknownSync(AchievementSet)(set)).toEqual(set)
    const state = foldAll(set, ledgerOf(years))
    expect(state.days).toHaveLength(daysKept)
    expect(state.active_days).toBe(daysOfWork)
    expect(state.moments.flat(2)).toHaveLength(2 * momentsMax * (stepsMax - 1) * compositesMax)
    expect(state.earned).toHaveLength(achievementsMax - compositesMax)
    expect(canonicalJson(state).length).toBeLessThan(100_000)
  })

  it("is small under the default set", () => {
    const state = foldAll(defaultAchievements, ledgerOf(years))
    expect(canonicalJson(state).length).toBeLessThan(16_000)
  })

  it("takes work that comes later than its days are kept as part of no day", () => {
    const state = foldAll(defaultAchievements, ledgerOf(years))
    const late = (minutes: number) =>
      foldAll(
        defaultAchievements,
        [{ position: 99_999, at: noon, holdings: emptyHoldings, work: workAt(minutes) }],
        state
      )
    expect([late(0).active_days, late(0).days]).toEqual([state.active_days, state.days])
    const oldestKept = (daysOfWork - daysKept) * 24 * 60
    expect(late(oldestKept).days[0]?.coins).toBe(10)
    expect(late(oldestKept - 24 * 60).days).toEqual(state.days)
  })

  it("forgets what it counted for an achievement that is earned", () => {
    const state = foldAll(setOf({ two: proofs(2) }), ledgerOf([workAt(0), workAt(1), workAt(2)]))
    expect(state.counts).toEqual([0])
  })

  it("names the set that it belongs to", () => {
    expect(emptyAchievementState(defaultAchievements).set_hash).toBe(achievementsHash(defaultAchievements))
  })
})
