/** A plugin's values as the contract's messages. Imports no Effect, so that a small plugin starts fast. */
import { create } from "@bufbuild/protobuf"
import {
  type DescribeResponse,
  DescribeResponseSchema,
  type VerifyResponse,
  VerifyResponseSchema
} from "../gen/farmops/plugin/v1/plugin_pb.ts"
import type { PluginDescription, Verdict } from "./Verdict.ts"

/** A verdict as the contract's message. */
export const encodeVerdict = (verdict: Verdict): VerifyResponse =>
  verdict.verdict !== "verified"
    ? create(VerifyResponseSchema, { verdict: verdict.verdict, reason: verdict.reason })
    : create(VerifyResponseSchema, {
        verdict: verdict.verdict,
        reason: verdict.reason,
        actionType: verdict.action_type,
        category: verdict.category,
        subcategory: verdict.subcategory ?? "",
        description: verdict.description,
        scoringHints: {
          complexity: verdict.scoring_hints.complexity,
          impactRadius: verdict.scoring_hints.impact_radius,
          artifactsTouched: verdict.scoring_hints.artifacts_touched,
          timeSpentSeconds: BigInt(verdict.scoring_hints.time_spent_seconds ?? 0)
        },
        evidence: verdict.evidence,
        actorType: verdict.actor_type ?? ""
      })

/** A description as the contract's message. */
export const encodeDescription = (description: PluginDescription): DescribeResponse =>
  create(DescribeResponseSchema, {
    pluginId: description.plugin_id,
    version: description.version,
    description: description.description,
    categories: [...description.categories],
    sourceRequirements: description.source_types.map((sourceType) => ({ sourceType, permissions: ["read"] })),
    descriptionTemplates: [...description.description_templates],
    subcategories: [...description.subcategories]
  })
