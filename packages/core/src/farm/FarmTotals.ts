/** What a walk over the ledger carries from line to line, and the lines as it sees them. */
import type { FarmProof } from "@farmops/proof/FarmProof"
import { applyZoneChange, calendarOf, type LedgerCalendar } from "../scoring/LedgerCalendar.ts"
import { type Rules, unsaidRules } from "../scoring/Rules.ts"
import { emptyScoringState, type ScoringState } from "../scoring/ScoringState.ts"
import type { AchievementSet } from "./economy/Achievement.ts"
import { type AchievementState, emptyAchievementState } from "./economy/AchievementState.ts"
import { applyFact } from "./economy/applyFact.ts"
import { emptyHoldings, type Holdings } from "./economy/Holdings.ts"
import type { FarmFact } from "./FarmFact.ts"
import { noSeasons, type SeasonState } from "./seasons/FarmSeason.ts"

/** What the fold carries from one line to the next. */
export interface FarmTotals {
  /** Accepted proofs, of every agent and board, void ones too: it never falls. */
  readonly length: number
  readonly humanCoins: number
  readonly botCoins: number
  /** The newest work on the human board, by its own time. */
  readonly lastActive: string | null
  /** When the tracker last took a proof, or a fact of its owner that the sums depend on. */
  readonly updatedAt: string
  readonly scoring: ScoringState
  /** What is owned, and what was paid for it. */
  readonly holdings: Holdings
  /** By which the next proof is paid. */
  readonly rules: Rules
  /** In which days are counted. */
  readonly calendar: LedgerCalendar
  /** What was earned in each. */
  readonly seasons: SeasonState
  /** Null where they were never folded: over a ledger from before there were any. */
  readonly achievements: AchievementState | null
}

/** A proof, its place, when the tracker took it, and whether it still counts: all that the fold may look at. */
export interface ProofEntry {
  readonly position: number
  readonly proof: FarmProof
  readonly receivedAt: string
  readonly isVoid: boolean
}

/** What the owner did, its place, and when the tracker took it. */
export interface FactEntry {
  readonly position: number
  readonly fact: FarmFact
  readonly at: string
}

/** One line of the ledger; lines come in the order of their positions. */
export type LedgerEntry = ProofEntry | FactEntry

/** What a ledger is founded with, as far as its sums depend on it. */
export interface Founding {
  readonly foundedAt: string
  /** In which its first days are counted. */
  readonly timeZone: string
}

/** Before the first line. */
export const emptyTotals = ({ foundedAt, timeZone }: Founding, achievements: AchievementSet): FarmTotals => ({
  length: 0,
  humanCoins: 0,
  botCoins: 0,
  lastActive: null,
  updatedAt: foundedAt,
  scoring: emptyScoringState,
  holdings: emptyHoldings,
  rules: unsaidRules,
  calendar: calendarOf(timeZone),
  seasons: noSeasons,
  achievements: emptyAchievementState(achievements)
})

/** What the owner's facts come to by themselves. */
export type FarmTerms = Pick<FarmTotals, "calendar" | "holdings" | "rules">

/** The same after one more fact. */
export const afterFact = (terms: FarmTerms, fact: FarmFact, at: string): FarmTerms => {
  switch (fact.kind) {
    case "rules_changed":
      return { ...terms, rules: fact.rules }
    case "time_zone_changed":
      return { ...terms, calendar: applyZoneChange(terms.calendar, fact) }
    case "season_opened":
      return terms
    case "item_bought":
    case "item_refunded":
    case "item_used":
      return { ...terms, holdings: applyFact(terms.holdings, fact, at) }
  }
}
