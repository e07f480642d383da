/**
 * Seasons: what was earned since the owner opened one, board by board. A season counts and never pays: coins are what they
 * were without it. Its work is dated at or after its opening and before its end, and came before the next one was opened.
 */
import { ProofTimestamp } from "@farmops/proof/FarmProof"
import { Schema } from "effect"
import { dayNumberOf } from "../../scoring/farmDay.ts"
import { horizonDays } from "../../scoring/ScoringState.ts"
import { ItemName, Slug } from "../economy/Item.ts"

/** The ledger's event: a season begins, and the one before is over. */
export const seasonOpened = {
  kind: Schema.Literal("season_opened"),
  season: Slug,
  name: ItemName,
  /** Work of this time and later does not count; null leaves it open until the next one. */
  ends_at: Schema.NullOr(ProofTimestamp)
}

/** See {@link seasonOpened}. */
export const SeasonOpened = Schema.Struct(seasonOpened)

/** See the schema of the same name. */
export type SeasonOpened = typeof SeasonOpened.Type

const Count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }))

/** What one board earned in a season: paid proofs, their coins, and the farm-days that have one. */
export const SeasonSum = Schema.Struct({ coins: Count, proofs: Count, days: Count })

/** See the schema of the same name. */
export type SeasonSum = typeof SeasonSum.Type

/** One season. `position` is that of its opening in the ledger. */
export const FarmSeason = Schema.Struct({
  season: Slug,
  name: ItemName,
  position: Count,
  opened_at: ProofTimestamp,
  ends_at: Schema.NullOr(ProofTimestamp),
  human: SeasonSum,
  bot: SeasonSum
})

/** See the schema of the same name. */
export type FarmSeason = typeof FarmSeason.Type

const Days = Schema.Array(Schema.Int)

/** What the fold remembers. `days` are the open season's newest farm-days with paid work, as day numbers in order. */
export const SeasonState = Schema.Struct({
  /** Over since another was opened, in their order. */
  past: Schema.Array(FarmSeason),
  open: Schema.NullOr(FarmSeason),
  days: Schema.Struct({ human: Days, bot: Days })
})

/** See the schema of the same name. */
export type SeasonState = typeof SeasonState.Type

const noDays = { human: [], bot: [] }

/** Before the first. */
export const noSeasons: SeasonState = { past: [], open: null, days: noDays }

const nothing: SeasonSum = { coins: 0, proofs: 0, days: 0 }

/** The state after an opening; what the season before earned stays as it is from then on. */
export const openSeason = (
  { open, past }: SeasonState,
  { ends_at, name, season }: SeasonOpened,
  { at, position }: { readonly at: string; readonly position: number }
): SeasonState => ({
  past: open === null ? past : [...past, open],
  open: { season, name, position, opened_at: at, ends_at, human: nothing, bot: nothing },
  days: noDays
})

/** What a season sees of a paid proof. */
export interface SeasonWork {
  readonly board: "human" | "bot"
  /** The work's own time. */
  readonly at: string
  readonly farmDay: string
  readonly coins: number
}

/** The kept days with one more, or null where that is no new one; work too late for a streak makes no new day either. */
const withDay = (days: ReadonlyArray<number>, day: number): ReadonlyArray<number> | null => {
  const newest = days.at(-1)
  if (newest === undefined || newest < day) return [...days, day].slice(-horizonDays)
  if (newest === day || days.includes(day) || day <= newest - horizonDays) return null
  return [...days, day].sort((a, b) => a - b).slice(-horizonDays)
}

/** The state after a paid proof. */
export const afterSeasonWork = (state: SeasonState, { at, board, coins, farmDay }: SeasonWork): SeasonState => {
  const { open } = state
  if (open === null || at < open.opened_at || (open.ends_at !== null && at >= open.ends_at)) return state
  const sum = open[board]
  const days = withDay(state.days[board], dayNumberOf(farmDay))
  const counted = { coins: sum.coins + coins, proofs: sum.proofs + 1, days: sum.days + (days === null ? 0 : 1) }
  return {
    ...state,
    open: { ...open, [board]: counted },
    days: days === null ? state.days : { ...state.days, [board]: days }
  }
}
