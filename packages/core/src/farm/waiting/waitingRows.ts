/** Reads and writes of the proofs that wait for their agent's approval. */
import type { ChainHead, CheckedProof } from "@farmops/proof/verify"
import { Array as Arr, Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { SqlCount } from "../SqlCount.ts"
import { wireNow } from "../wireTime.ts"

const decodeHeads = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ sequence: SqlCount, proof_id: Schema.String, hash: Schema.String }))
)
const decodeSums = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ proofs: SqlCount, bytes: SqlCount })))
const decodeRotations = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ sequence: SqlCount, next_key: Schema.String }))
)
const decodeLines = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ sequence: SqlCount, line: Schema.String })))
const decodeCounts = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ proofs: SqlCount })))
const decodeAgentIds = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ agent_id: Schema.String })))

/** The last proof of an agent that waits; null where none does. */
export const readWaitingHead = Effect.fnUntraced(function* (agentId: string) {
  const sql = yield* SqlClient.SqlClient
  const [head] = yield* decodeHeads(
    yield* sql`SELECT sequence, proof_id, hash FROM tracker_waiting_proof WHERE agent_id = ${agentId}
      ORDER BY sequence DESC LIMIT 1`
  )
  return head === undefined ? null : ({ sequence: head.sequence, proofId: head.proof_id, hash: head.hash } as ChainHead)
})

/** The hash of the proof that waits in a place of an agent's chain; null where none does. */
export const readWaitingHash = Effect.fnUntraced(function* (agentId: string, sequence: number) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* decodeHeads(
    yield* sql`SELECT sequence, proof_id, hash FROM tracker_waiting_proof
      WHERE agent_id = ${agentId} AND sequence = ${sequence}`
  )
  return row?.hash ?? null
})

/** How many proofs of one agent wait. */
export const countWaiting = Effect.fnUntraced(function* (agentId: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* decodeCounts(
    yield* sql`SELECT COUNT(*) AS proofs FROM tracker_waiting_proof WHERE agent_id = ${agentId}`
  )
  return row?.proofs ?? 0
})

/** What waits in all. */
export const sumWaiting = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [sums] = yield* decodeSums(
    yield* sql`SELECT COUNT(bytes) AS proofs, CAST(COALESCE(SUM(bytes), 0) AS BIGINT) AS bytes FROM tracker_waiting_proof`
  )
  return sums ?? { proofs: 0, bytes: 0 }
})

/** The keys that an agent's waiting proofs bring in, and the places after which each signs. */
export const readWaitingRotations = Effect.fnUntraced(function* (agentId: string) {
  const sql = yield* SqlClient.SqlClient
  return yield* decodeRotations(
    yield* sql`SELECT sequence, next_key FROM tracker_waiting_proof
      WHERE agent_id = ${agentId} AND next_key IS NOT NULL ORDER BY sequence`
  )
})

/** Stores proofs that continue what waits. */
export const insertWaiting = Effect.fnUntraced(function* (proofs: ReadonlyArray<CheckedProof>) {
  const sql = yield* SqlClient.SqlClient
  const received_at = yield* wireNow
  const rows = proofs.map(({ hash, line, proof }) => ({
    agent_id: proof.agent.agent_id,
    sequence: proof.sequence,
    proof_id: proof.proof_id,
    hash,
    line,
    bytes: Buffer.byteLength(line),
    next_key: proof.key_rotation?.new_public_key ?? null,
    received_at
  }))
  if (Arr.isArrayNonEmpty(rows)) yield* sql`INSERT INTO tracker_waiting_proof ${sql.insert(rows)}`
})

/** The first lines of an agent that wait, in the order of its chain. */
export const readWaitingLines = Effect.fnUntraced(function* (agentId: string, limit: number) {
  const sql = yield* SqlClient.SqlClient
  return yield* decodeLines(
    yield* sql`SELECT sequence, line FROM tracker_waiting_proof
      WHERE agent_id = ${agentId} ORDER BY sequence LIMIT ${limit}`
  )
})

/** Forgets an agent's waiting proofs up to a place; without one, all of them. */
export const deleteWaiting = Effect.fnUntraced(function* (agentId: string, through: number = Number.MAX_SAFE_INTEGER) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`DELETE FROM tracker_waiting_proof WHERE agent_id = ${agentId} AND sequence <= ${through}`
})

/** The approved agents of which proofs still wait: their approval was cut short. */
export const readUnsettledAgents = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* decodeAgentIds(
    yield* sql`SELECT agent_id FROM tracker_agent WHERE status = 'approved'
      AND EXISTS (SELECT 1 FROM tracker_waiting_proof w WHERE w.agent_id = tracker_agent.agent_id)`
  )
  return rows.map(({ agent_id }) => agent_id)
})
