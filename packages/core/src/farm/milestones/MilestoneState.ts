/** A milestone's text: the farm's sums at some length of its ledger, and the hash that shows that they are whole. */
import { createHash } from "node:crypto"
import { categories } from "@farmops/proof/vocabulary"
import { Option, Schema } from "effect"
import { LedgerCalendar } from "../../scoring/LedgerCalendar.ts"
import { Rules } from "../../scoring/Rules.ts"
import { ScoringState } from "../../scoring/ScoringState.ts"
import { AchievementState } from "../economy/AchievementState.ts"
import { Holdings } from "../economy/Holdings.ts"
import type { ProjectionChange } from "../FarmProjection.ts"
import { SeasonState } from "../seasons/FarmSeason.ts"

const Sum = {
  board: Schema.Literals(["human", "bot"]),
  category: Schema.Literals(categories),
  proofs: Schema.Int,
  coins: Schema.Int
}

const MilestoneState = Schema.Struct({
  totals: Schema.Struct({
    length: Schema.Int,
    humanCoins: Schema.Int,
    botCoins: Schema.Int,
    lastActive: Schema.NullOr(Schema.String),
    updatedAt: Schema.String,
    scoring: ScoringState,
    holdings: Holdings,
    rules: Rules,
    calendar: LedgerCalendar,
    seasons: SeasonState,
    achievements: Schema.NullOr(AchievementState)
  }),
  categories: Schema.Array(Schema.Struct({ ...Sum, lastProofAt: Schema.String })),
  days: Schema.Array(Schema.Struct({ ...Sum, farmDay: Schema.String, work: Schema.Int }))
})

// What this version does not know all of is no start for it.
const decode = Schema.decodeUnknownOption(Schema.fromJsonString(MilestoneState), { onExcessProperty: "error" })

/** Lowercase hex SHA-256 of a state's text. */
export const stateHash = (state: string): string => createHash("sha256").update(state, "utf8").digest("hex")

/** The sums that a text holds; null for one that is damaged, or of another version. */
export const readState = (state: string, sha256: string): ProjectionChange | null => {
  if (stateHash(state) !== sha256) return null
  const sums = Option.getOrNull(decode(state))
  return sums === null ? null : { ...sums, details: [] }
}
