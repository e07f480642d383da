/** Puts who vouched into the evidence, so that the hash in a proof names the exact plugin to whoever is shown the evidence. */
import { type PluginDescription, protocolVersion } from "../contract/Verdict.ts"
import type { PluginIdentity } from "./PluginRuntime.ts"

/** Who a plugin is that runs in this process, or that somebody else started: nobody has measured its program. */
export const identityOf = ({ plugin_id, version }: PluginDescription): PluginIdentity => ({
  plugin_id,
  version,
  digest: null,
  protocol_version: protocolVersion
})

// A later form of these bytes gets another tag, so that no two forms can be taken for one another.
const tag = "farmops/evidence/v1"

const utf8 = new TextEncoder()

const withLength = (text: string): ReadonlyArray<number> => {
  const bytes = utf8.encode(text)
  return [bytes.length >>> 24, (bytes.length >>> 16) & 255, (bytes.length >>> 8) & 255, bytes.length & 255, ...bytes]
}

/**
 * Tag, plugin id, version, digest (no bytes where it is unknown) and protocol version (decimal), each after its length in four
 * bytes, most significant first; then the plugin's evidence. Different plugins or evidence always give different bytes.
 */
export const bindEvidence = (identity: PluginIdentity, evidence: Uint8Array): Uint8Array => {
  const { digest, plugin_id, protocol_version, version } = identity
  const head = [tag, plugin_id, version, digest ?? "", String(protocol_version)].flatMap(withLength)
  const bound = new Uint8Array(head.length + evidence.length)
  bound.set(head)
  bound.set(evidence, head.length)
  return bound
}
