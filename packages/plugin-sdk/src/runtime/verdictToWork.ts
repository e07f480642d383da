/** From an observation and its verdict to the work that a proof may be built of. The last step that sees raw data. */
import type { VerifiedWork } from "@farmops/proof/ProofBuilder"
import type { Observation } from "../contract/Observation.ts"
import type { PluginDescription, VerifiedVerdict } from "../contract/Verdict.ts"
import { checkLeak, type LeakFault } from "./checkLeak.ts"

/** The work, or why LeakGuard keeps it back. */
export type WorkOrLeak =
  | { readonly _tag: "Work"; readonly work: VerifiedWork }
  | { readonly _tag: "Leak"; readonly fault: LeakFault }

const utf8 = new TextEncoder()

// Which plugin vouched is part of the evidence, so a proof can be traced to the exact one.
const bindEvidence = (plugin: PluginDescription, evidence: Uint8Array): Uint8Array => {
  const head = utf8.encode(`${plugin.plugin_id}\u0000${plugin.version}\u0000`)
  const bound = new Uint8Array(head.length + evidence.length)
  bound.set(head)
  bound.set(evidence, head.length)
  return bound
}

/** Checks what the plugin wants to say and puts it into the form that `ProofBuilder` takes. Pure. */
export const verdictToWork = (
  plugin: PluginDescription,
  observation: Observation,
  verdict: VerifiedVerdict,
  clusterAlias: string
): WorkOrLeak => {
  const fault = checkLeak(plugin, verdict, observation.rawData)
  if (fault !== null) return { _tag: "Leak", fault }
  return {
    _tag: "Work",
    work: {
      timestamp: observation.occurredAt,
      clusterAlias,
      actor: { identifier: observation.actor.identifier, type: verdict.actor_type ?? observation.actor.type },
      action: {
        plugin: plugin.plugin_id,
        action_type: verdict.action_type,
        category: verdict.category,
        subcategory: verdict.subcategory,
        description: verdict.description
      },
      status: "success",
      evidence: bindEvidence(plugin, verdict.evidence),
      hints: verdict.scoring_hints
    }
  }
}
