/**
 * What one proof is worth. Pure and total: the same proofs in the same order under the same rules give the same coins,
 * whenever and wherever they are replayed. Coins are never negative and never above what the farm-day's ceiling leaves.
 */
import type { FarmProof } from "@farmops/proof/FarmProof"
import { Schema } from "effect"
import { dayNumberOf } from "./farmDay.ts"
import { KindTable } from "./KindTable.ts"
import { farmDayIn, type LedgerCalendar } from "./LedgerCalendar.ts"
import { OpenBoard } from "./OpenBoard.ts"
import { type Rules, rulesHash } from "./Rules.ts"
import type { ScoringState } from "./ScoringState.ts"
import type { ZoneChanges } from "./streak.ts"

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

/**
 * What a score depends on besides the proofs before. `upgrade` is what the farm's upgrades multiply by, in thousandths;
 * without upgrades 1000.
 */
export interface ScoringTerms {
  readonly proof: FarmProof
  readonly rules: Rules
  /** The ledger's IANA time zone, of those that `farmDay.isTimeZone` knows, or its calendar once the zone was changed. */
  readonly timeZone: string | LedgerCalendar
  readonly upgrade?: number
  /** Whether the owner took the trust in it back: it is kept, and counts for nothing. */
  readonly isVoid?: boolean
}

/** All that a score depends on. */
export interface ScoringInput extends ScoringTerms {
  readonly state: ScoringState
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

const upgradeOf = (asked: number, rules: Rules): number =>
  asked > one ? Math.min(Math.trunc(asked), rules.upgrade_max) : one

const product = (base: number, factors: ReadonlyArray<number>): number => {
  const whole = BigInt(one) ** BigInt(factors.length)
  const total = factors.reduce((sum, factor) => sum * BigInt(factor), BigInt(base))
  return Number((2n * total + whole) / (2n * whole))
}

const reasonOf = ({ isVoid = false, proof }: ScoringTerms): ScoringDetail["reason"] => {
  if (isVoid) return "void"
  // Handing the chain over to another key is upkeep of the chain and no work.
  if (proof.key_rotation !== undefined) return "key_rotation"
  if (!proof.outcome.verified) return "not_verified"
  return proof.outcome.status === "success" ? null : "not_success"
}

/** 64 bits of the actor's hash tell a farm's actors apart; two that agree in them would only tire together. */
const kindOf = ({ action, actor }: FarmProof): string =>
  `${actor.actor_hash.slice(0, 16)} ${action.action_type} ${action.plugin}`

const noChanges: ZoneChanges = []

/** Freezes that were bought, and when. */
export interface FreezeGrant extends Pick<ScoringTerms, "rules" | "timeZone"> {
  /** In the wire's spelling. */
  readonly at: string
  readonly count: number
}

const streakTermsOf = ({ rules, timeZone }: Pick<ScoringTerms, "rules" | "timeZone">) => ({
  rules,
  changes: typeof timeZone === "string" ? noChanges : timeZone.changes
})

/** Scores proof after proof, each the next of the ledger, in a time that does not grow with the state. */
export interface ScoringRun {
  /** Scores the next proof. One that does not score leaves the state as it is. */
  readonly score: (terms: ScoringTerms) => Score
  /** Puts freezes to the streak of the people's board, from the farm-day of `at` on. */
  readonly grantFreezes: (grant: FreezeGrant) => void
  /** The state after all that were scored. */
  readonly state: () => ScoringState
}

/** Begins a run of proofs on top of a state, which is never changed. */
export const openScoring = (from: ScoringState): ScoringRun => {
  const kinds = new KindTable(from.kinds)
  const onDrop = () => kinds.dayDropped()
  const boards = { human: new OpenBoard(from.human, onDrop), bot: new OpenBoard(from.bot, onDrop) }
  let closed: ScoringState | null = from

  const score = (terms: ScoringTerms): Score => {
    const { proof, rules, timeZone } = terms
    const name = proof.actor.actor_type === "human" ? "human" : "bot"
    const board = boards[name]
    const farmDay = farmDayIn(timeZone, proof.timestamp)
    const day = dayNumberOf(farmDay)
    const counted = board.countedDay(day)
    const ceilingLeft = rules.daily_ceiling === null ? null : Math.max(0, rules.daily_ceiling - board.coinsOf(counted))
    const refusal = reasonOf(terms)

    // Work from before the horizon comes too late for a streak.
    const inStreak = counted === day
    const streakTerms = streakTermsOf(terms)
    const kind = refusal === null ? kinds.numberOf(kindOf(proof), [boards.human, boards.bot]) : 0
    const today = refusal === null ? board.openDay(counted, inStreak, streakTerms) : null
    const repeat = today === null ? 0 : (today.repeats.get(kind) ?? 0) + 1
    const streakDays = today === null || !inStreak ? 0 : board.streakOn(day, streakTerms).days

    const base = rules.base_coins[proof.action.category]
    const complexity = rules.complexity[proof.scoring_hints.complexity]
    const impact = impactOf(proof.scoring_hints.impact_radius, rules)
    const streak = streakFactor(streakDays, rules)
    const upgrade = upgradeOf(terms.upgrade ?? one, rules)
    const fatigue = fatigueOf(repeat, rules)
    const uncapped = today === null ? 0 : product(base, [complexity, impact, streak, upgrade, fatigue])
    const coins = ceilingLeft === null ? uncapped : Math.min(uncapped, ceilingLeft)
    if (today !== null) {
      today.repeats.set(kind, repeat)
      today.coins += coins
      closed = null
    }
    const detail: ScoringDetail = {
      ruleset_hash: rulesHash(rules),
      board: name,
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
    return { coins, detail }
  }

  const state = (): ScoringState => {
    closed ??= { format: from.format, human: boards.human.close(), bot: boards.bot.close(), kinds: kinds.close() }
    return closed
  }

  const grantFreezes = ({ at, count, ...terms }: FreezeGrant): void => {
    if (count <= 0) return
    const day = Math.max(dayNumberOf(farmDayIn(terms.timeZone, at)), boards.human.newestDay())
    boards.human.grantFreezes(day, count, streakTermsOf(terms))
    closed = null
  }

  return { score, grantFreezes, state }
}

/** Runs that stand just where a state was made, so that whoever scores one by one need not open each state again. */
const standing = new WeakMap<ScoringState, ScoringRun>()

/** Scores one proof, the next of the ledger. A proof that does not score leaves the state as it is. */
export const scoreProof = ({
  state,
  ...terms
}: ScoringInput): { readonly score: Score; readonly next: ScoringState } => {
  const run = standing.get(state) ?? openScoring(state)
  // It moves on: another proof on top of the same state needs a run of its own.
  standing.delete(state)
  const score = run.score(terms)
  const next = run.state()
  standing.set(next, run)
  return { score, next }
}
