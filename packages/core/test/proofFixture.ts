/** Agents that sign real chains, for tests of whoever takes proofs. */
import type { Ed25519 } from "@farmops/proof/Ed25519"
import type { FarmProof } from "@farmops/proof/FarmProof"
import { encodeHex } from "@farmops/proof/hex"
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
  readonly key: SigningKey
  readonly head: () => ChainHead | null
  /** The next line of the chain; the head moves on. */
  readonly next: (edit?: ProofEdit) => Effect.Effect<string>
  /** A line that continues `head`; the agent's own head stays. */
  readonly after: (head: ChainHead | null, edit?: ProofEdit) => Effect.Effect<string>
  readonly chain: (length: number, edit?: (at: number) => ProofEdit) => Effect.Effect<ReadonlyArray<string>>
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

/** A fresh agent with an empty chain. */
export const makeTestAgent: Effect.Effect<TestAgent, never, Ed25519> = Effect.gen(function* () {
  const key = yield* makeSigningKey
  const agentId = yield* uuidV7
  let head: ChainHead | null = null
  const sign = Effect.fnUntraced(function* (from: ChainHead | null, edit: ProofEdit) {
    const body = edit(yield* unsignedProof(agentId, from))
    const unsigned = serializeUnsigned(body)
    const signature = key.sign(new TextEncoder().encode(unsigned))
    const made: ChainHead = { sequence: body.sequence, proofId: body.proof_id, hash: sha256Hex(unsigned) }
    return { line: serializeProof({ ...body, signature }).line, made }
  })
  const next = (edit: ProofEdit = (proof) => proof) =>
    Effect.map(sign(head, edit), ({ line, made }) => {
      head = made
      return line
    })
  return {
    agentId,
    key,
    head: () => head,
    next,
    after: (from, edit = (proof) => proof) => Effect.map(sign(from, edit), ({ line }) => line),
    chain: (length, edit) =>
      Effect.forEach(
        Array.from({ length }, (_, at) => at),
        (at) => next(edit?.(at))
      ),
    enrolment: Effect.gen(function* () {
      const body = {
        agent_id: agentId,
        public_key: key.publicKey,
        cluster_alias: "test",
        requested_at: yield* wireNow
      }
      return { ...body, possession: signStatement(key, "farmops/enrolment/v1", body) }
    })
  }
})
