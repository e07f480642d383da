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
import { randomBytesOfBlock } from "./internal/randomBytes.ts"
import { sha256Hex } from "./internal/sha256.ts"
import { signPossession } from "./keyRotation.ts"
import { type FarmProof, type ProofFault, proofFaultCodes, type UnsignedProof } from "./proofForm.ts"
import type { SigningKey } from "./SigningKey.ts"
import { type SignedProof, signProof } from "./signProof.ts"
import { uuidV7 } from "./UuidV7.ts"
import type { ChainHead } from "./verify.ts"
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

/** A change of key: which key takes over, and who hands the chain over to it. */
export interface RotationWork {
  readonly clusterAlias: string
  readonly newKey: SigningKey
  readonly signer: Pick<SigningKey, "sign">
}

/** A signed proof and the secret with which its evidence can be shown later. */
export interface BuiltProof extends SignedProof {
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
export const hashEvidence = (salt: Redacted.Redacted<Uint8Array>, evidence: Uint8Array): string => {
  const prefix = Redacted.value(salt)
  const salted = new Uint8Array(prefix.length + evidence.length)
  salted.set(prefix)
  salted.set(evidence, prefix.length)
  return sha256Hex(salted)
}

/** What `actor.actor_hash` holds: hex HMAC-SHA-256 under the farm salt of the identifier, trimmed, lower-cased, in NFC. */
export const hashActor = (salt: Redacted.Redacted<Uint8Array>, identifier: Redacted.Redacted<string>): string => {
  const canonical = Redacted.value(identifier).trim().toLowerCase().normalize("NFC")
  return encodeHex(hmac(sha256, Redacted.value(salt), new TextEncoder().encode(canonical)))
}

const refuseWork = ({ code, detail, path }: ProofFault) => new WorkRefused({ code, path, message: `${path} ${detail}` })

/** The place in the chain that comes after `head`. */
const placeAfter = (head: ChainHead | null) => ({
  prev_proof_id: head?.proofId ?? null,
  prev_proof_hash: head?.hash ?? null,
  sequence: head === null ? 0 : head.sequence + 1
})

const spellTime = (time: DateTime.Utc): string => DateTime.formatIso(time).replace(/\.\d+Z$/, "Z")

const newEvidenceSalt = Effect.map(randomBytesOfBlock(evidenceSaltBytes), (bytes) =>
  Redacted.make(bytes, { label: "evidence salt" })
)

const make = Effect.gen(function* () {
  const key = yield* AgentKey
  const farmSalt = yield* FarmSalt

  const finish = (
    body: UnsignedProof,
    head: ChainHead | null,
    signer: Pick<SigningKey, "sign">,
    evidenceSalt: BuiltProof["evidenceSalt"]
  ): Effect.Effect<BuiltProof, WorkRefused> => {
    const signed = signProof(body, head, signer)
    return signed.ok ? Effect.succeed({ ...signed.value, evidenceSalt }) : Effect.fail(refuseWork(signed.fault))
  }

  /** Builds and signs the proof that comes after `head`. Writes nothing: `ProofChain` appends it, in a span of its own. */
  const build = Effect.fnUntraced(function* (
    work: VerifiedWork,
    head: ChainHead | null
  ): Effect.fn.Return<BuiltProof, WorkRefused> {
    const evidenceSalt = yield* newEvidenceSalt
    const { action, hints } = work
    // Field by field: whatever else the caller's objects carry stays behind.
    const body: UnsignedProof = {
      schema_version: "1",
      proof_id: yield* uuidV7,
      ...placeAfter(head),
      timestamp: spellTime(DateTime.min(work.timestamp, yield* DateTime.now)),
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
    return yield* finish(body, head, key, evidenceSalt)
  })

  /**
   * Builds the record that hands the chain over to `newKey`, signed by `signer`: the key in force, or the recovery key.
   * The actor is the agent itself, so that the record says nothing of anybody.
   */
  const buildRotation = Effect.fn("ProofBuilder.buildRotation")(function* (
    { clusterAlias, newKey, signer }: RotationWork,
    head: ChainHead | null
  ): Effect.fn.Return<BuiltProof, WorkRefused> {
    const evidenceSalt = yield* newEvidenceSalt
    const place = placeAfter(head)
    const body: UnsignedProof = {
      schema_version: "1",
      proof_id: yield* uuidV7,
      ...place,
      timestamp: spellTime(yield* DateTime.now),
      agent: { agent_id: key.agentId, cluster_alias: clusterAlias },
      actor: { actor_hash: hashActor(farmSalt, Redacted.make(key.agentId)), actor_type: "system" },
      action: {
        plugin: "farmops/agent",
        action_type: "configure",
        category: "security",
        subcategory: "key-rotation",
        description: "Handed this agent's chain over to a new key"
      },
      key_rotation: {
        new_public_key: newKey.publicKey,
        possession: signPossession(newKey, { agent_id: key.agentId, ...place })
      },
      outcome: {
        status: "success",
        verified: true,
        evidence_hash: hashEvidence(evidenceSalt, new TextEncoder().encode(newKey.publicKey))
      },
      scoring_hints: { complexity: "low", impact_radius: 1, artifacts_touched: 1, time_spent_seconds: null }
    }
    return yield* finish(body, head, signer, evidenceSalt)
  })

  return { build, buildRotation } as const
})

/** Turns verified work, and changes of key, into signed proofs. The only caller of an agent's key over proofs. */
export class ProofBuilder extends Context.Service<ProofBuilder>()("@farmops/proof/ProofBuilder", { make }) {
  static readonly layer: Layer.Layer<ProofBuilder, never, AgentKey | FarmSalt> = Layer.effect(this, this.make)
}
