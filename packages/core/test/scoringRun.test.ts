import { describe, expect, it } from "@effect/vitest"
import { Schema } from "effect"
import { dayOfNumber } from "../src/scoring/farmDay.ts"
import { defaultRules, type Rules } from "../src/scoring/Rules.ts"
import { emptyScoringState, kindsMax, type ScoringState } from "../src/scoring/ScoringState.ts"
import { openScoring, scoreProof } from "../src/scoring/scoreProof.ts"
import { scorePlainly } from "./plainScoring.ts"
import { proofOf, type Work } from "./scoredWork.ts"

const strict: Rules = { ...defaultRules, rest_days: [], freeze_every_days: 2, fatigue_free: 1, daily_ceiling: 40 }
const ruleSets = [defaultRules, strict]

const int = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** One entry of a ledger: some come in order, some late, some from before the horizon. */
const Entry = Schema.Struct({
  step: int(0, 3),
  late: Schema.Literals([0, 0, 0, 1, 2, 9, 390, 410, 700]),
  actor: int(0, 5),
  actorType: Schema.Literals(["human", "human", "bot"]),
  status: Schema.Literals(["success", "success", "success", "failure"]),
  isVoid: Schema.Literals([false, false, false, true]),
  rules: Schema.Literals([0, 0, 0, 1]),
  upgrade: Schema.Literals([1000, 1300])
})
const Entries = Schema.Array(Entry).check(Schema.isMaxLength(60))

type Terms = Parameters<ReturnType<typeof openScoring>["score"]>[0]

const termsOf = (entries: typeof Entries.Type): ReadonlyArray<Terms> => {
  let newest = 20_000
  return entries.map(({ actor, actorType, isVoid, late, rules, status, step, upgrade }) => {
    newest += step
    const work: Work = { at: dayOfNumber(newest - late), actor: String(actor), actorType, status, impact: 5 }
    return { proof: proofOf(work), rules: ruleSets[rules] ?? defaultRules, timeZone: "UTC", upgrade, isVoid }
  })
}

const plainly = (from: ScoringState, terms: ReadonlyArray<Terms>) => {
  let state = from
  const scores = terms.map((one) => {
    const { next, score } = scorePlainly({ ...one, timeZone: "UTC", state })
    state = next
    return score
  })
  return JSON.stringify({ scores, state })
}

const inPages = (from: ScoringState, terms: ReadonlyArray<Terms>, page: number) => {
  let state = from
  const scores = []
  for (let at = 0; at < terms.length; at += page) {
    const run = openScoring(state)
    for (const one of terms.slice(at, at + page)) scores.push(run.score(one))
    state = run.state()
  }
  return JSON.stringify({ scores, state })
}

const oneByOne = (from: ScoringState, terms: ReadonlyArray<Terms>) => {
  let state = from
  const scores = terms.map((one) => {
    const { next, score } = scoreProof({ ...one, state })
    state = next
    return score
  })
  return JSON.stringify({ scores, state })
}

describe("a run of proofs", () => {
  it.prop(
    "pays and remembers byte for byte what the plain sentences say, in any pages",
    { entries: Entries, page: int(1, 20) },
    ({ entries, page }) => {
      const terms = termsOf(entries)
      const plain = plainly(emptyScoringState, terms)
      expect(inPages(emptyScoringState, terms, page)).toBe(plain)
      expect(inPages(emptyScoringState, terms, 1000)).toBe(plain)
      expect(oneByOne(emptyScoringState, terms)).toBe(plain)
    }
  )

  it.prop(
    "can be begun twice on one state without one hearing of the other",
    { entries: Entries, left: Entries, right: Entries },
    ({ entries, left, right }) => {
      const run = openScoring(emptyScoringState)
      for (const one of termsOf(entries)) run.score(one)
      const state = run.state()
      const stored: ScoringState = JSON.parse(JSON.stringify(state))
      expect(oneByOne(state, termsOf(left))).toBe(plainly(stored, termsOf(left)))
      expect(oneByOne(state, termsOf(right))).toBe(plainly(stored, termsOf(right)))
      expect(state).toEqual(stored)
    }
  )

  it("goes on after its state was asked for, which stays as it was", () => {
    const [first, second] = termsOf([
      { step: 1, late: 0, actor: 1, actorType: "human", status: "success", isVoid: false, rules: 0, upgrade: 1000 },
      { step: 0, late: 0, actor: 1, actorType: "human", status: "success", isVoid: false, rules: 0, upgrade: 1000 }
    ])
    const run = openScoring(emptyScoringState)
    if (first === undefined || second === undefined) throw new Error("two are made above")
    run.score(first)
    const between = JSON.stringify(run.state())
    const kept = run.state()
    expect(run.score(second).detail.repeats_today).toBe(2)
    expect(JSON.stringify(kept)).toBe(between)
    expect(JSON.stringify(run.state())).toBe(plainly(emptyScoringState, [first, second]).match(/"state":(.*)}$/)?.[1])
  })

  it("agrees where the table of kinds is full, on the same day and after the horizon emptied it", () => {
    const days = [20_000, 20_000, 20_001, 20_399, 20_400, 20_401, 20_900]
    const terms = days.flatMap((day, round) =>
      Array.from({ length: round === 0 ? kindsMax - 5 : 12 }, (_, at): Terms => {
        const actor = (round * 10_000 + at).toString(16).padStart(16, "0")
        return { proof: proofOf({ at: dayOfNumber(day), actor }), rules: defaultRules, timeZone: "UTC" }
      })
    )
    const run = inPages(emptyScoringState, terms, 1000)
    expect(run === plainly(emptyScoringState, terms)).toBe(true)
    expect(oneByOne(emptyScoringState, terms) === run).toBe(true)
  })
})
