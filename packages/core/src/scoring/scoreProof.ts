/**
 * What one proof is worth. Pure and total: the same proofs in the same order under the same rules give the same coins,
 * whenever and wherever they are replayed. Coins are never negative and never above what the farm-day's ceiling leaves.
 */
import type { FarmProof } from "@farmops/proof/FarmProof"
import { Schema } from "effect"
import { countedDay, dayOf, repeatsOf, streakOn, withDay, withRepeat } from "./boardDays.ts"
import { dayNumberOf, farmDayOf } from "./farmDay.ts"
import { type Rules, rulesHash } from "./Rules.ts"
import { type BoardDay, kindsMax, type ScoringState } from "./ScoringState.ts"

/** How a proof's coins came about: every factor in thousandths, so that anybody can do the sum again. */
export const ScoringDetail = Schema.Struct({
  ruleset_hash: Schema.String,
  /** Who earned: machines have a board and a ceiling of their own. */
  board: Schema.Literals(["human", "bot"]),
  farm_day: Schema.String,
  /** Coins of the category, before any factor. */
  base: Schema.Int,
  complexity: Schema.Int,
  impact: Schema.Int,
  streak: Schema.Int,
  upgrade: Schema.Int,
  fatigue: Schema.Int,
  /** Which proof of its actor, plugin and action type this is in its farm-day, from 1; 0 when it does not score. */
  repeats_today: Schema.Int,
  /** The streak's length with this proof; 0 where it is no part of one. */
  streak_days: Schema.Int,
  /** base × the factors, rounded half up once: what it is worth before the ceiling. */
  uncapped: Schema.Int,
  /** What the ceiling still allowed before this proof; null without a ceiling. */
  ceiling_left: Schema.NullOr(Schema.Int),
  coins: Schema.Int,
  /** Why the coins are fewer than `uncapped`, or none; null when they are not. */
  reason: Schema.NullOr(Schema.Literals(["void", "key_rotation", "not_verified", "not_success", "ceiling"]))
})

/** See the schema of the same name. */
export type ScoringDetail = typeof ScoringDetail.Type

/** Coins and how they came about. */
export interface Score {
  readonly coins: number
  readonly detail: ScoringDetail
}

/** What a score depends on. `upgrade` is what the farm's upgrades multiply by, in thousandths; without upgrades 1000. */
export interface ScoringInput {
  readonly proof: FarmProof
  readonly state: ScoringState
  readonly rules: Rules
  /** The ledger's IANA time zone; `farmDay.isTimeZone` says whether it is known. */
  readonly timeZone: string
  readonly upgrade?: number
  /** Whether the owner took the trust in it back: it is kept, and counts for nothing. */
  readonly isVoid?: boolean
}

const one = 1000

/** `total × part ÷ whole`, rounded half up, for small integers. */
const share = (total: number, part: number, whole: number): number =>
  Math.floor((2 * total * part + whole) / (2 * whole))

const impactOf = (radius: number, rules: Rules): number =>
  one + share(rules.impact_bonus, Math.min(Math.max(radius, 1), 10) - 1, 9)

const streakFactor = (days: number, rules: Rules): number =>
  one + share(rules.streak_bonus, Math.min(Math.max(days - 1, 0), 6), 6)

const fatigueOf = (repeat: number, rules: Rules): number => {
  const tired = rules.fatigue_free === null ? 0 : repeat - rules.fatigue_free
  // From the tenth halving on less than a thousandth is left.
  return tired <= 0 ? one : tired >= 10 ? 0 : one >> tired
}

const product = (base: number, factors: ReadonlyArray<number>): number => {
  const whole = BigInt(one) ** BigInt(factors.length)
  const total = factors.reduce((sum, factor) => sum * BigInt(factor), BigInt(base))
  return Number((2n * total + whole) / (2n * whole))
}

const reasonOf = ({ isVoid = false, proof }: ScoringInput): ScoringDetail["reason"] => {
  if (isVoid) return "void"
  // Handing the chain over to another key is upkeep of the chain and no work.
  if (proof.key_rotation !== undefined) return "key_rotation"
  if (!proof.outcome.verified) return "not_verified"
  return proof.outcome.status === "success" ? null : "not_success"
}

/** 64 bits of the actor's hash tell a farm's actors apart; two that agree in them would only tire together. */
const kindOf = ({ action, actor }: FarmProof): string =>
  `${actor.actor_hash.slice(0, 16)} ${action.action_type} ${action.plugin}`

/** The kinds that some kept day still counts, renumbered in their old order: makes room when the table is full. */
const withoutUnusedKinds = (state: ScoringState): ScoringState => {
  const used = new Set<number>()
  for (const { days } of [state.human, state.bot]) {
    for (const { repeats } of days) for (let at = 0; at < repeats.length; at += 2) used.add(repeats[at] ?? 0)
  }
  const kept = state.kinds.map((_, index) => index).filter((index) => used.has(index))
  const renumbered = new Map(kept.map((index, at) => [index, at]))
  const renumber = (day: BoardDay): BoardDay => ({
    ...day,
    repeats: day.repeats.map((value, at) => (at % 2 === 0 ? (renumbered.get(value) ?? overflowKind) : value))
  })
  return {
    ...state,
    human: { ...state.human, days: state.human.days.map(renumber) },
    bot: { ...state.bot, days: state.bot.days.map(renumber) },
    kinds: kept.map((index) => state.kinds[index] ?? "")
  }
}

/** Where all kinds count together that find no room in the table. */
const overflowKind = -1

const withKind = (state: ScoringState, kind: string): { readonly state: ScoringState; readonly index: number } => {
  const known = state.kinds.indexOf(kind)
  if (known >= 0) return { state, index: known }
  const roomy = state.kinds.length < kindsMax ? state : withoutUnusedKinds(state)
  if (roomy.kinds.length >= kindsMax) return { state: roomy, index: overflowKind }
  return { state: { ...roomy, kinds: [...roomy.kinds, kind] }, index: roomy.kinds.length }
}

/** Scores one proof, the next of the ledger. A proof that does not score leaves the state as it is. */
export const scoreProof = (input: ScoringInput): { readonly score: Score; readonly next: ScoringState } => {
  const { proof, rules, timeZone } = input
  const board = proof.actor.actor_type === "human" ? "human" : "bot"
  const farmDay = farmDayOf(proof.timestamp, timeZone)
  const day = dayNumberOf(farmDay)
  const counted = countedDay(input.state[board], day)
  const before = dayOf(input.state[board], counted)
  const refusal = reasonOf(input)
  const { index, state } = refusal === null ? withKind(input.state, kindOf(proof)) : { index: 0, state: input.state }
  const repeat = refusal === null ? repeatsOf(dayOf(state[board], counted), index) + 1 : 0
  // Work from before the horizon comes too late for a streak.
  const inStreak = counted === day
  const active = dayOf(state[board], counted).active || inStreak
  const touched: BoardDay = { ...dayOf(state[board], counted), active, repeats: [] }
  const streakDays =
    refusal !== null || !inStreak ? 0 : streakOn(withDay(state[board], touched, rules), day, rules).days

  const base = rules.base_coins[proof.action.category]
  const complexity = rules.complexity[proof.scoring_hints.complexity]
  const impact = impactOf(proof.scoring_hints.impact_radius, rules)
  const streak = streakFactor(streakDays, rules)
  const upgrade = Math.min(Math.max(Math.trunc(input.upgrade ?? one), one), rules.upgrade_max)
  const fatigue = fatigueOf(repeat, rules)
  const uncapped = refusal === null ? product(base, [complexity, impact, streak, upgrade, fatigue]) : 0
  const ceilingLeft = rules.daily_ceiling === null ? null : Math.max(0, rules.daily_ceiling - before.coins)
  const coins = ceilingLeft === null ? uncapped : Math.min(uncapped, ceilingLeft)
  const detail: ScoringDetail = {
    ruleset_hash: rulesHash(rules),
    board,
    farm_day: farmDay,
    base,
    complexity,
    impact,
    streak,
    upgrade,
    fatigue,
    repeats_today: repeat,
    streak_days: streakDays,
    uncapped,
    ceiling_left: ceilingLeft,
    coins,
    reason: refusal ?? (coins < uncapped ? "ceiling" : null)
  }
  if (refusal !== null) return { score: { coins: 0, detail }, next: input.state }
  const worked = dayOf(state[board], counted)
  const changed: BoardDay = { day: counted, active, coins: worked.coins + coins, repeats: withRepeat(worked, index) }
  return { score: { coins, detail }, next: { ...state, [board]: withDay(state[board], changed, rules) } }
}
