/** Takes a request to be trusted. Of two that come at once with one name, or one key, the first stays. */
import { verifyStatement } from "@farmops/proof/signedStatement"
import type { VerifyBackend } from "@farmops/proof/strictEd25519"
import { DateTime, Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { EnrolmentRequest } from "../Enrolment.ts"
import { underFarmLock } from "../underFarmLock.ts"
import { wireNow } from "../wireTime.ts"
import { AgentKeyMismatch, EnrolmentsFull, PossessionUnproved } from "./agentErrors.ts"
import { insertEpoch, readAgent, readUsedKeys } from "./agentRows.ts"

/** Anybody may ask to be enrolled, so undecided requests are bounded. A household has a handful of agents. */
export const waitingMax = 100

/** A signed request is good for this long before and after its own time, so that an overheard one is soon worthless. */
export const requestAgeMsMax = 5 * 60_000

/** That the sender holds the key now. */
export const checkPossession = Effect.fnUntraced(function* (
  { possession, ...body }: EnrolmentRequest,
  backend: VerifyBackend
) {
  const ageMs = Math.abs((yield* DateTime.now).epochMilliseconds - Date.parse(body.requested_at))
  if (!(ageMs <= requestAgeMsMax)) return yield* new PossessionUnproved({ reason: "stale" })
  if (!verifyStatement(backend, body.public_key, "farmops/enrolment/v1", body, possession)) {
    return yield* new PossessionUnproved({ reason: "bad_signature" })
  }
})

const insertAgent = Effect.fnUntraced(function* (request: EnrolmentRequest) {
  const sql = yield* SqlClient.SqlClient
  const { agent_id, cluster_alias, public_key, recovery_public_key } = request
  if ((yield* readAgent(agent_id)) !== null) return
  // A key that was in force once stays its agent's for ever.
  if ((yield* readUsedKeys([public_key])).size > 0) return yield* new AgentKeyMismatch({ agentId: agent_id })
  const [waiting] = yield* sql<{ n: number }>`SELECT COUNT(*) AS n FROM tracker_agent WHERE status = 'pending'`
  if (Number(waiting?.n ?? 0) >= waitingMax) return yield* new EnrolmentsFull({ waitingMax })
  const row = {
    agent_id,
    public_key,
    recovery_public_key,
    cluster_alias,
    status: "pending",
    enrolled_at: yield* wireNow
  }
  yield* sql`INSERT INTO tracker_agent ${sql.insert(row)}`
  yield* insertEpoch(agent_id, { branch: 0, firstSequence: 0, publicKey: public_key })
})

/** The agent as it is enrolled, now or earlier. */
export const enrollAgent = Effect.fnUntraced(function* (request: EnrolmentRequest) {
  if ((yield* readAgent(request.agent_id)) === null) yield* underFarmLock(insertAgent(request))
  const record = yield* readAgent(request.agent_id)
  if (record?.public_key !== request.public_key || record.recovery_public_key !== request.recovery_public_key) {
    return yield* new AgentKeyMismatch({ agentId: request.agent_id })
  }
  return record
})
