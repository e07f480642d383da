/**
 * Scoring as its sentences say it, on plain values that are copied for every proof and searched from end to end: what the
 * faster form in `src` must agree with to the byte.
 */
import type { FarmProof } from "@farmops/proof/FarmProof"
import { dayNumberOf, farmDayOf } from "../src/scoring/farmDay.ts"
import { type Rules, rulesHash } from "../src/scoring/Rules.ts"
import {
  type BoardDay,
  type BoardState,
  horizonDays,
  kindsMax,
  type ScoringState
} from "../src/scoring/ScoringState.ts"
import type { Score, ScoringDetail } from "../src/scoring/scoreProof.ts"
import { extendStreak, holdStreak, type Streak } from "../src/scoring/streak.ts"

interface PlainInput {
  readonly proof: FarmProof
  readonly state: ScoringState
  readonly rules: Rules
  readonly timeZone: string
  readonly upgrade?: number
  readonly isVoid?: boolean
}

/**
 * The day whose fatigue and ceiling work of `day` uses: its own, or the oldest that is kept. So work from before the horizon
 * still earns, but all of it together no more than one farm-day each time that the farm grows a day older.
 */
const countedDay = (board: BoardState, day: number): number => {
  const newest = board.days.at(-1)?.day ?? day
  return Math.max(day, newest - horizonDays + 1)
}

const positionOf = (days: ReadonlyArray<BoardDay>, day: number): number => {
  // Most work is of the newest day, so the search starts there.
  let at = days.length
  while (at > 0 && (days[at - 1]?.day ?? day) >= day) at--
  return at
}

/** What is known of a day; a day without work has nothing. */
const dayOf = (board: BoardState, day: number): BoardDay => {
  const found = board.days[positionOf(board.days, day)]
  return found?.day === day ? found : { day, active: false, coins: 0, repeats: [] }
}

/** How often a kind of work has scored on a day. */
const repeatsOf = ({ repeats }: BoardDay, kind: number): number => {
  for (let at = 0; at < repeats.length; at += 2) if (repeats[at] === kind) return repeats[at + 1] ?? 0
  return 0
}

/** The pairs with one more proof of a kind. */
const withRepeat = ({ repeats }: BoardDay, kind: number): ReadonlyArray<number> => {
  for (let at = 0; at < repeats.length; at += 2) {
    if (repeats[at] === kind) return repeats.with(at + 1, (repeats[at + 1] ?? 0) + 1)
  }
  return [...repeats, kind, 1]
}

/** The board with one day replaced or added; days that fall behind the horizon live on in `before` only. */
const withDay = (board: BoardState, changed: BoardDay, rules: Rules): BoardState => {
  const at = positionOf(board.days, changed.day)
  const days = board.days.toSpliced(at, board.days[at]?.day === changed.day ? 1 : 0, changed)
  const oldest = (days.at(-1)?.day ?? changed.day) - horizonDays + 1
  const kept = positionOf(days, oldest)
  if (kept === 0) return { before: board.before, days }
  const before = days.slice(0, kept).reduce<Streak>((streak, one) => {
    return one.active ? extendStreak(streak, one.day, rules) : streak
  }, board.before)
  return { before, days: days.slice(kept) }
}

/** The streak as it stands on a day: with that day's own work if it had any, without that of later days. */
const streakOn = (board: BoardState, day: number, rules: Rules): Streak => {
  let streak = board.before
  for (const one of board.days) {
    if (one.day > day) break
    if (one.active) streak = extendStreak(streak, one.day, rules)
  }
  return holdStreak(streak, day, rules)
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

const reasonOf = ({ isVoid = false, proof }: PlainInput): ScoringDetail["reason"] => {
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
export const scorePlainly = (input: PlainInput): { readonly score: Score; readonly next: ScoringState } => {
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
