/** What a plugin is sent: what it declares, cut to what its owner allows. Pure. */
import type { PluginDescription } from "../../contract/Verdict.ts"
import type { PluginSettings } from "../PluginManifest.ts"

// In a Kubernetes object these hold what a Secret keeps. A ConfigMap's are asked for in the same way, and need the same word.
const secretMembers: ReadonlySet<string> = new Set(["data", "stringData"])
// Where kubectl keeps a copy of the whole object.
const appliedAnnotation = "kubectl.kubernetes.io~1last-applied-configuration"

const mayHoldSecrets = (sourceType: string, field: string): boolean =>
  sourceType === "kubernetes" &&
  field.split("/").some((segment) => secretMembers.has(segment) || segment === appliedAnnotation)

/**
 * By source type, the fields that may be sent; an empty list stands for all but the data of Secrets. A source of which nothing
 * may be sent is not in it.
 */
export const effectiveSources = (
  { sources }: Pick<PluginDescription, "sources">,
  { secrets, sources: allowed }: Pick<PluginSettings, "secrets" | "sources">
): ReadonlyMap<string, ReadonlyArray<string>> => {
  const effective = new Map<string, ReadonlyArray<string>>()
  for (const { fields, source_type } of sources) {
    if (allowed !== null && !allowed.includes(source_type)) continue
    const approved = secrets[source_type] ?? []
    const kept = fields.filter((field) => !mayHoldSecrets(source_type, field) || approved.includes(field))
    // No fields at all would ask for everything.
    if (fields.length === 0 || kept.length > 0) effective.set(source_type, kept)
  }
  return effective
}
