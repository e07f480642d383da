/** Agents that sign real chains, for tests of whoever takes proofs. */
import type { Ed25519 } from "@farmops/proof/Ed25519"
import type { FarmProof } from "@farmops/proof/FarmProof"
import { encodeHex } from "@farmops/proof/hex"
import { signPossession } from "@farmops/proof/keyRotation"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { makeSigningKey, type SigningKey } from "@farmops/proof/SigningKey"
import { serializeProof, serializeUnsigned } from "@farmops/proof/serializeProof"
import { signStatement } from "@farmops/proof/signedStatement"
import { uuidV7 } from "@farmops/proof/UuidV7"
import type { ChainHead } from "@farmops/proof/verify"
import { Effect } from "effect"
import type { EnrolmentRequest } from "../src/farm/Enrolment.ts"
import { wireNow } from "../src/farm/wireTime.ts"

/** What a test may change in a proof before it is signed. */
export type ProofEdit = (proof: Omit<FarmProof, "signature">) => Omit<FarmProof, "signature">

export interface TestAgent {
  readonly agentId: string
  /** The key with which it signs next. */
  readonly key: SigningKey
  readonly recoveryKey: SigningKey | null
  readonly head: () => ChainHead | null
  /** The next line of the chain; the head moves on. */
  readonly next: (edit?: ProofEdit) => Effect.Effect<string>
  /** A line that continues `head`; the agent's own head stays. */
  readonly after: (head: ChainHead | null, edit?: ProofEdit) => Effect.Effect<string>
  readonly chain: (length: number, edit?: (at: number) => ProofEdit) => Effect.Effect<ReadonlyArray<string>>
  /** The next line of the chain, which hands it over to a fresh key, or to the given one. */
  readonly rotate: (newKey?: SigningKey) => Effect.Effect<string>
  /** A line by the recovery key that takes the chain up after `head`, which moves there. */
  readonly recover: (head: ChainHead | null, newKey?: SigningKey) => Effect.Effect<string>
  readonly enrolment: Effect.Effect<EnrolmentRequest>
}

const unsignedProof = Effect.fnUntraced(function* (agentId: string, head: ChainHead | null) {
  const body: Omit<FarmProof, "signature"> = {
    schema_version: "1",
    proof_id: yield* uuidV7,
    prev_proof_id: head?.proofId ?? null,
    prev_proof_hash: head?.hash ?? null,
    sequence: head === null ? 0 : head.sequence + 1,
    timestamp: yield* wireNow,
    agent: { agent_id: agentId, cluster_alias: "test" },
    actor: { actor_hash: "ab".repeat(32), actor_type: "human" },
    action: {
      plugin: "farmops/test",
      action_type: "deploy",
      category: "reliability",
      subcategory: null,
      description: "Did 1 thing"
    },
    outcome: { status: "success", verified: true, evidence_hash: "cd".repeat(32) },
    scoring_hints: { complexity: "medium", impact_radius: 3, artifacts_touched: 2, time_spent_seconds: null }
  }
  return body
})

const sha256Hex = (text: string): string => encodeHex(nodeBackend.sha256(new TextEncoder().encode(text)))

/** The body as one that hands its chain over to `newKey`. */
export const rotationTo =
  (newKey: SigningKey): ProofEdit =>
  (proof) => ({
    ...proof,
    actor: { ...proof.actor, actor_type: "system" },
    action: { ...proof.action, action_type: "configure", category: "security", description: "Went over to a new key" },
    key_rotation: {
      new_public_key: newKey.publicKey,
      possession: signPossession(newKey, {
        agent_id: proof.agent.agent_id,
        prev_proof_hash: proof.prev_proof_hash,
        sequence: proof.sequence
      })
    }
  })

/** Signs any body, and says what head it makes. */
export const signBody = (body: Omit<FarmProof, "signature">, key: SigningKey) => {
  const unsigned = serializeUnsigned(body)
  const signature = key.sign(new TextEncoder().encode(unsigned))
  const made: ChainHead = { sequence: body.sequence, proofId: body.proof_id, hash: sha256Hex(unsigned) }
  return { line: serializeProof({ ...body, signature }).line, made }
}

const makeAgent = Effect.fnUntraced(function* (recoveryKey: SigningKey | null) {
  let key = yield* makeSigningKey
  const fresh = yield* Effect.context<Ed25519>()
  const agentId = yield* uuidV7
  let head: ChainHead | null = null
  const sign = Effect.fnUntraced(function* (from: ChainHead | null, edit: ProofEdit, by = key) {
    return signBody(edit(yield* unsignedProof(agentId, from)), by)
  })
  const next = (edit: ProofEdit = (proof) => proof) =>
    Effect.map(sign(head, edit), ({ line, made }) => {
      head = made
      return line
    })
  const handOver = Effect.fnUntraced(function* (from: ChainHead | null, by: SigningKey, to: SigningKey | undefined) {
    const newKey = to ?? (yield* Effect.provideContext(makeSigningKey, fresh))
    const { line, made } = yield* sign(from, rotationTo(newKey), by)
    head = made
    key = newKey
    return line
  })
  const agent: TestAgent = {
    agentId,
    get key() {
      return key
    },
    recoveryKey,
    head: () => head,
    next,
    after: (from, edit = (proof) => proof) => Effect.map(sign(from, edit), ({ line }) => line),
    chain: (length, edit) =>
      Effect.forEach(
        Array.from({ length }, (_, at) => at),
        (at) => next(edit?.(at))
      ),
    rotate: (newKey) => handOver(head, key, newKey),
    recover: (from, newKey) => handOver(from, recoveryKey ?? key, newKey),
    enrolment: Effect.gen(function* () {
      const body = {
        agent_id: agentId,
        public_key: key.publicKey,
        recovery_public_key: recoveryKey?.publicKey ?? null,
        cluster_alias: "test",
        requested_at: yield* wireNow
      }
      return { ...body, possession: signStatement(key, "farmops/enrolment/v1", body) }
    })
  }
  return agent
})

/** A fresh agent with an empty chain. */
export const makeTestAgent: Effect.Effect<TestAgent, never, Ed25519> = makeAgent(null)

/** A fresh agent that can be taken back. */
export const makeRecoverableAgent: Effect.Effect<TestAgent, never, Ed25519> = Effect.flatMap(makeSigningKey, makeAgent)
