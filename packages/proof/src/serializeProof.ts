/**
 * The canonical text (RFC 8785) of a FarmProof, written out for its one schema: about ten times faster than the general
 * `canonicalJson`, and equal to it on every valid proof (a property test says so).
 */
import type { FarmProof, UnsignedProof } from "./proofForm.ts"
import { signatureBytes } from "./strictEd25519.ts"

// JSON.stringify escapes a well-formed string exactly as RFC 8785 §3.2.2.2 demands.
const quote = (text: string): string => JSON.stringify(text)
const quoteOrNull = (text: string | null): string => (text === null ? "null" : JSON.stringify(text))
// Nothing to escape in hex, and JSON.stringify would look at each digit.
const hexOrNull = (text: string | null): string => (text === null ? "null" : `"${text}"`)

const rotationText = ({ key_rotation }: UnsignedProof): string =>
  key_rotation === undefined
    ? ""
    : `,"key_rotation":{"new_public_key":"${key_rotation.new_public_key}","possession":"${key_rotation.possession}"}`

/** Everything that sorts before `signature`. */
const beforeSignature = (proof: UnsignedProof): string => {
  const { action, actor, agent, outcome, scoring_hints: hints } = proof
  return (
    `{"action":{"action_type":"${action.action_type}","category":"${action.category}"` +
    `,"description":${quote(action.description)},"plugin":${quote(action.plugin)}` +
    `,"subcategory":${quoteOrNull(action.subcategory)}}` +
    `,"actor":{"actor_hash":"${actor.actor_hash}","actor_type":"${actor.actor_type}"}` +
    `,"agent":{"agent_id":"${agent.agent_id}","cluster_alias":${quote(agent.cluster_alias)}}` +
    rotationText(proof) +
    `,"outcome":{"evidence_hash":"${outcome.evidence_hash}","status":"${outcome.status}","verified":${outcome.verified}}` +
    `,"prev_proof_hash":${hexOrNull(proof.prev_proof_hash)},"prev_proof_id":${hexOrNull(proof.prev_proof_id)}` +
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

// The last two members have one length in every record: 128 digits of a signature, and a time to the second.
const signatureMemberBytes = `,"signature":""`.length + 2 * signatureBytes
const afterSignatureBytes = `,"timestamp":"2026-02-21T09:30:00Z"}`.length
const utf8 = new TextEncoder()

/** The unsigned text of a line that is known to be canonical. */
export const cutSignature = (line: string): string =>
  line.slice(0, -(signatureMemberBytes + afterSignatureBytes)) + line.slice(-afterSignatureBytes)

/** The record's line from its unsigned text and its signature. */
export const insertSignature = (unsigned: string, signature: string): string =>
  `${unsigned.slice(0, -afterSignatureBytes)},"signature":"${signature}"${unsigned.slice(-afterSignatureBytes)}`

/**
 * The bytes that are signed and hashed, cut out of a line that `parseProof` has accepted: writing them a second time would
 * cost more than hashing them. They lie at the start of `into`, which must have room for the line.
 */
export const writeUnsigned = (line: string, into: Uint8Array): Uint8Array => {
  const { written } = utf8.encodeInto(line, into)
  const after = written - afterSignatureBytes
  into.copyWithin(after - signatureMemberBytes, after, written)
  return into.subarray(0, written - signatureMemberBytes)
}
