/**
 * What scoring remembers between proofs: plain integers and strings, to be stored as JSON beside the ledger and rebuilt by
 * replaying it. Bounded: at most {@link horizonDays} farm-days for each board and {@link kindsMax} kinds of work.
 */
import { Schema } from "effect"
import { noStreak, Streak } from "./streak.ts"

/** Farm-days that are kept one by one, counted back from a board's newest: a year and a month, so a whole year can be seen. */
export const horizonDays = 400

/** Kinds of work (actor, plugin and action type) that are told apart; a large farm with every plugin has some hundreds. */
export const kindsMax = 4096

/** One farm-day of one board. */
export const BoardDay = Schema.Struct({
  /** Days since 1970-01-01. */
  day: Schema.Int,
  /** False where only work from before the horizon was counted here: such work is no part of a streak. */
  active: Schema.Boolean,
  coins: Schema.Int,
  /** Pairs: a kind's index, then how many of its proofs scored on this day. */
  repeats: Schema.Array(Schema.Int),
  /** Freezes that were put to the streak on this day, after its work; left out where there were none. */
  freezes: Schema.optionalKey(Schema.Int)
})

/** See the schema of the same name. */
export type BoardDay = typeof BoardDay.Type

/** One board's days, in order, and the streak as it was when the first of them began. */
export const BoardState = Schema.Struct({ before: Streak, days: Schema.Array(BoardDay) })

/** See the schema of the same name. */
export type BoardState = typeof BoardState.Type

/** Everything that the score of the next proof may depend on besides the proof and the rules. */
export const ScoringState = Schema.Struct({
  format: Schema.Literal("farmops/scoring/1"),
  human: BoardState,
  bot: BoardState,
  /** The kinds of work that `repeats` counts, by index. */
  kinds: Schema.Array(Schema.String)
})

/** See the schema of the same name. */
export type ScoringState = typeof ScoringState.Type

const emptyBoard: BoardState = { before: noStreak, days: [] }

/** Before the first proof. */
export const emptyScoringState: ScoringState = {
  format: "farmops/scoring/1",
  human: emptyBoard,
  bot: emptyBoard,
  kinds: []
}
