/** Reads of the agents and of the keys that they had. */
import { AgentId, ProofHash } from "@farmops/proof/FarmProof"
import { fingerprintOf } from "@farmops/proof/fingerprint"
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { type AgentRecord, AgentStatus } from "../Enrolment.ts"
import { SqlCount } from "../SqlCount.ts"
import type { BranchEpoch } from "./keyEpochs.ts"

const AgentRow = Schema.Struct({
  agent_id: AgentId,
  public_key: ProofHash,
  recovery_public_key: Schema.NullOr(ProofHash),
  cluster_alias: Schema.String,
  status: AgentStatus,
  enrolled_at: Schema.String,
  decided_at: Schema.NullOr(Schema.String),
  branch: SqlCount,
  head_sequence: Schema.NullOr(SqlCount),
  head_proof_id: Schema.NullOr(Schema.String),
  head_hash: Schema.NullOr(Schema.String),
  waiting_proofs: SqlCount
})
const decodeAgents = Schema.decodeUnknownEffect(Schema.Array(AgentRow))
const decodeEpochs = Schema.decodeUnknownEffect(
  Schema.Array(
    Schema.Struct({ agent_id: Schema.String, branch: SqlCount, first_sequence: SqlCount, public_key: Schema.String })
  )
)

const recordOf = (row: typeof AgentRow.Type): AgentRecord => {
  const { head_hash, head_proof_id, head_sequence, ...rest } = row
  const head =
    head_sequence === null || head_proof_id === null || head_hash === null
      ? null
      : { sequence: head_sequence, proof_id: head_proof_id, hash: head_hash }
  return { ...rest, fingerprint: fingerprintOf(row.public_key) ?? "", head }
}

const selectAgents = Effect.map(
  SqlClient.SqlClient,
  (
    sql
  ) => sql`SELECT a.*, (SELECT COUNT(*) FROM tracker_waiting_proof w WHERE w.agent_id = a.agent_id) AS waiting_proofs
    FROM tracker_agent a`
)

/** Of the agents with these ids, those that enrolled. */
export const readAgents = Effect.fnUntraced(function* (agentIds: ReadonlyArray<string>) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* decodeAgents(yield* sql`${yield* selectAgents} WHERE ${sql.in("agent_id", agentIds)}`)
  return rows.map(recordOf)
})

/** The agent with this id; null when it never enrolled. */
export const readAgent = (agentId: string) => Effect.map(readAgents([agentId]), ([record]) => record ?? null)

/** Every agent, in the order in which they came. */
export const listAgents = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* decodeAgents(yield* sql`${yield* selectAgents} ORDER BY enrolled_at, agent_id`)
  return rows.map(recordOf)
})

/** Every key that these agents ever had, by agent, in the order in which they came into force. */
export const readEpochs = Effect.fnUntraced(function* (agentIds: ReadonlyArray<string>) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* decodeEpochs(
    yield* sql`SELECT * FROM tracker_key_epoch WHERE ${sql.in("agent_id", agentIds)} ORDER BY branch, first_sequence`
  )
  const epochs = new Map<string, ReadonlyArray<BranchEpoch>>()
  for (const { agent_id, branch, first_sequence, public_key } of rows) {
    const epoch = { branch, firstSequence: first_sequence, publicKey: public_key }
    epochs.set(agent_id, [...(epochs.get(agent_id) ?? []), epoch])
  }
  return epochs
})

/** Notes that a key comes into force. */
export const insertEpoch = Effect.fnUntraced(function* (
  agentId: string,
  { branch, firstSequence, publicKey }: BranchEpoch
) {
  const sql = yield* SqlClient.SqlClient
  const row = { agent_id: agentId, branch, first_sequence: firstSequence, public_key: publicKey }
  yield* sql`INSERT INTO tracker_key_epoch ${sql.insert(row)}`
})

/** Which of these keys are or were some agent's. */
export const readUsedKeys = Effect.fnUntraced(function* (publicKeys: ReadonlyArray<string>) {
  const sql = yield* SqlClient.SqlClient
  if (publicKeys.length === 0) return new Set<string>()
  const rows = yield* sql<{ public_key: string }>`SELECT public_key FROM tracker_key_epoch
    WHERE ${sql.in("public_key", publicKeys)}`
  return new Set(rows.map(({ public_key }) => public_key))
})
