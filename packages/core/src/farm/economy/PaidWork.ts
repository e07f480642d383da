/** What achievements see of the ledger: of a proof its kind, its times and what it earned, and nothing that tells about the work. */
import type { FarmProof } from "@farmops/proof/FarmProof"
import type { ScoringDetail } from "../../scoring/scoreProof.ts"
import type { Holdings } from "./Holdings.ts"

/** What of a paid proof achievements may look at. */
export interface PaidWork {
  /** The proof's own time. */
  readonly at: string
  readonly farm_day: string
  readonly board: ScoringDetail["board"]
  readonly plugin: string
  readonly category: FarmProof["action"]["category"]
  readonly action_type: FarmProof["action"]["action_type"]
  readonly coins: number
  readonly streak_days: number
}

/** One entry of the ledger, proof or event, in its order. */
export interface AchievementEntry {
  readonly position: number
  /** When the ledger took it. */
  readonly at: string
  /** What is owned after it. */
  readonly holdings: Holdings
  /** Null for an event and for a proof that is not paid. */
  readonly work: PaidWork | null
}

/** A scored proof as achievements see it; null for one that earned nothing, unless only the ceiling was to blame. */
export const paidWorkOf = ({ action, timestamp }: FarmProof, detail: ScoringDetail): PaidWork | null => {
  const { board, coins, farm_day, streak_days, uncapped } = detail
  // Void, failed and unverified work has no worth before the ceiling either.
  if (uncapped === 0) return null
  const { action_type, category, plugin } = action
  return { at: timestamp, farm_day, board, plugin, category, action_type, coins, streak_days }
}
