/**
 * The canonical text (RFC 8785) of a FarmProof, written out for its one schema: about ten times faster than the general
 * `canonicalJson`, and equal to it on every valid proof (a property test says so).
 */
import type { FarmProof, UnsignedProof } from "./proofForm.ts"

// JSON.stringify escapes a well-formed string exactly as RFC 8785 §3.2.2.2 demands.
const quote = (text: string): string => JSON.stringify(text)
const quoteOrNull = (text: string | null): string => (text === null ? "null" : JSON.stringify(text))

/** Everything that sorts before `signature`. */
const beforeSignature = (proof: UnsignedProof): string => {
  const { action, actor, agent, outcome, scoring_hints: hints } = proof
  return (
    `{"action":{"action_type":"${action.action_type}","category":"${action.category}"` +
    `,"description":${quote(action.description)},"plugin":${quote(action.plugin)}` +
    `,"subcategory":${quoteOrNull(action.subcategory)}}` +
    `,"actor":{"actor_hash":"${actor.actor_hash}","actor_type":"${actor.actor_type}"}` +
    `,"agent":{"agent_id":"${agent.agent_id}","cluster_alias":${quote(agent.cluster_alias)}}` +
    `,"outcome":{"evidence_hash":"${outcome.evidence_hash}","status":"${outcome.status}","verified":${outcome.verified}}` +
    `,"prev_proof_hash":${quoteOrNull(proof.prev_proof_hash)},"prev_proof_id":${quoteOrNull(proof.prev_proof_id)}` +
    `,"proof_id":"${proof.proof_id}","schema_version":"${proof.schema_version}"` +
    `,"scoring_hints":{"artifacts_touched":${hints.artifacts_touched},"complexity":"${hints.complexity}"` +
    `,"impact_radius":${hints.impact_radius},"time_spent_seconds":${hints.time_spent_seconds}}` +
    `,"sequence":${proof.sequence}`
  )
}

const afterSignature = (proof: UnsignedProof): string => `,"timestamp":"${proof.timestamp}"}`

/** The two canonical texts of one proof: the whole record as it travels, and the part that is signed and hashed. */
export interface ProofTexts {
  readonly line: string
  readonly unsigned: string
}

/** Both texts at once. The proof must have passed `checkForm`: words and hex are written without escaping. */
export const serializeProof = (proof: FarmProof): ProofTexts => {
  const before = beforeSignature(proof)
  const after = afterSignature(proof)
  return { line: `${before},"signature":"${proof.signature}"${after}`, unsigned: before + after }
}

/** The text that a key signs and SHA-256 hashes. The proof must have the form of v1: words and hex are not escaped. */
export const serializeUnsigned = (proof: UnsignedProof): string => beforeSignature(proof) + afterSignature(proof)
