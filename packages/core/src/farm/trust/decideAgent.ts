/** The owner's decisions, each with its event in the ledger. Both run inside one transaction under the farm's lock. */
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import type { AgentRecord } from "../Enrolment.ts"
import { readRevision } from "../ProjectionStore.ts"
import { settleLedger } from "../rebuildProjection.ts"
import { SqlCount } from "../SqlCount.ts"
import { deleteWaiting } from "../waiting/waitingRows.ts"
import { wireNow } from "../wireTime.ts"
import { AgentRevoked, AgentUnknown, LastTrustedUnknown, TrustWithdrawn } from "./agentErrors.ts"
import { readAgent } from "./agentRows.ts"
import { appendEvent, type ProofPoint } from "./LedgerEvent.ts"
import { voidCauses } from "./voidFold.ts"

const findAgent = Effect.fnUntraced(function* (agentId: string) {
  return (yield* readAgent(agentId)) ?? (yield* new AgentUnknown({ agentId }))
})

const setStatus = Effect.fnUntraced(function* (agentId: string, status: "approved" | "revoked") {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE tracker_agent SET status = ${status}, decided_at = ${yield* wireNow} WHERE agent_id = ${agentId}`
})

/** Lets the agent add to the ledger: a new one, or one that was frozen, once somebody has looked at the fork. */
export const approveAgent = Effect.fnUntraced(function* (agentId: string) {
  const agent = yield* findAgent(agentId)
  if (agent.status === "revoked") return yield* new AgentRevoked({ agentId })
  if (agent.status === "approved") return agent
  const { public_key, recovery_public_key } = agent
  yield* setStatus(agentId, "approved")
  yield* appendEvent({ kind: "agent_approved", agent_id: agentId, public_key, recovery_public_key })
  return yield* findAgent(agentId)
})

/** Up to where an agent's work is still trusted: `received` is all that the ledger holds now, null is nothing. */
export type LastTrusted = ProofPoint | "received" | null

const pointOf = ({ head }: AgentRecord, lastTrusted: LastTrusted): ProofPoint | null => {
  if (lastTrusted !== "received") return lastTrusted
  return head === null ? null : { sequence: head.sequence, hash: head.hash }
}

const decodeRows = Schema.decodeUnknownEffect(
  Schema.Array(
    Schema.Struct({ sequence: SqlCount, hash: Schema.String, void: Schema.NullOr(Schema.Literals(voidCauses)) })
  )
)

/** The void marks of the proofs after a point, and of the proof at it, of the present chain. */
const readAround = Effect.fnUntraced(function* (agentId: string, point: ProofPoint | null) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* decodeRows(
    yield* sql`SELECT sequence, hash, void FROM tracker_proof WHERE agent_id = ${agentId}
      AND sequence >= ${point?.sequence ?? 0} AND (void IS NULL OR void = 'revocation')`
  )
  const isPoint = ({ sequence }: (typeof rows)[number]) => sequence === point?.sequence
  return { at: rows.find(isPoint) ?? null, after: rows.filter((row) => !isPoint(row)) }
})

/** What waited for an approval will never be scored. */
const dropWaiting = Effect.fnUntraced(function* ({ agent_id, waiting_proofs }: AgentRecord) {
  if (waiting_proofs === 0) return
  yield* deleteWaiting(agent_id)
  yield* Effect.logInfo("dropped the proofs of a revoked agent that waited for its approval").pipe(
    Effect.annotateLogs({ agent: agent_id, proofs: waiting_proofs })
  )
})

/** Takes nothing more from the agent, for good, and voids what came after the point. Said again, it can only name an earlier one. */
export const revokeAgent = Effect.fnUntraced(function* (agentId: string, lastTrusted: LastTrusted) {
  const agent = yield* findAgent(agentId)
  const isRevoked = agent.status === "revoked"
  if (isRevoked && lastTrusted === "received") return agent
  const point = pointOf(agent, lastTrusted)
  const { after, at } = yield* readAround(agentId, point)
  if (point !== null && at?.hash !== point.hash) return yield* new LastTrustedUnknown({ agentId })
  if (at?.void === "revocation") return yield* new TrustWithdrawn({ agentId })
  const voids = after.some((row) => row.void === null)
  if (isRevoked && !voids) return agent
  if (!isRevoked) yield* setStatus(agentId, "revoked")
  yield* dropWaiting(agent)
  yield* appendEvent({ kind: "agent_revoked", agent_id: agentId, last_trusted: point })
  if (voids) yield* settleLedger(((yield* readRevision({ lock: false })) ?? 0) + 1)
  return yield* findAgent(agentId)
})
