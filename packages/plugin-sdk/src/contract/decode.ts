/** The contract's messages as checked values: here a plugin's words are measured against the contract. */
import { type Effect, Schema } from "effect"
import type { DescribeResponse, VerifyResponse } from "../gen/farmops/plugin/v1/plugin_pb.ts"
import { PluginDescription, UnverifiedVerdict, type Verdict, VerifiedVerdict } from "./Verdict.ts"

const nullIfEmpty = (text: string): string | null => (text === "" ? null : text)

const decodeVerified = Schema.decodeUnknownEffect(VerifiedVerdict)
const decodeUnverified = Schema.decodeUnknownEffect(UnverifiedVerdict)

/** A plugin's answer as a checked verdict; fails where it says something that the contract has no word for. */
export const decodeVerdict = (message: VerifyResponse): Effect.Effect<Verdict, Schema.SchemaError> => {
  // Untrusted: made by a plugin.
  if (message.verdict !== "verified") return decodeUnverified({ verdict: message.verdict, reason: message.reason })
  const hints = message.scoringHints
  return decodeVerified({
    verdict: message.verdict,
    reason: message.reason,
    action_type: message.actionType,
    category: message.category,
    subcategory: nullIfEmpty(message.subcategory),
    description: message.description,
    scoring_hints: {
      complexity: hints?.complexity ?? "",
      impact_radius: hints?.impactRadius ?? 0,
      artifacts_touched: hints?.artifactsTouched ?? -1,
      time_spent_seconds: hints === undefined || hints.timeSpentSeconds === 0n ? null : Number(hints.timeSpentSeconds)
    },
    evidence: message.evidence,
    actor_type: nullIfEmpty(message.actorType)
  })
}

/** A plugin's description of itself, checked. */
export const decodeDescription = (message: DescribeResponse) =>
  // Untrusted: made by a plugin.
  Schema.decodeUnknownEffect(PluginDescription)({
    plugin_id: message.pluginId,
    version: message.version,
    description: message.description,
    categories: message.categories,
    source_types: message.sourceRequirements.map(({ sourceType }) => sourceType),
    description_templates: message.descriptionTemplates,
    subcategories: message.subcategories
  })
