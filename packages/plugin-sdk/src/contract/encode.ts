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
    ? create(VerifyResponseSchema, {
        verdict: verdict.verdict,
        reason: verdict.reason,
        ...(verdict.remember && { memory: verdict.remember })
      })
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
        actorType: verdict.actor_type ?? "",
        ...(verdict.remember && { memory: verdict.remember })
      })

/** A description as the contract's message. */
export const encodeDescription = (description: PluginDescription): DescribeResponse =>
  create(DescribeResponseSchema, {
    pluginId: description.plugin_id,
    version: description.version,
    description: description.description,
    categories: [...description.categories],
    sourceRequirements: description.sources.map(({ fields, permissions, source_type }) => ({
      sourceType: source_type,
      permissions: [...permissions],
      fields: [...fields]
    })),
    descriptionTemplates: [...description.description_templates],
    subcategories: [...description.subcategories],
    protocolVersions: [...description.protocol_versions],
    capabilities: [...description.capabilities],
    wantedLimits: {
      memoryMib: description.wanted_limits.memory_mib ?? 0,
      callMs: description.wanted_limits.call_ms ?? 0,
      cpuPercent: description.wanted_limits.cpu_percent ?? 0
    },
    configurationSchema:
      description.configuration_schema === null
        ? new Uint8Array()
        : new TextEncoder().encode(JSON.stringify(description.configuration_schema))
  })
