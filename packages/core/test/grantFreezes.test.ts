import { describe, expect, it } from "@effect/vitest"
import { streakOn } from "../src/scoring/boardDays.ts"
import { dayNumberOf } from "../src/scoring/farmDay.ts"
import { defaultRules } from "../src/scoring/Rules.ts"
import { emptyScoringState, type ScoringState } from "../src/scoring/ScoringState.ts"
import { openScoring } from "../src/scoring/scoreProof.ts"
import { daily, proofOf } from "./scoredWork.ts"

const terms = { rules: defaultRules, timeZone: "UTC" }

type Step = { readonly day: string; readonly freezes?: number }

/** Works on each day, or puts freezes to the streak; each step in a run of its own where `cut` says so. */
const live = (steps: ReadonlyArray<Step>, cut = false): ScoringState => {
  let state = emptyScoringState
  let run = openScoring(state)
  for (const { day, freezes } of steps) {
    if (freezes === undefined) run.score({ proof: proofOf({ at: day }), ...terms })
    else run.grantFreezes({ at: `${day}T20:00:00Z`, count: freezes, ...terms })
    state = run.state()
    if (cut) run = openScoring(JSON.parse(JSON.stringify(state)))
  }
  return state
}

const on = (steps: ReadonlyArray<Step>, day: string) => {
  const { days, freezes } = streakOn(live(steps).human, dayNumberOf(day), defaultRules)
  expect(live(steps, true)).toEqual(live(steps))
  return [days, freezes]
}

// A Monday to a Friday.
const week: ReadonlyArray<Step> = daily("2026-11-16", 5).map(({ at = "" }) => ({ day: at }))

describe("freezes that are put to a streak", () => {
  it("save it from a missed day, each one", () => {
    const steps = [...week, { day: "2026-11-20", freezes: 1 }]
    expect(on(steps, "2026-11-20")).toEqual([5, 1])
    expect(on(steps, "2026-11-24")).toEqual([5, 0])
    expect(on(steps, "2026-11-25")).toEqual([0, 0])
    expect(on(week, "2026-11-24")).toEqual([0, 0])
  })

  it("are never more than the rules allow", () => {
    expect(on([...week, { day: "2026-11-20", freezes: 9 }], "2026-11-20")).toEqual([5, 2])
  })

  it("bring nothing back that was lost before, and wait for the next streak", () => {
    const late = [...week, { day: "2026-11-26", freezes: 2 }]
    expect(on(late, "2026-11-26")).toEqual([0, 2])
    expect(on([...late, { day: "2026-11-30" }], "2026-11-30")).toEqual([1, 2])
    expect(on([...late, { day: "2026-11-30" }], "2026-12-03")).toEqual([1, 0])
  })

  it("do not pay twice for days that other freezes have paid for", () => {
    const first = [...week, { day: "2026-11-20", freezes: 1 }]
    // Monday was missed; on Tuesday there is one more, for Tuesday.
    const second = [...first, { day: "2026-11-24", freezes: 1 }]
    expect(on(second, "2026-11-24")).toEqual([5, 1])
    expect(on(second, "2026-11-25")).toEqual([5, 0])
    expect(on([...second, { day: "2026-11-25" }], "2026-11-25")).toEqual([6, 0])
    expect(on(second, "2026-11-26")).toEqual([0, 0])
  })

  it("leave room for work that arrives late and mends the gap", () => {
    const granted = [...week, { day: "2026-11-20", freezes: 1 }, { day: "2026-11-24", freezes: 1 }]
    expect(on([...granted, { day: "2026-11-23" }], "2026-11-24")).toEqual([6, 2])
  })

  it("count from the newest day where the clock that grants runs behind", () => {
    expect(on([...week, { day: "2026-11-17", freezes: 1 }], "2026-11-24")).toEqual([5, 0])
  })
})
