/** One piece of work, as far as its score depends on it, and what kinds of it an ordinary week has. */
import type { FarmProof } from "@farmops/proof/FarmProof"
import type { ActionType, Category, Complexity } from "@farmops/proof/vocabulary"
import { pick, type Random } from "./random.ts"

export interface Work {
  /** Seconds since 1970. */
  readonly at: number
  readonly actor: string
  readonly plugin: string
  readonly actionType: ActionType
  readonly category: Category
  readonly complexity: Complexity
  readonly impact: number
}

const mix: ReadonlyArray<readonly [Pick<Work, "category" | "plugin" | "actionType">, number]> = [
  [{ category: "maintenance", plugin: "farmops/pod-health", actionType: "verify" }, 30],
  [{ category: "maintenance", plugin: "farmops/resource-audit", actionType: "configure" }, 15],
  [{ category: "toil", plugin: "farmops/pr-review", actionType: "review" }, 15],
  [{ category: "reliability", plugin: "farmops/pod-health", actionType: "fix" }, 15],
  [{ category: "security", plugin: "farmops/certificates", actionType: "fix" }, 8],
  [{ category: "incident", plugin: "farmops/alerts", actionType: "resolve" }, 5],
  [{ category: "upgrade", plugin: "farmops/git-history", actionType: "deploy" }, 12]
]

/** Half of it is easy, and a wide impact is rare: each further step of the radius is two thirds as likely. */
export const ordinaryWork = (random: Random, actor: string, at: number): Work => ({
  at,
  actor,
  ...pick(random, mix),
  complexity: pick<Complexity>(random, [
    ["low", 50],
    ["medium", 35],
    ["high", 15]
  ]),
  impact: Math.min(10, 1 + Math.floor(Math.log(1 - random()) / Math.log(2 / 3)))
})

export const wireTime = (seconds: number): string => new Date(seconds * 1000).toISOString().replace(".000", "")

/** A proof as scoring sees it. Nobody signed it. */
export const proofOf = ({ actionType, actor, at, category, complexity, impact, plugin }: Work): FarmProof => ({
  schema_version: "1",
  proof_id: "01890000-0000-7000-8000-000000000000",
  prev_proof_id: null,
  prev_proof_hash: null,
  sequence: 0,
  timestamp: wireTime(at),
  agent: { agent_id: "01890000-0000-7000-8000-000000000001", cluster_alias: "bench" },
  actor: { actor_hash: actor.padEnd(64, "0"), actor_type: "human" },
  action: { plugin, action_type: actionType, category, subcategory: null, description: "Did 1 thing" },
  outcome: { status: "success", verified: true, evidence_hash: "e".repeat(64) },
  scoring_hints: { complexity, impact_radius: impact, artifacts_touched: 1, time_spent_seconds: null },
  signature: "f".repeat(128)
})
