/** What a transaction reads before it decides on a group of proofs. */
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { AgentStatus } from "../Enrolment.ts"
import type { AgentView } from "../judgeProof.ts"
import { SqlCount } from "../SqlCount.ts"
import { readEpochs, readUsedKeys } from "./agentRows.ts"
import type { Candidate } from "./checkSigner.ts"
import { presentEpochs } from "./keyEpochs.ts"

/** Stored proofs that share an id with one of the group, and stored keys that the group rotates to. */
export interface KnownRows {
  readonly coins: ReadonlyMap<string, number>
  readonly ids: ReadonlySet<string>
  readonly keys: ReadonlySet<string>
}

const decodeAgents = Schema.decodeUnknownEffect(
  Schema.Array(
    Schema.Struct({
      agent_id: Schema.String,
      recovery_public_key: Schema.NullOr(Schema.String),
      status: AgentStatus,
      branch: SqlCount,
      head_sequence: Schema.NullOr(SqlCount),
      head_proof_id: Schema.NullOr(Schema.String),
      head_hash: Schema.NullOr(Schema.String)
    })
  )
)
const decodeKnown = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ proof_id: Schema.String, hash: Schema.String, coins: SqlCount }))
)
const decodeRecords = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ proof_id: Schema.String, hash: Schema.String, line: Schema.NullOr(Schema.String) }))
)

/** The agents of a group as the transaction sees them. */
export const readAgentViews = Effect.fnUntraced(function* (candidates: ReadonlyArray<Candidate>) {
  const sql = yield* SqlClient.SqlClient
  const agentIds = [...new Set(candidates.map(({ checked }) => checked.proof.agent.agent_id))]
  const rows = yield* decodeAgents(
    yield* sql`SELECT agent_id, recovery_public_key, status, branch, head_sequence, head_proof_id, head_hash
      FROM tracker_agent WHERE ${sql.in("agent_id", agentIds)}`
  )
  const epochs = yield* readEpochs(agentIds)
  return new Map(
    rows.map(({ agent_id, branch, head_hash, head_proof_id, head_sequence, ...row }): [string, AgentView] => [
      agent_id,
      {
        status: row.status,
        recoveryKey: row.recovery_public_key,
        epochs: presentEpochs(epochs.get(agent_id) ?? []),
        branch,
        head:
          head_sequence === null || head_proof_id === null || head_hash === null
            ? null
            : { sequence: head_sequence, proofId: head_proof_id, hash: head_hash }
      }
    ])
  )
})

/** See {@link KnownRows}. */
export const readKnown = Effect.fnUntraced(function* (candidates: ReadonlyArray<Pick<Candidate, "checked">>) {
  const sql = yield* SqlClient.SqlClient
  // A hash covers the id: a proof that has the hash has the id too.
  const ids = candidates.map(({ checked }) => checked.proof.proof_id)
  const rows = yield* decodeKnown(
    yield* sql`SELECT proof_id, hash, coins FROM tracker_proof WHERE ${sql.in("proof_id", ids)}`
  )
  const known: KnownRows = {
    coins: new Map(rows.map(({ coins, hash }) => [hash, coins])),
    ids: new Set(rows.map(({ proof_id }) => proof_id)),
    keys: yield* readUsedKeys(candidates.flatMap(({ checked }) => checked.proof.key_rotation?.new_public_key ?? []))
  }
  return known
})

/** The records that the ledger holds for one place of an agent's chain, of the present branch and of those left behind. */
export const readRecordsAt = Effect.fnUntraced(function* (agentId: string, sequence: number, branch: number) {
  const sql = yield* SqlClient.SqlClient
  // All branches by name, which is how the index is used. Each is a signature of the recovery key.
  const branches = Array.from({ length: branch + 1 }, (_, at) => at)
  const rows = yield* decodeRecords(
    yield* sql`SELECT proof_id, hash, line FROM tracker_proof WHERE agent_id = ${agentId}
      AND ${sql.in("branch", branches)} AND sequence = ${sequence} ORDER BY branch DESC`
  )
  return rows.map(({ hash, line, proof_id }) => ({ sequence, proofId: proof_id, hash, line }))
})
