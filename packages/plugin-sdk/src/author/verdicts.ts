/** The three verdicts that a plugin may give. */
import type { ActionType, ActorType, Category, Complexity } from "@farmops/proof/vocabulary"
import type { Verdict } from "../contract/Verdict.ts"

/** Work that the plugin vouches for. `description` must be one of the plugin's own templates, filled with whole numbers. */
export interface Work {
  readonly action: ActionType
  readonly category: Category
  readonly subcategory?: string
  readonly description: string
  readonly complexity: Complexity
  /** 1 to 10. */
  readonly impactRadius: number
  readonly artifactsTouched: number
  readonly timeSpentSeconds?: number
  readonly actorType?: ActorType
  /** JSON that shows why. It is hashed with random bytes and never transmitted. */
  readonly evidence: unknown
}

/** The verdict for work that is what it claims to be. `reason` is for the agent's operator and never leaves the agent. */
export const verified = (work: Work, reason = ""): Verdict => ({
  verdict: "verified",
  reason,
  action_type: work.action,
  category: work.category,
  subcategory: work.subcategory ?? null,
  description: work.description,
  scoring_hints: {
    complexity: work.complexity,
    impact_radius: work.impactRadius,
    artifacts_touched: work.artifactsTouched,
    time_spent_seconds: work.timeSpentSeconds ?? null
  },
  evidence: new TextEncoder().encode(JSON.stringify(work.evidence) ?? "null"),
  actor_type: work.actorType ?? null,
  remember: null
})

/** The verdict for something that is no work, or not work that counts. */
export const rejected = (reason: string): Verdict => ({ verdict: "rejected", reason, remember: null })

/** The verdict where there is not enough to tell. */
export const inconclusive = (reason: string): Verdict => ({ verdict: "inconclusive", reason, remember: null })
