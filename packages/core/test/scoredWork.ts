/** Proofs as scoring sees them: only the fields that a score depends on differ. Nobody signed them. */
import type { FarmProof } from "@farmops/proof/FarmProof"
import type { ActionType, ActorType, Category, Complexity, OutcomeStatus } from "@farmops/proof/vocabulary"
import type { LedgerCalendar } from "../src/scoring/LedgerCalendar.ts"
import { defaultRules, type Rules } from "../src/scoring/Rules.ts"
import { emptyScoringState, type ScoringState } from "../src/scoring/ScoringState.ts"
import { type ScoringDetail, scoreProof } from "../src/scoring/scoreProof.ts"

export interface Work {
  /** `YYYY-MM-DD`, worked on at noon UTC, or a whole timestamp. */
  readonly at?: string
  readonly actor?: string
  readonly actorType?: ActorType
  readonly plugin?: string
  readonly actionType?: ActionType
  readonly category?: Category
  readonly complexity?: Complexity
  readonly impact?: number
  readonly status?: OutcomeStatus
  readonly verified?: boolean
}

export const proofOf = (work: Work = {}): FarmProof => {
  const at = work.at ?? "2026-11-16"
  return {
    schema_version: "1",
    proof_id: "01939f2e-0000-7000-8000-000000000000",
    prev_proof_id: null,
    prev_proof_hash: null,
    sequence: 0,
    timestamp: at.length === 10 ? `${at}T12:00:00Z` : at,
    agent: { agent_id: "0d9c7a52-0000-4000-8000-000000000000", cluster_alias: "home" },
    actor: { actor_hash: (work.actor ?? "a").padEnd(64, "0"), actor_type: work.actorType ?? "human" },
    action: {
      plugin: work.plugin ?? "farmops/test",
      action_type: work.actionType ?? "fix",
      category: work.category ?? "maintenance",
      subcategory: null,
      description: "did a thing"
    },
    outcome: {
      status: work.status ?? "success",
      verified: work.verified ?? true,
      evidence_hash: "e".repeat(64)
    },
    scoring_hints: {
      complexity: work.complexity ?? "low",
      impact_radius: work.impact ?? 1,
      artifacts_touched: 1,
      time_spent_seconds: null
    },
    signature: "f".repeat(128)
  }
}

export interface Ledger {
  readonly details: ReadonlyArray<ScoringDetail>
  readonly state: ScoringState
}

export const scoreAll = (
  works: ReadonlyArray<Work>,
  options: { readonly rules?: Rules; readonly timeZone?: string | LedgerCalendar; readonly from?: ScoringState } = {}
): Ledger => {
  let state = options.from ?? emptyScoringState
  const details = works.map((work) => {
    const proof = proofOf(work)
    const { next, score } = scoreProof({
      proof,
      state,
      rules: options.rules ?? defaultRules,
      timeZone: options.timeZone ?? "UTC"
    })
    state = next
    return score.detail
  })
  return { details, state }
}

/** One piece of work on each of so many days from `first` on, weekends included unless `weekdaysOnly`. */
export const daily = (first: string, days: number, weekdaysOnly = false): ReadonlyArray<Work> => {
  const start = Date.parse(`${first}T00:00:00Z`)
  return Array.from({ length: days }, (_, day) => new Date(start + day * 86_400_000))
    .filter((date) => !weekdaysOnly || (date.getUTCDay() !== 0 && date.getUTCDay() !== 6))
    .map((date) => ({ at: date.toISOString().slice(0, 10) }))
}
