/** From an observation and its verdict to the work that a proof may be built of. The last step that sees raw data. */
import type { VerifiedWork } from "@farmops/proof/ProofBuilder"
import type { Observation } from "../contract/Observation.ts"
import type { PluginDescription, VerifiedVerdict } from "../contract/Verdict.ts"
import { bindEvidence } from "./bindEvidence.ts"
import { checkLeak, type LeakFault } from "./checkLeak.ts"
import type { PluginIdentity } from "./PluginRuntime.ts"

/** The work, or why LeakGuard keeps it back. */
export type WorkOrLeak =
  | { readonly _tag: "Work"; readonly work: VerifiedWork }
  | { readonly _tag: "Leak"; readonly fault: LeakFault }

/** Who gave the verdict, and by what it may speak. */
export interface Witness {
  readonly description: PluginDescription
  readonly identity: PluginIdentity
}

/** Checks what the plugin wants to say and puts it into the form that `ProofBuilder` takes. Pure. */
export const verdictToWork = (
  { description, identity }: Witness,
  observation: Observation,
  verdict: VerifiedVerdict,
  clusterAlias: string
): WorkOrLeak => {
  const fault = checkLeak(description, verdict, observation.rawData)
  if (fault !== null) return { _tag: "Leak", fault }
  return {
    _tag: "Work",
    work: {
      timestamp: observation.occurredAt,
      clusterAlias,
      actor: { identifier: observation.actor.identifier, type: verdict.actor_type ?? observation.actor.type },
      action: {
        plugin: description.plugin_id,
        action_type: verdict.action_type,
        category: verdict.category,
        subcategory: verdict.subcategory,
        description: verdict.description
      },
      status: "success",
      evidence: bindEvidence(identity, verdict.evidence),
      hints: verdict.scoring_hints
    }
  }
}
