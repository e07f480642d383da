import { describe, expect, it } from "@effect/vitest"
import { Schema } from "effect"
import { dayNumberOf } from "../src/scoring/farmDay.ts"
import { defaultRules, type Rules } from "../src/scoring/Rules.ts"
import { horizonDays, kindsMax, ScoringState } from "../src/scoring/ScoringState.ts"
import { scoreProof } from "../src/scoring/scoreProof.ts"
import { daily, proofOf, scoreAll, type Work } from "./scoredWork.ts"

const rulesWith = (change: Partial<Rules>): Rules => ({ ...defaultRules, ...change })
const onlyBase = rulesWith({
  complexity: { low: 1000, medium: 1000, high: 1000 },
  impact_bonus: 0,
  streak_bonus: 0,
  fatigue_free: null,
  daily_ceiling: null
})
const coins = (works: ReadonlyArray<Work>, rules?: Rules) =>
  scoreAll(works, rules === undefined ? {} : { rules }).details.map((detail) => detail.coins)

// Monday 2026-11-16 to Sunday 2026-11-22.
const monday = "2026-11-16"

describe("the formula", () => {
  it("pays each category its base rate for easy work of radius 1 on a first day", () => {
    const categories = ["maintenance", "toil", "reliability", "security", "incident", "upgrade"] as const
    expect(categories.flatMap((category) => coins([{ category }]))).toEqual([10, 15, 20, 25, 30, 20])
  })

  it("multiplies complexity and impact and rounds half up once, at the end", () => {
    // 15 × 1.25 × 1.111 = 20.83; 25 × 1.5 × 1.444 = 54.15; 10 × 1.25 × 1 = 12.5
    expect(coins([{ category: "toil", complexity: "medium", impact: 2 }])).toEqual([21])
    expect(coins([{ category: "security", complexity: "high", impact: 5 }])).toEqual([54])
    expect(coins([{ category: "maintenance", complexity: "medium", impact: 1 }])).toEqual([13])
  })

  it("pays 135 at most without upgrades and 203 with all of them", () => {
    const { state } = scoreAll(daily("2026-11-02", 9, true))
    const best: Work = {
      at: "2026-11-10",
      category: "incident",
      complexity: "high",
      impact: 10,
      plugin: "farmops/other"
    }
    const score = (upgrade: number) =>
      scoreProof({ proof: proofOf(best), state, rules: defaultRules, timeZone: "UTC", upgrade }).score
    expect(score(1000)).toMatchObject({ coins: 135, detail: { complexity: 1500, impact: 2000, streak: 1500 } })
    expect(score(1500)).toMatchObject({ coins: 203, detail: { upgrade: 1500, uncapped: 203 } })
    expect(score(9000).coins).toBe(203)
  })

  it("gives every impact radius its factor and holds it within 1 and 10", () => {
    const impact = (radius: number) => scoreAll([{ impact: radius }]).details[0]?.impact
    expect([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, Number.MAX_SAFE_INTEGER].map(impact)).toEqual([
      1000, 1000, 1111, 1222, 1333, 1444, 1556, 1667, 1778, 1889, 2000, 2000, 2000
    ])
  })

  it("raises the streak's factor from 1.0 on the first day to 1.5 on the seventh", () => {
    const days = daily("2026-11-02", 11, true)
    expect(scoreAll(days).details.map((detail) => detail.streak)).toEqual([
      1000, 1083, 1167, 1250, 1333, 1417, 1500, 1500, 1500
    ])
  })

  it("pays nothing for what failed or was not verified, says why, and leaves no trace", () => {
    const { details, state } = scoreAll([{}, { status: "failure" }, { status: "partial" }, { verified: false }])
    expect(
      details
        .slice(1)
        .map(({ coins, reason, repeats_today, streak_days, uncapped }) => [
          coins,
          uncapped,
          repeats_today,
          streak_days,
          reason
        ])
    ).toEqual([
      [0, 0, 0, 0, "not_success"],
      [0, 0, 0, 0, "not_success"],
      [0, 0, 0, 0, "not_verified"]
    ])
    expect(state).toEqual(scoreAll([{}]).state)
  })

  it.for<[string, Partial<Rules>, keyof (typeof defaultRules & { streak: 0; fatigue: 0 }) | string]>([
    ["complexity", { complexity: { low: 1000, medium: 1000, high: 1000 } }, "complexity"],
    ["impact", { impact_bonus: 0 }, "impact"],
    ["streak", { streak_bonus: 0 }, "streak"],
    ["fatigue", { fatigue_free: null }, "fatigue"],
    ["upgrade", { upgrade_max: 1000 }, "upgrade"]
  ])("makes the factor %s 1 when it is switched off", ([, change, factor]) => {
    const rules = rulesWith(change)
    const before = scoreAll([...daily("2026-11-02", 11, true), ...Array<Work>(9).fill({ at: "2026-11-12" })], { rules })
    const proof = proofOf({ at: "2026-11-12", complexity: "high", impact: 10 })
    const { detail } = scoreProof({ proof, state: before.state, rules, timeZone: "UTC", upgrade: 1500 }).score
    expect(detail).toMatchObject({ [factor]: 1000 })
    const { detail: on } = scoreProof({
      proof,
      state: before.state,
      rules: defaultRules,
      timeZone: "UTC",
      upgrade: 1500
    }).score
    expect(on).not.toMatchObject({ [factor]: 1000 })
  })
})

describe("fatigue", () => {
  it("pays the first four of a kind in full and each further one half of the one before", () => {
    const { details } = scoreAll(Array<Work>(16).fill({ category: "incident" }))
    expect(details.map((detail) => detail.repeats_today)).toEqual(Array.from({ length: 16 }, (_, at) => at + 1))
    expect(details.map((detail) => detail.fatigue)).toEqual([
      1000, 1000, 1000, 1000, 500, 250, 125, 62, 31, 15, 7, 3, 1, 0, 0, 0
    ])
    expect(details.map((detail) => detail.coins)).toEqual([30, 30, 30, 30, 15, 8, 4, 2, 1, 0, 0, 0, 0, 0, 0, 0])
  })

  it("tells actors, plugins and action types apart, and days", () => {
    const four = Array<Work>(4).fill({})
    const others: ReadonlyArray<Work> = [
      { actor: "b" },
      { plugin: "farmops/other" },
      { actionType: "review" },
      { at: "2026-11-17" }
    ]
    expect(others.map((other) => scoreAll([...four, other]).details.at(-1)?.fatigue)).toEqual([1000, 1000, 1000, 1000])
    expect(scoreAll([...four, { category: "incident", complexity: "high" }]).details.at(-1)?.fatigue).toBe(500)
  })

  it("lets an idle timer earn a fraction of what a person does", () => {
    const timer = Array<Work>(288).fill({ actor: "b", complexity: "low" })
    const person = ["fix", "review", "deploy"].flatMap((actionType) => [
      { actionType: actionType as "fix", category: "toil" as const, complexity: "medium" as const, impact: 3 },
      { actionType: actionType as "fix", category: "reliability" as const, complexity: "medium" as const, impact: 3 }
    ])
    const sum = (all: ReadonlyArray<number>) => all.reduce((total, one) => total + one, 0)
    expect(sum(coins(timer))).toBe(50)
    expect(sum(coins(person))).toBeGreaterThan(3 * 50)
  })
})

describe("the daily ceiling", () => {
  const kinds = (count: number): ReadonlyArray<Work> =>
    Array.from({ length: count }, (_, at) => ({
      actor: at.toString(16).padStart(4, "0"),
      category: "incident",
      impact: 10
    }))

  it("stops a farm-day at 600, pays the last proof in part and says so", () => {
    const { details } = scoreAll(kinds(12))
    expect(details.map((detail) => detail.coins)).toEqual([...Array<number>(10).fill(60), 0, 0])
    expect(details.at(-1)).toMatchObject({ uncapped: 60, ceiling_left: 0, coins: 0, reason: "ceiling" })
    const partly = scoreAll([{ actor: "ffff" }, ...kinds(10)]).details
    expect(partly.at(-1)).toMatchObject({ uncapped: 60, ceiling_left: 50, coins: 50, reason: "ceiling" })
  })

  it("is spent by machines and people apart, and anew each day", () => {
    const full = kinds(10)
    const bot = full.map((work) => ({ ...work, actorType: "bot" as const }))
    const { details } = scoreAll([
      ...full,
      ...bot,
      { actor: "c", actorType: "system" },
      { actor: "c", at: "2026-11-17" }
    ])
    expect(details[10]).toMatchObject({ board: "bot", coins: 60 })
    expect(details.at(-2)).toMatchObject({ board: "bot", coins: 0, reason: "ceiling" })
    expect(details.at(-1)).toMatchObject({ board: "human", coins: 11, reason: null })
  })

  it("is no limit when the rules have none", () => {
    const { details } = scoreAll(kinds(20), { rules: rulesWith({ daily_ceiling: null }) })
    expect(details.at(-1)).toMatchObject({ coins: 60, ceiling_left: null, reason: null })
  })
})

describe("late work", () => {
  const streaks = (works: ReadonlyArray<Work>) => scoreAll(works).details.map((detail) => detail.streak_days)

  it("counts in its own farm-day, and mends the gap it fills for what comes after", () => {
    expect(streaks([{ at: monday }, { at: "2026-11-18" }, { at: "2026-11-17" }, { at: "2026-11-18" }])).toEqual([
      1, 1, 2, 3
    ])
    const late = scoreAll([{ at: "2026-11-18" }, ...Array<Work>(5).fill({ at: monday })])
    expect(late.details.at(-1)).toMatchObject({ farm_day: monday, fatigue: 500, repeats_today: 5 })
  })

  it("shares the oldest kept day when it is older than the horizon, and belongs to no streak", () => {
    const ancient = (day: string): Work => ({ at: day, category: "incident", complexity: "high", impact: 10 })
    const { details, state } = scoreAll([
      { at: monday },
      ...Array.from({ length: 30 }, (_, at) => ({
        ...ancient(`2020-01-${String(at + 1).padStart(2, "0")}`),
        actor: String(at)
      }))
    ])
    expect(details[1]).toMatchObject({ farm_day: "2020-01-01", coins: 90, streak: 1000, streak_days: 0 })
    expect(details.slice(1).reduce((sum, detail) => sum + detail.coins, 0)).toBe(600)
    // The farm grows older by a day, so the oldest kept day is another one.
    const later = scoreAll([{ at: "2026-11-17" }, ancient("2020-02-01")], { from: state }).details
    expect(later.at(-1)).toMatchObject({ coins: 90, reason: null })
  })

  it("cannot mend the oldest kept day with work from before the horizon", () => {
    const rules = rulesWith({ rest_days: [], freeze_every_days: null })
    const days = daily("2024-01-01", horizonDays + 1)
    const gap = days.filter((_, at) => at !== 1)
    const { details } = scoreAll([...gap, { at: "2001-01-01" }, days.at(-1) ?? {}], { rules })
    expect(details.slice(-3).map((detail) => detail.streak_days)).toEqual([horizonDays - 1, 0, horizonDays - 1])
  })

  it("keeps a streak through the horizon", () => {
    const rules = rulesWith({ rest_days: [] })
    const { details, state } = scoreAll(daily("2024-01-01", horizonDays + 200), { rules })
    expect(details.at(-1)?.streak_days).toBe(horizonDays + 200)
    expect(state.human.days).toHaveLength(horizonDays)
    expect(state.human.days[0]?.day).toBe(dayNumberOf("2024-01-01") + 200)
  })
})

describe("the time zone", () => {
  it("decides to which farm-day an hour belongs", () => {
    const night: Work = { at: "2026-11-16T23:30:00Z" }
    const dayIn = (timeZone: string) => scoreAll([night], { timeZone }).details[0]?.farm_day
    expect(dayIn("UTC")).toBe("2026-11-16")
    expect(dayIn("Europe/Berlin")).toBe("2026-11-17")
    expect(dayIn("America/New_York")).toBe("2026-11-16")
    expect(dayIn("Asia/Kolkata")).toBe("2026-11-17")
  })
})

const AnyWork = Schema.Struct({
  at: Schema.Literals([
    "2026-11-13",
    "2026-11-14",
    "2026-11-15",
    "2026-11-16",
    "2026-11-17T01:00:00Z",
    "2026-12-24",
    "2024-02-29",
    "0001-01-01",
    "9999-12-31T23:59:59Z"
  ]),
  actor: Schema.Literals(["a", "b"]),
  actorType: Schema.Literals(["human", "bot", "system"]),
  actionType: Schema.Literals(["fix", "review"]),
  category: Schema.Literals(["maintenance", "incident"]),
  complexity: Schema.Literals(["low", "medium", "high"]),
  impact: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 20 })),
  status: Schema.Literals(["success", "success", "failure"]),
  verified: Schema.Boolean
})
const Works = Schema.Array(AnyWork)
const zones = Schema.Literals(["UTC", "Pacific/Auckland", "America/Los_Angeles", "No/Such_Zone"])

describe("for any ledger", () => {
  it.prop(
    "coins are whole, never negative, and never above the ceiling of a board's farm-day",
    { works: Works, zone: zones },
    ({ works, zone }) => {
      // A kept day may take in work from before the horizon; here every proof is counted in one.
      const { details, state } = scoreAll(works, { timeZone: zone })
      for (const detail of details) {
        expect(Number.isSafeInteger(detail.coins) && detail.coins >= 0 && detail.coins <= detail.uncapped).toBe(true)
      }
      for (const day of [...state.human.days, ...state.bot.days]) expect(day.coins).toBeLessThanOrEqual(600)
    }
  )

  it.prop("a replay gives the same coins and the same state", { works: Works, zone: zones }, ({ works, zone }) => {
    expect(scoreAll(works, { timeZone: zone })).toEqual(scoreAll(works, { timeZone: zone }))
  })

  it.prop("the state survives its way through JSON, at any point", { works: Works, more: Works }, ({ more, works }) => {
    const { state } = scoreAll(works)
    const stored = Schema.decodeUnknownSync(ScoringState)(JSON.parse(JSON.stringify(state)))
    expect(scoreAll(more, { from: stored })).toEqual(scoreAll(more, { from: state }))
  })

  it.prop("the detail is enough to do the sum again", { works: Works }, ({ works }) => {
    for (const detail of scoreAll(works).details) {
      if (detail.reason === "not_verified" || detail.reason === "not_success") continue
      const exact =
        (detail.base * detail.complexity * detail.impact * detail.streak * detail.upgrade * detail.fatigue) / 1000 ** 5
      expect(Math.abs(detail.uncapped - exact)).toBeLessThanOrEqual(0.5 + 1e-9)
      expect(detail.coins).toBe(Math.min(detail.uncapped, detail.ceiling_left ?? Number.POSITIVE_INFINITY))
    }
  })

  it.prop("a state that was given is never changed", { works: Works, more: Works }, ({ more, works }) => {
    const { state } = scoreAll(works)
    const before = JSON.stringify(state)
    scoreAll(more, { from: state })
    expect(JSON.stringify(state)).toBe(before)
  })

  it.prop("with every factor off each proof pays its base", { works: Works }, ({ works }) => {
    const good = works.map((work) => ({ ...work, status: "success" as const, verified: true }))
    expect(scoreAll(good, { rules: onlyBase }).details.map((detail) => detail.coins)).toEqual(
      good.map(({ category }) => (category === "incident" ? 30 : 10))
    )
  })
})

describe("the state", () => {
  it("stays bounded however many actors there are, and forgets kinds that no kept day counts", () => {
    const actor = (at: number) => at.toString(16).padStart(16, "0")
    const flood = Array.from({ length: kindsMax + 50 }, (_, at): Work => ({ actor: actor(at) }))
    const { details, state } = scoreAll(flood)
    expect(state.kinds).toHaveLength(kindsMax)
    // Those that found no room tire together.
    expect(details.at(-1)).toMatchObject({ repeats_today: 50 })
    const later = scoreAll(
      [
        { at: "2028-11-16", actor: actor(kindsMax + 100) },
        { at: "2028-11-16", actor: "b" }
      ],
      { from: state }
    )
    expect(later.details.map((detail) => detail.repeats_today)).toEqual([1, 1])
    expect(later.state.kinds.length).toBeLessThan(3)
  })
})
