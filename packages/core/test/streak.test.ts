import { describe, expect, it } from "@effect/vitest"
import { streakOn } from "../src/scoring/boardDays.ts"
import { dayNumberOf } from "../src/scoring/farmDay.ts"
import { defaultRules, type Rules } from "../src/scoring/Rules.ts"
import { daily, scoreAll, type Work } from "./scoredWork.ts"

const on = (works: ReadonlyArray<Work>, day: string, rules: Rules = defaultRules) => {
  const { days, freezes } = streakOn(scoreAll(works, { rules }).state.human, dayNumberOf(day), rules)
  return { days, freezes }
}

// Monday 2026-11-02; the first week has five working days.
const week = daily("2026-11-02", 5)
const nextMonday: Work = { at: "2026-11-09" }

describe("a streak", () => {
  it("counts days, not proofs", () => {
    expect(on([{ at: "2026-11-02" }, { at: "2026-11-02" }, { at: "2026-11-03" }], "2026-11-03").days).toBe(2)
  })

  it("goes over a weekend without work", () => {
    expect(on([...week, nextMonday], "2026-11-09").days).toBe(6)
  })

  it("is neither broken nor made longer by work on a rest day, which still earns with the streak's factor", () => {
    const saturday: Work = { at: "2026-11-07" }
    expect(scoreAll([...week, saturday]).details.at(-1)).toMatchObject({ streak_days: 5, streak: 1333, coins: 13 })
    expect(on([...week, saturday], "2026-11-07").days).toBe(5)
    expect(on([...week, saturday, nextMonday], "2026-11-09").days).toBe(6)
    expect(scoreAll([saturday]).details[0]).toMatchObject({ streak_days: 0, streak: 1000 })
  })

  it("ends with a missed day and begins anew", () => {
    expect(on([...week, { at: "2026-11-10" }], "2026-11-10")).toEqual({ days: 1, freezes: 0 })
  })

  it("stands until the day after the missed one: today is not missed yet", () => {
    expect(on(week, "2026-11-08").days).toBe(5)
    expect(on(week, "2026-11-09").days).toBe(5)
    expect(on(week, "2026-11-10").days).toBe(0)
  })

  it("counts every day where the rules have no rest days", () => {
    const rules: Rules = { ...defaultRules, rest_days: [] }
    expect(on([...week, nextMonday], "2026-11-09", rules).days).toBe(1)
    expect(on(daily("2026-11-02", 8), "2026-11-09", rules).days).toBe(8)
  })

  it("never ends where every day is a rest day, and never begins either", () => {
    const rules: Rules = {
      ...defaultRules,
      rest_days: ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    }
    expect(on([...week, { at: "2027-11-09" }], "2027-11-09", rules).days).toBe(0)
  })
})

describe("a freeze", () => {
  // Monday 2 to Tuesday 10 November: seven working days, one freeze.
  const seven = daily("2026-11-02", 9, true)
  // To Thursday 19 November: fourteen, two freezes; five weeks earn no third.
  const fourteen = daily("2026-11-02", 18, true)
  const fiveWeeks = daily("2026-11-02", 33, true)

  it("is earned with every seventh active day, and two are held at most", () => {
    expect(on(week, "2026-11-06").freezes).toBe(0)
    expect(on(seven, "2026-11-10")).toEqual({ days: 7, freezes: 1 })
    expect(on(fourteen, "2026-11-19")).toEqual({ days: 14, freezes: 2 })
    expect(on(fiveWeeks, "2026-12-04")).toEqual({ days: 25, freezes: 2 })
  })

  it("is used by itself on a missed day, and the streak goes on", () => {
    expect(on(seven, "2026-11-12")).toEqual({ days: 7, freezes: 0 })
    expect(on([...seven, { at: "2026-11-12" }], "2026-11-12")).toEqual({ days: 8, freezes: 0 })
  })

  it("is not used on a rest day", () => {
    expect(on(daily("2026-11-02", 12, true), "2026-11-16")).toEqual({ days: 10, freezes: 1 })
    expect(on([...fourteen, { at: "2026-11-20" }], "2026-11-23")).toEqual({ days: 15, freezes: 2 })
  })

  it("does not save a streak from more missed days than there are freezes, and is gone then", () => {
    expect(on([...seven, { at: "2026-11-13" }], "2026-11-13")).toEqual({ days: 1, freezes: 0 })
    expect(on([...fourteen, { at: "2026-11-25" }], "2026-11-25")).toEqual({ days: 1, freezes: 0 })
  })

  it("comes back when a proof of the missed day arrives late", () => {
    const works = [...seven, { at: "2026-11-12" }, { at: "2026-11-11" }]
    expect(on(works, "2026-11-12")).toEqual({ days: 9, freezes: 1 })
  })

  it("is not earned where the rules have none", () => {
    const rules: Rules = { ...defaultRules, freeze_every_days: null }
    expect(on(fourteen, "2026-11-19", rules)).toEqual({ days: 14, freezes: 0 })
  })
})
