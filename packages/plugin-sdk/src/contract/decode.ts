/** The contract's messages as checked values: here a plugin's words are measured against the contract. */
import { type Effect, Schema } from "effect"
import type { DescribeResponse, VerifyResponse } from "../gen/farmops/plugin/v1/plugin_pb.ts"
import { readRawData } from "./Observation.ts"
import {
  capabilities,
  configurationSchemaBytesMax,
  PluginDescription,
  UnverifiedVerdict,
  type Verdict,
  VerifiedVerdict
} from "./Verdict.ts"

const nullIfEmpty = (text: string): string | null => (text === "" ? null : text)

const decodeVerified = Schema.decodeUnknownEffect(VerifiedVerdict)
const decodeUnverified = Schema.decodeUnknownEffect(UnverifiedVerdict)

/** A plugin's answer as a checked verdict; fails where it says something that the contract has no word for. */
export const decodeVerdict = (message: VerifyResponse): Effect.Effect<Verdict, Schema.SchemaError> => {
  // Untrusted: made by a plugin.
  const remember = message.memory ?? null
  if (message.verdict !== "verified") {
    return decodeUnverified({ verdict: message.verdict, reason: message.reason, remember })
  }
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
    actor_type: nullIfEmpty(message.actorType),
    remember
  })
}

const known: ReadonlySet<string> = new Set(capabilities)
const nullIfZero = (count: number | undefined): number | null => (count === undefined || count === 0 ? null : count)

// What is not JSON is given to the schema as it is, which refuses it.
const readSchema = (bytes: Uint8Array): unknown => {
  if (bytes.length === 0) return null
  return bytes.length > configurationSchemaBytesMax ? undefined : readRawData(bytes)
}

/** A plugin's description of itself, checked. */
export const decodeDescription = (message: DescribeResponse) =>
  // Untrusted: made by a plugin.
  Schema.decodeUnknownEffect(PluginDescription)({
    plugin_id: message.pluginId,
    version: message.version,
    description: message.description,
    categories: message.categories,
    sources: message.sourceRequirements.map(({ fields, permissions, sourceType }) => ({
      source_type: sourceType,
      permissions,
      fields
    })),
    description_templates: message.descriptionTemplates,
    subcategories: message.subcategories,
    protocol_versions: message.protocolVersions.length === 0 ? [1] : message.protocolVersions,
    // A newer plugin may know of more than this agent.
    capabilities: message.capabilities.filter((name) => known.has(name)),
    wanted_limits: {
      memory_mib: nullIfZero(message.wantedLimits?.memoryMib),
      call_ms: nullIfZero(message.wantedLimits?.callMs),
      cpu_percent: nullIfZero(message.wantedLimits?.cpuPercent)
    },
    configuration_schema: readSchema(message.configurationSchema)
  })
