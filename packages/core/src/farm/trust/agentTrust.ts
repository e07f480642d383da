/** What the owner sees of the trust in one agent: every key that it had, and how much of its work is void. */
import { AgentId, ProofHash } from "@farmops/proof/FarmProof"
import { fingerprintOf } from "@farmops/proof/fingerprint"
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { AgentStatus } from "../Enrolment.ts"
import { SqlCount } from "../SqlCount.ts"
import { AgentUnknown } from "./agentErrors.ts"
import { readAgent, readEpochs } from "./agentRows.ts"
import { presentEpochs } from "./keyEpochs.ts"
import { voidCauses } from "./voidFold.ts"

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

/** One key of an agent. */
export const AgentKeyEpoch = Schema.Struct({
  /** How many recoveries came before it. */
  branch: Count,
  /** It signs from this sequence on, until the next key of the present chain. */
  first_sequence: Count,
  public_key: ProofHash,
  fingerprint: Schema.String,
  /** False for a key whose whole part of the chain a recovery left behind. */
  present: Schema.Boolean
})

/** See {@link readAgentTrust}. */
export const AgentTrust = Schema.Struct({
  agent_id: AgentId,
  status: AgentStatus,
  recovery_public_key: Schema.NullOr(ProofHash),
  branch: Count,
  /** Oldest first; the last of the present ones is in force. */
  epochs: Schema.Array(AgentKeyEpoch),
  /** Void proofs by cause. */
  void: Schema.Struct({ recovery: Count, revocation: Count }),
  /** Forks whose evidence is kept. */
  forks: Count
})

/** See the schema of the same name. */
export type AgentTrust = typeof AgentTrust.Type

const decodeVoids = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ void: Schema.Literals(voidCauses), n: SqlCount }))
)
const decodeCount = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ n: SqlCount })))

/** The trust in one agent, as of now. */
export const readAgentTrust = Effect.fnUntraced(function* (agentId: string) {
  const sql = yield* SqlClient.SqlClient
  const agent = (yield* readAgent(agentId)) ?? (yield* new AgentUnknown({ agentId }))
  const all = (yield* readEpochs([agentId])).get(agentId) ?? []
  const present = new Set(presentEpochs(all).map(({ publicKey }) => publicKey))
  const voids = yield* decodeVoids(
    yield* sql`SELECT void, COUNT(*) AS n FROM tracker_proof
      WHERE agent_id = ${agentId} AND void IS NOT NULL GROUP BY void`
  )
  const [forks] = yield* decodeCount(yield* sql`SELECT COUNT(*) AS n FROM tracker_fork WHERE agent_id = ${agentId}`)
  const voidBy = (cause: (typeof voidCauses)[number]) => voids.find((one) => one.void === cause)?.n ?? 0
  const trust: AgentTrust = {
    agent_id: agent.agent_id,
    status: agent.status,
    recovery_public_key: agent.recovery_public_key,
    branch: agent.branch,
    epochs: all.map(({ branch, firstSequence, publicKey }) => ({
      branch,
      first_sequence: firstSequence,
      public_key: publicKey,
      fingerprint: fingerprintOf(publicKey) ?? "",
      present: present.has(publicKey)
    })),
    void: { recovery: voidBy("recovery"), revocation: voidBy("revocation") },
    forks: forks?.n ?? 0
  }
  return trust
})
