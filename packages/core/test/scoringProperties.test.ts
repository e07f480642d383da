import { describe, expect, it } from "@effect/vitest"
import { FarmProof } from "@farmops/proof/FarmProof"
import { complexities } from "@farmops/proof/vocabulary"
import { Schema } from "effect"
import { dayOfNumber } from "../src/scoring/farmDay.ts"
import { defaultRules, Rules } from "../src/scoring/Rules.ts"
import { type BoardState, horizonDays, ScoringState } from "../src/scoring/ScoringState.ts"
import { type ScoringDetail, scoreProof } from "../src/scoring/scoreProof.ts"
import { type Ledger, proofOf, scoreAll, type Work } from "./scoredWork.ts"

const int = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const Seed = Schema.Struct({
  streak: Schema.Struct({
    last: Schema.NullOr(int(-800_000, 0)),
    days: int(0, 9999),
    freezes: int(0, 100),
    towards: int(0, 999)
  }),
  newest: int(-719_000, 2_900_000),
  days: Schema.Array(
    Schema.Struct({
      gap: int(1, 60),
      active: Schema.Boolean,
      coins: int(0, 2_000_000),
      kinds: Schema.Array(int(-1, 9))
    })
  )
})

/** Any board that scoring could have made, and many that it could not. */
const boardOf = ({ days, newest, streak }: typeof Seed.Type): BoardState => {
  const { days: length, freezes, last, towards } = streak
  let day = newest
  const kept = days.map(({ active, coins, gap, kinds }) => {
    day -= gap
    return { day, active, coins, repeats: [...new Set(kinds)].flatMap((kind) => [kind, 1 + (coins % 40)]) }
  })
  return {
    before: { last: last === null ? null : Math.min(last, day), days: length, freezes, towards_freeze: towards },
    days: kept.filter((one) => one.day > newest - horizonDays).toReversed()
  }
}

const stateOf = (human: typeof Seed.Type, bot: typeof Seed.Type): ScoringState => ({
  format: "farmops/scoring/1",
  human: boardOf(human),
  bot: boardOf(bot),
  kinds: Array.from({ length: 10 }, (_, at) => `${at} fix plugin`)
})

const anyInput = {
  proof: FarmProof,
  rules: Rules,
  human: Seed,
  bot: Seed,
  timeZone: Schema.Literals(["UTC", "Pacific/Kiritimati", "America/St_Johns", "No/Such_Zone"]),
  upgrade: Schema.Union([Schema.Number, int(900, 11_000)]),
  isVoid: Schema.Literals([false, false, false, true]),
  earns: Schema.Boolean
}
type AnyInput = { readonly [K in keyof typeof anyInput]: (typeof anyInput)[K]["Type"] }

/** Most random proofs fail or rotate a key; half of these are good work. */
const inputOf = ({ bot, earns, human, isVoid, proof, rules, timeZone, upgrade }: AnyInput) => {
  const { key_rotation: _, ...plain } = proof
  const good: FarmProof = { ...plain, outcome: { ...proof.outcome, status: "success", verified: true } }
  return { proof: earns ? good : proof, state: stateOf(human, bot), rules, timeZone, upgrade, isVoid }
}

const numbersOf = (detail: ScoringDetail) => Object.values(detail).filter((value) => typeof value === "number")

describe("a score of anything under any rules", () => {
  it.prop(
    "is whole, never negative, never above the ceiling, and leaves a state that can be stored",
    anyInput,
    (any) => {
      const input = inputOf(any)
      const { next, score } = scoreProof(input)
      const { coins, detail } = score
      expect(numbersOf(detail).every((number) => Number.isSafeInteger(number) && number >= 0)).toBe(true)
      expect(coins).toBe(detail.coins)
      expect(coins).toBeLessThanOrEqual(input.rules.daily_ceiling ?? Number.POSITIVE_INFINITY)
      expect(coins).toBeLessThanOrEqual(detail.uncapped)
      expect(Schema.decodeUnknownSync(ScoringState)(JSON.parse(JSON.stringify(next)))).toEqual(next)
    }
  )

  it.prop("is coins for verified success alone, and all else leaves the state as it was", anyInput, (any) => {
    const input = inputOf(any)
    const { outcome } = input.proof
    const earns =
      outcome.verified && outcome.status === "success" && !input.isVoid && input.proof.key_rotation === undefined
    const { next, score } = scoreProof(input)
    expect(score.detail.repeats_today > 0).toBe(earns)
    if (earns) return
    expect(score.coins).toBe(0)
    expect(next).toEqual(input.state)
  })

  it.prop(
    "never falls with more complexity, more impact or a better upgrade",
    { ...anyInput, more: int(1, 12) },
    (any) => {
      const input = inputOf(any)
      const { proof } = input
      const { complexity, impact_radius } = proof.scoring_hints
      const paid = (hints: Partial<FarmProof["scoring_hints"]>, upgrade = input.upgrade) =>
        scoreProof({ ...input, upgrade, proof: { ...proof, scoring_hints: { ...proof.scoring_hints, ...hints } } })
          .score
      const first = paid({})
      const harder = complexities.slice(complexities.indexOf(complexity)).map((one) => paid({ complexity: one }))
      const wider = paid({ impact_radius: Math.min(impact_radius + any.more, Number.MAX_SAFE_INTEGER) })
      const better = paid({}, Number.isNaN(input.upgrade) ? 1000 : input.upgrade + any.more)
      for (const [at, more] of [wider, better, ...harder].entries()) {
        expect([at, more.coins >= first.coins, more.detail.uncapped >= first.detail.uncapped]).toEqual([at, true, true])
      }
      expect(harder.map(({ coins }) => coins)).toEqual(harder.map(({ coins }) => coins).toSorted((a, b) => a - b))
    }
  )

  it.prop("has each factor at 1000 when the rules switch it off", anyInput, (any) => {
    const input = inputOf(any)
    const off = {
      ...input.rules,
      complexity: { low: 1000, medium: 1000, high: 1000 },
      impact_bonus: 0,
      streak_bonus: 0,
      upgrade_max: 1000,
      fatigue_free: null,
      daily_ceiling: null
    }
    const { coins, detail } = scoreProof({ ...input, rules: off }).score
    const { ceiling_left, complexity, fatigue, impact, streak, upgrade } = detail
    expect([complexity, impact, streak, upgrade, fatigue]).toEqual([1000, 1000, 1000, 1000, 1000])
    expect(ceiling_left).toBeNull()
    expect(coins).toBe(detail.repeats_today > 0 ? input.rules.base_coins[input.proof.action.category] : 0)
  })
})

const Entry = Schema.Struct({
  day: int(20_000, 20_006),
  actor: Schema.Literals(["a", "b", "c"]),
  actorType: Schema.Literals(["human", "bot", "system"]),
  actionType: Schema.Literals(["fix", "review", "deploy"]),
  category: Schema.Literals(["toil", "incident"]),
  impact: int(1, 10)
})
const Entries = Schema.Array(Entry).check(Schema.isMaxLength(80))

const worksOf = (entries: typeof Entries.Type): ReadonlyArray<Work> =>
  entries.map(({ day, ...work }) => ({ ...work, at: dayOfNumber(day) }))

const earned = ({ details }: Ledger, key: (detail: ScoringDetail) => string) => {
  const sums = new Map<string, number>()
  for (const detail of details) sums.set(key(detail), (sums.get(key(detail)) ?? 0) + detail.coins)
  return sums
}

describe("a ledger in any order of arrival", () => {
  it.prop(
    "pays no board more in a farm-day than the ceiling",
    { entries: Entries, seed: int(1, 1_000_000), ceiling: int(0, 300) },
    ({ ceiling, entries, seed }) => {
      const rules: Rules = { ...defaultRules, daily_ceiling: ceiling }
      const works = worksOf(entries)
      const shuffled = works
        .map((work, at) => ({ work, key: (seed * (at + 1) * 7919) % 104_729 }))
        .toSorted((a, b) => a.key - b.key)
        .map(({ work }) => work)
      for (const order of [works, works.toReversed(), shuffled]) {
        const sums = earned(scoreAll(order, { rules }), ({ board, farm_day }) => `${board} ${farm_day}`)
        expect(Math.max(0, ...sums.values())).toBeLessThanOrEqual(ceiling)
      }
    }
  )

  it.prop(
    "pays people the same whether machines work beside them or not, and machines likewise",
    { entries: Entries },
    ({ entries }) => {
      const works = worksOf(entries)
      const together = scoreAll(works).details
      for (const board of ["human", "bot"] as const) {
        const own = works.filter(({ actorType }) => (actorType === "human" ? "human" : "bot") === board)
        expect(scoreAll(own).details).toEqual(together.filter((detail) => detail.board === board))
      }
    }
  )

  it.prop("leaves a streak that depends only on the days that were worked", { entries: Entries }, ({ entries }) => {
    const works = worksOf(entries)
    const after = (order: ReadonlyArray<Work>) => {
      const { state } = scoreAll(order)
      const { detail } = scoreProof({
        proof: proofOf({ at: dayOfNumber(20_007) }),
        state,
        rules: defaultRules,
        timeZone: "UTC"
      }).score
      return detail.streak_days
    }
    expect(after(works.toReversed())).toBe(after(works))
  })
})
