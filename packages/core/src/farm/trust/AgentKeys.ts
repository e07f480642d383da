/**
 * API keys of agents: what an agent shows at the tracker's door beside the signatures of its proofs. A key is shown once and
 * kept as its SHA-256. It opens the door for one agent's proofs and nothing else.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto"
import { encodeHex } from "@farmops/proof/hex"
import { Context, Effect, Layer, Redacted, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { orDatabaseUnavailable } from "../LedgerUnavailable.ts"
import { SqlCount } from "../SqlCount.ts"
import { underFarmLock } from "../underFarmLock.ts"
import { wireNow } from "../wireTime.ts"
import { AgentRevoked, AgentUnknown } from "./agentErrors.ts"
import { readAgent } from "./agentRows.ts"

/** Every key begins with it, so that scanners for leaked secrets know one when they see it. */
export const agentKeyPrefix = "farmops_agent_"

/** Keys of one agent that are good at once: the one in use, and the one that replaces it. */
export const keysOfAgentMax = 2

const keyPattern = new RegExp(`^${agentKeyPrefix}[0-9a-f]{64}$`)

const sha256 = (text: string): Uint8Array => createHash("sha256").update(text, "utf8").digest()

const decodeKeys = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ sha256: Schema.String, agent_id: Schema.String }))
)
const decodeNumbers = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ number: SqlCount })))

const issueKey = Effect.fnUntraced(function* (agentId: string) {
  const sql = yield* SqlClient.SqlClient
  const agent = yield* readAgent(agentId)
  if (agent === null) return yield* new AgentUnknown({ agentId })
  if (agent.status === "revoked") return yield* new AgentRevoked({ agentId })
  const [last] = yield* decodeNumbers(
    yield* sql`SELECT COALESCE(MAX(number), 0) AS number FROM tracker_agent_key WHERE agent_id = ${agentId}`
  )
  const number = (last?.number ?? 0) + 1
  const key = `${agentKeyPrefix}${encodeHex(randomBytes(32))}`
  const row = { sha256: encodeHex(sha256(key)), agent_id: agentId, number, created_at: yield* wireNow }
  yield* sql`INSERT INTO tracker_agent_key ${sql.insert(row)}`
  yield* sql`DELETE FROM tracker_agent_key WHERE agent_id = ${agentId} AND number <= ${number - keysOfAgentMax}`
  return Redacted.make(key, { label: "agent API key" })
})

const dropKeys = Effect.fnUntraced(function* (agentId: string) {
  const sql = yield* SqlClient.SqlClient
  if ((yield* readAgent(agentId)) === null) return yield* new AgentUnknown({ agentId })
  const rows = yield* sql`SELECT sha256 FROM tracker_agent_key WHERE agent_id = ${agentId}`
  yield* sql`DELETE FROM tracker_agent_key WHERE agent_id = ${agentId}`
  return rows.length
})

const findAgent = Effect.fnUntraced(function* (credential: Redacted.Redacted<string>) {
  const key = Redacted.value(credential)
  // Untrusted: sent by anybody. What cannot be a key is not looked up.
  if (!keyPattern.test(key)) return null
  const sql = yield* SqlClient.SqlClient
  const hash = sha256(key)
  const [row] = yield* decodeKeys(
    yield* sql`SELECT sha256, agent_id FROM tracker_agent_key WHERE sha256 = ${encodeHex(hash)}`
  )
  return row !== undefined && timingSafeEqual(Buffer.from(row.sha256, "hex"), hash) ? row.agent_id : null
})

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const onDatabase = <A, E>(effect: Effect.Effect<A, E, SqlClient.SqlClient>) =>
    orDatabaseUnavailable(effect).pipe(Effect.provideService(SqlClient.SqlClient, sql))
  return {
    /** A fresh key, which nobody can be shown again. The one before stays good until the next is issued. */
    issue: Effect.fn("AgentKeys.issue")((agentId: string) => onDatabase(underFarmLock(issueKey(agentId)))),
    /** Takes all keys of an agent back; answers how many there were. */
    drop: Effect.fn("AgentKeys.drop")((agentId: string) => onDatabase(underFarmLock(dropKeys(agentId)))),
    /** Whose key it is; null for none that is good. */
    agentOf: (credential: Redacted.Redacted<string>) => onDatabase(findAgent(credential))
  } as const
})

/** See the top of the file. */
export class AgentKeys extends Context.Service<AgentKeys>()("@farmops/core/farm/trust/AgentKeys", { make }) {
  /** Needs the tables of `ledgerMigrations`. */
  static readonly layer: Layer.Layer<AgentKeys, never, SqlClient.SqlClient> = Layer.effect(this, this.make)
}
