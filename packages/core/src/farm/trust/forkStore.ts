/** Keeps the evidence of forks. It is bounded: whoever holds a stolen key could otherwise fill the disk with it. */
import { encodeHex } from "@farmops/proof/hex"
import type { VerifyBackend } from "@farmops/proof/verify"
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { SqlCount } from "../SqlCount.ts"
import { wireNow } from "../wireTime.ts"
import { appendEvent } from "./LedgerEvent.ts"

/** A fork to note. */
export interface FoundFork {
  readonly agentId: string
  readonly sequence: number
  /** A line of `forkEvidence`; null where no record of the same key is at hand, as after it was archived. */
  readonly evidence: string | null
  /** The two hashes, where the agent is to be frozen for it. */
  readonly freezes: readonly [string, string] | null
}

/**
 * Forks that are kept of one agent. The first few tell the story, at 16 KiB each. A fork that freezes the agent is kept
 * beyond it: there is one for each time that the owner trusts the key again.
 */
export const forksKeptMax = 8

const decodeCount = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ n: SqlCount })))

const idOf = (evidence: string, { sha256 }: VerifyBackend): string =>
  encodeHex(sha256(new TextEncoder().encode(evidence)))

/** Whether this very evidence is kept already. */
export const hasFork = Effect.fnUntraced(function* (evidence: string, backend: VerifyBackend) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql`SELECT 1 AS found FROM tracker_fork WHERE id = ${idOf(evidence, backend)}`
  return rows.length > 0
})

const keepEvidence = Effect.fnUntraced(function* (
  agentId: string,
  sequence: number,
  evidence: string,
  backend: VerifyBackend
) {
  const sql = yield* SqlClient.SqlClient
  const row = { id: idOf(evidence, backend), agent_id: agentId, sequence, evidence, received_at: yield* wireNow }
  yield* sql`INSERT INTO tracker_fork ${sql.insert(row)} ON CONFLICT (id) DO NOTHING`
})

const hasRoom = Effect.fnUntraced(function* (agentId: string) {
  const sql = yield* SqlClient.SqlClient
  const [kept] = yield* decodeCount(yield* sql`SELECT COUNT(*) AS n FROM tracker_fork WHERE agent_id = ${agentId}`)
  return (kept?.n ?? 0) < forksKeptMax
})

/** Keeps the evidence of a fork while there is room, and freezes the agent where that is due. Inside the writer's transaction. */
export const noteFork = Effect.fnUntraced(function* (fork: FoundFork, backend: VerifyBackend) {
  const { agentId, evidence, freezes, sequence } = fork
  if (evidence !== null && (freezes !== null || (yield* hasRoom(agentId)))) {
    yield* keepEvidence(agentId, sequence, evidence, backend)
  }
  if (freezes === null) return
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE tracker_agent SET status = 'frozen' WHERE agent_id = ${agentId}`
  yield* appendEvent({ kind: "agent_frozen", agent_id: agentId, sequence, hashes: freezes })
})

/** The evidence against one agent's keys, oldest first, each a line. */
export const readForks = Effect.fnUntraced(function* (agentId: string) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ evidence: string }>`SELECT evidence FROM tracker_fork
    WHERE agent_id = ${agentId} ORDER BY received_at, id`
  return rows.map(({ evidence }) => evidence)
})
