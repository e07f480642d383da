/**
 * The one door from evidence to proof. What comes in is verified work with raw evidence and a person's identifier; what
 * goes out is content-free: a keyed hash of the person, a salted hash of the evidence, and words from closed lists.
 */
import { hmac } from "@noble/hashes/hmac.js"
import { sha256 } from "@noble/hashes/sha2.js"
import { Context, DateTime, Effect, Layer, Redacted, Schema } from "effect"
import { AgentKey } from "./AgentKey.ts"
import { FarmSalt } from "./FarmSalt.ts"
import { encodeHex } from "./hex.ts"
import { randomBytes } from "./internal/randomBytes.ts"
import { type FarmProof, type ProofFault, proofFaultCodes, type UnsignedProof } from "./proofForm.ts"
import { serializeProof, serializeUnsigned } from "./serializeProof.ts"
import { uuidV7 } from "./UuidV7.ts"
import { type ChainHead, followsHead, parseProof } from "./verify.ts"
import type { ActorType, OutcomeStatus } from "./vocabulary.ts"

/** Work that a plugin has verified. Everything but `actor.identifier` and `evidence` travels in the proof as it is. */
export interface VerifiedWork {
  /** When the work was done; a time in the future becomes now. */
  readonly timestamp: DateTime.Utc
  readonly clusterAlias: string
  readonly actor: { readonly identifier: Redacted.Redacted<string>; readonly type: ActorType }
  readonly action: FarmProof["action"]
  readonly status: OutcomeStatus
  /** Raw evidence. It is hashed here and goes no further. */
  readonly evidence: Uint8Array
  readonly hints: FarmProof["scoring_hints"]
}

/** A signed proof and the secret with which its evidence can be shown later. */
export interface BuiltProof {
  readonly proof: FarmProof
  readonly line: string
  readonly hash: string
  /** 32 random bytes; stays with the agent. */
  readonly evidenceSalt: Redacted.Redacted<Uint8Array>
}

/** The work does not fit the form of a proof: a text too long, a control character, a negative count. A plugin is at fault. */
export class WorkRefused extends Schema.TaggedError<WorkRefused>()("WorkRefused", {
  code: Schema.Literals(proofFaultCodes),
  path: Schema.NullOr(Schema.String),
  message: Schema.String
}) {}

/** Bytes put before the evidence, so that small or common evidence cannot be found by trying. */
export const evidenceSaltBytes = 32

/** What `outcome.evidence_hash` holds: hex SHA-256 of the salt followed by the evidence. */
export const hashEvidence = (salt: Redacted.Redacted<Uint8Array>, evidence: Uint8Array): string =>
  encodeHex(sha256.create().update(Redacted.value(salt)).update(evidence).digest())

/** What `actor.actor_hash` holds: hex HMAC-SHA-256 under the farm salt of the identifier, trimmed, lower-cased, in NFC. */
export const hashActor = (salt: Redacted.Redacted<Uint8Array>, identifier: Redacted.Redacted<string>): string => {
  const canonical = Redacted.value(identifier).trim().toLowerCase().normalize("NFC")
  return encodeHex(hmac(sha256, Redacted.value(salt), new TextEncoder().encode(canonical)))
}

// Accepted from others, since it is well-formed text, but never made by us: it could drive a terminal or hide text.
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u

const refuseWork = ({ code, detail, path }: ProofFault) => new WorkRefused({ code, path, message: `${path} ${detail}` })

const checkPrintable = Effect.fnUntraced(function* (proof: UnsignedProof) {
  const texts = {
    "agent.cluster_alias": proof.agent.cluster_alias,
    "action.plugin": proof.action.plugin,
    "action.subcategory": proof.action.subcategory ?? "",
    "action.description": proof.action.description
  }
  for (const [path, text] of Object.entries(texts)) {
    if (unprintable.test(text)) {
      return yield* refuseWork({ code: "bad_format", path, detail: "must not have control characters" })
    }
  }
})

const make = Effect.gen(function* () {
  const key = yield* AgentKey
  const farmSalt = yield* FarmSalt

  /** Builds and signs the proof that comes after `head`. Writes nothing: `ProofChain` appends it. */
  const build = Effect.fn("ProofBuilder.build")(function* (
    work: VerifiedWork,
    head: ChainHead | null
  ): Effect.fn.Return<BuiltProof, WorkRefused> {
    const evidenceSalt = Redacted.make(yield* randomBytes(evidenceSaltBytes), { label: "evidence salt" })
    const timestamp = DateTime.min(work.timestamp, yield* DateTime.now)
    const { action, hints } = work
    // Field by field: whatever else the caller's objects carry stays behind.
    const body: UnsignedProof = {
      schema_version: "1",
      proof_id: yield* uuidV7,
      prev_proof_id: head?.proofId ?? null,
      prev_proof_hash: head?.hash ?? null,
      sequence: head === null ? 0 : head.sequence + 1,
      timestamp: DateTime.formatIso(timestamp).replace(/\.\d+Z$/, "Z"),
      agent: { agent_id: key.agentId, cluster_alias: work.clusterAlias },
      actor: { actor_hash: hashActor(farmSalt, work.actor.identifier), actor_type: work.actor.type },
      action: {
        plugin: action.plugin,
        action_type: action.action_type,
        category: action.category,
        subcategory: action.subcategory,
        description: action.description
      },
      outcome: { status: work.status, verified: true, evidence_hash: hashEvidence(evidenceSalt, work.evidence) },
      scoring_hints: {
        complexity: hints.complexity,
        impact_radius: hints.impact_radius,
        artifacts_touched: hints.artifacts_touched,
        time_spent_seconds: hints.time_spent_seconds
      }
    }
    yield* checkPrintable(body)
    const unsigned = new TextEncoder().encode(serializeUnsigned(body))
    const proof: FarmProof = { ...body, signature: key.sign(unsigned) }
    const { line } = serializeProof(proof)
    // Nothing leaves that a tracker would refuse.
    const parsed = parseProof(line)
    if (!parsed.ok) return yield* refuseWork(parsed.fault)
    const linked = followsHead(head, proof)
    if (!linked.ok) return yield* refuseWork(linked.fault)
    return { proof, line, hash: encodeHex(sha256(unsigned)), evidenceSalt }
  })

  return { build } as const
})

/** Turns verified work into signed proofs. The only caller of an agent's key over proofs. */
export class ProofBuilder extends Context.Service<ProofBuilder>()("@farmops/proof/ProofBuilder", { make }) {
  static readonly layer: Layer.Layer<ProofBuilder, never, AgentKey | FarmSalt> = Layer.effect(this, this.make)
}
