/** FarmProof v1 as an Effect Schema, for APIs and clients. The wire rules live in `verify.ts`; this agrees with them on fields. */
import { sha256 } from "@noble/hashes/sha2.js"
import { Schema } from "effect"
import { encodeHex } from "./hex.ts"
import {
  type FarmProof as Form,
  hex32Pattern,
  hex64Pattern,
  isTimestamp,
  textLengthMax,
  type UnsignedProof,
  uuidPattern,
  uuidV7Pattern
} from "./proofForm.ts"
import { serializeUnsigned } from "./serializeProof.ts"
import { actionTypes, actorTypes, categories, complexities, outcomeStatuses } from "./vocabulary.ts"

/** Lowercase hex SHA-256 of the unsigned canonical text; the next proof of the chain carries it. */
export const ProofHash = Schema.String.check(Schema.isPattern(hex32Pattern))

/** A UUID version 7 in its lowercase spelling. */
export const ProofId = Schema.String.check(Schema.isPattern(uuidV7Pattern))

/** The UUID of one agent; it never changes, whatever happens to its keys. */
export const AgentId = Schema.String.check(Schema.isPattern(uuidPattern))

// The pattern alone would admit 31 February: `isTimestamp` decides. It is here so that random timestamps can be made.
const timestampPattern = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/

/** UTC seconds spelled `YYYY-MM-DDTHH:MM:SSZ`: when the work was done, not when it was proved. */
export const ProofTimestamp = Schema.String.check(
  Schema.isPattern(timestampPattern),
  Schema.makeFilter((text: string) => isTimestamp(text) || "expected a real time spelled YYYY-MM-DDTHH:MM:SSZ")
)

const Count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }))

// At most `max` code points are at most twice as many UTF-16 units.
const freeText = (max: number) =>
  Schema.String.check(
    Schema.isMinLength(1),
    Schema.isMaxLength(2 * max),
    Schema.makeFilter(
      (text: string) => (text.isWellFormed() && Array.from(text).length <= max) || `expected 1 to ${max} characters`
    )
  )

/** One signed, content-free record of verified work. Decoding checks fields only: `verifyProof` checks bytes and signature. */
export const FarmProof = Schema.Struct({
  schema_version: Schema.Literal("1"),
  proof_id: ProofId,
  prev_proof_id: Schema.NullOr(ProofId),
  prev_proof_hash: Schema.NullOr(ProofHash),
  sequence: Count,
  timestamp: ProofTimestamp,
  agent: Schema.Struct({ agent_id: AgentId, cluster_alias: freeText(textLengthMax.cluster_alias) }),
  actor: Schema.Struct({ actor_hash: ProofHash, actor_type: Schema.Literals(actorTypes) }),
  action: Schema.Struct({
    plugin: freeText(textLengthMax.plugin),
    action_type: Schema.Literals(actionTypes),
    category: Schema.Literals(categories),
    subcategory: Schema.NullOr(freeText(textLengthMax.subcategory)),
    description: freeText(textLengthMax.description)
  }),
  outcome: Schema.Struct({
    status: Schema.Literals(outcomeStatuses),
    verified: Schema.Boolean,
    evidence_hash: ProofHash
  }),
  scoring_hints: Schema.Struct({
    complexity: Schema.Literals(complexities),
    impact_radius: Count,
    artifacts_touched: Count,
    time_spent_seconds: Schema.NullOr(Count)
  }),
  key_rotation: Schema.optionalKey(
    Schema.Struct({ new_public_key: ProofHash, possession: Schema.String.check(Schema.isPattern(hex64Pattern)) })
  ),
  signature: Schema.String.check(Schema.isPattern(hex64Pattern))
}) satisfies Schema.Codec<Form, Form>

/** One proof with the wire's names; see `docs/protocol/farm-proof-v1.md`. */
export type FarmProof = Form

const utf8 = new TextEncoder()

/** Lowercase hex SHA-256 of the proof without its signature. Only meaningful for a proof that has the form of v1. */
export const hashProof = (proof: UnsignedProof): string => encodeHex(sha256(utf8.encode(serializeUnsigned(proof))))
