/** Which agents may add to the ledger. Nobody is trusted without the owner's word, and a revoked agent stays revoked. */
import { Ed25519 } from "@farmops/proof/Ed25519"
import { AgentId, ProofHash } from "@farmops/proof/FarmProof"
import { farmSaltToHex } from "@farmops/proof/FarmSalt"
import { fingerprintOf } from "@farmops/proof/fingerprint"
import { verifyStatement } from "@farmops/proof/signedStatement"
import { Context, DateTime, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { type AgentRecord, AgentStatus, type EnrolmentAnswer, type EnrolmentRequest } from "./Enrolment.ts"
import { LedgerSettings } from "./LedgerSettings.ts"
import { type LedgerUnavailable, orLedgerUnavailable } from "./LedgerUnavailable.ts"
import { SqlCount } from "./SqlCount.ts"
import { wireNow } from "./wireTime.ts"

/** The agent never enrolled. */
export class AgentUnknown extends Schema.TaggedError<AgentUnknown>()("AgentUnknown", { agentId: Schema.String }) {}

/** The owner has not decided yet: the same request may succeed later. */
export class AgentPending extends Schema.TaggedError<AgentPending>()("AgentPending", { agentId: Schema.String }) {}

/** The owner withdrew the trust. It is not given again: enrol a new agent. */
export class AgentRevoked extends Schema.TaggedError<AgentRevoked>()("AgentRevoked", { agentId: Schema.String }) {}

/** The agent is enrolled with another key, or the key with another agent. The one that came first stays. */
export class AgentKeyMismatch extends Schema.TaggedError<AgentKeyMismatch>()("AgentKeyMismatch", {
  agentId: Schema.String
}) {}

/** The request does not show that its sender holds the key now. */
export class PossessionUnproved extends Schema.TaggedError<PossessionUnproved>()("PossessionUnproved", {
  reason: Schema.Literals(["bad_signature", "stale"])
}) {}

/** Too many agents wait for a decision; the owner has to decide on some first. */
export class EnrolmentsFull extends Schema.TaggedError<EnrolmentsFull>()("EnrolmentsFull", {
  waitingMax: Schema.Int
}) {}

/** Anybody may ask to be enrolled, so undecided requests are bounded. A household has a handful of agents. */
export const waitingMax = 100

/** A signed request is good for this long before and after its own time, so that an overheard one is soon worthless. */
export const requestAgeMsMax = 5 * 60_000

const seal: unique symbol = Symbol("TrustStore")

/** Proof that the owner approved this agent and which key it has. Made by {@link TrustStore} alone. */
export class ApprovedAgent {
  readonly agentId: string
  readonly publicKey: string
  constructor(_seal: typeof seal, agentId: string, publicKey: string) {
    this.agentId = agentId
    this.publicKey = publicKey
  }
}

const AgentRow = Schema.Struct({
  agent_id: AgentId,
  public_key: ProofHash,
  cluster_alias: Schema.String,
  status: AgentStatus,
  enrolled_at: Schema.String,
  decided_at: Schema.NullOr(Schema.String),
  head_sequence: Schema.NullOr(SqlCount),
  head_proof_id: Schema.NullOr(Schema.String),
  head_hash: Schema.NullOr(Schema.String)
})
const decodeRows = Schema.decodeUnknownEffect(Schema.Array(AgentRow))

const recordOf = (row: typeof AgentRow.Type): AgentRecord => {
  const { head_hash, head_proof_id, head_sequence, ...rest } = row
  const head =
    head_sequence === null || head_proof_id === null || head_hash === null
      ? null
      : { sequence: head_sequence, proof_id: head_proof_id, hash: head_hash }
  return { ...rest, fingerprint: fingerprintOf(row.public_key) ?? "", head }
}

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { backend } = yield* Ed25519
  const settings = yield* LedgerSettings

  const find = Effect.fnUntraced(function* (agentId: string) {
    const [row] = yield* decodeRows(yield* sql`SELECT * FROM tracker_agent WHERE agent_id = ${agentId}`)
    return row === undefined ? null : recordOf(row)
  }, orLedgerUnavailable)

  const get = Effect.fn("TrustStore.get")(function* (agentId: string) {
    const record = yield* find(agentId)
    return record === null ? yield* new AgentUnknown({ agentId }) : record
  })

  const approved = Effect.fnUntraced(function* (agentId: string) {
    const { public_key, status } = yield* get(agentId)
    if (status === "pending") return yield* new AgentPending({ agentId })
    if (status === "revoked") return yield* new AgentRevoked({ agentId })
    return new ApprovedAgent(seal, agentId, public_key)
  })

  const checkPossession = Effect.fnUntraced(function* ({ possession, ...body }: EnrolmentRequest) {
    const ageMs = Math.abs((yield* DateTime.now).epochMilliseconds - Date.parse(body.requested_at))
    if (!(ageMs <= requestAgeMsMax)) return yield* new PossessionUnproved({ reason: "stale" })
    if (!verifyStatement(backend, body.public_key, "farmops/enrolment/v1", body, possession)) {
      return yield* new PossessionUnproved({ reason: "bad_signature" })
    }
  })

  const insert = Effect.fnUntraced(function* ({ agent_id, cluster_alias, public_key }: EnrolmentRequest) {
    const [waiting] = yield* sql<{ n: number }>`SELECT COUNT(*) AS n FROM tracker_agent WHERE status = 'pending'`
    if (Number(waiting?.n ?? 0) >= waitingMax) return yield* new EnrolmentsFull({ waitingMax })
    const row = { agent_id, public_key, cluster_alias, status: "pending", enrolled_at: yield* wireNow }
    // Of two agents that come at once with one key, or one name, the first stays and the other learns of it below.
    yield* sql`INSERT INTO tracker_agent ${sql.insert(row)} ON CONFLICT DO NOTHING`
  })

  const enroll = Effect.fn("TrustStore.enroll")(function* (request: EnrolmentRequest) {
    // Untrusted: sent by anybody who can reach the tracker.
    yield* checkPossession(request)
    if ((yield* find(request.agent_id)) === null) {
      yield* Effect.catchTag(insert(request), "SqlError", (cause) => orLedgerUnavailable(Effect.fail(cause)))
    }
    const record = yield* find(request.agent_id)
    if (record === null || record.public_key !== request.public_key) {
      return yield* new AgentKeyMismatch({ agentId: request.agent_id })
    }
    const answer: EnrolmentAnswer = {
      agent_id: record.agent_id,
      status: record.status,
      fingerprint: record.fingerprint,
      farm_salt: record.status === "approved" ? farmSaltToHex(settings.farmSalt) : null,
      head: record.head
    }
    return answer
  })

  const decide = Effect.fnUntraced(function* (agentId: string, status: "approved" | "revoked") {
    yield* orLedgerUnavailable(
      Effect.flatMap(
        wireNow,
        (now) => sql`UPDATE tracker_agent SET status = ${status}, decided_at = ${now}
          WHERE agent_id = ${agentId} AND status <> ${status} AND status <> 'revoked'`
      )
    )
    return yield* get(agentId)
  })

  const approve = Effect.fn("TrustStore.approve")(function* (agentId: string) {
    const record = yield* decide(agentId, "approved")
    return record.status === "revoked" ? yield* new AgentRevoked({ agentId }) : record
  })

  const list: Effect.Effect<ReadonlyArray<AgentRecord>, LedgerUnavailable> = orLedgerUnavailable(
    Effect.map(Effect.flatMap(sql`SELECT * FROM tracker_agent ORDER BY enrolled_at, agent_id`, decodeRows), (rows) =>
      rows.map(recordOf)
    )
  )

  return {
    /** Idempotent for one key: the first call makes a pending agent, later ones say where the decision stands. */
    enroll,
    /** The owner's yes. Saying it again changes nothing. */
    approve,
    /** The owner's no, at any time and for good. */
    revoke: Effect.fn("TrustStore.revoke")((agentId: string) => decide(agentId, "revoked")),
    get,
    list,
    /** The right to have proofs looked at. */
    approved
  } as const
})

/** Agents, their keys and the owner's decisions. */
export class TrustStore extends Context.Service<TrustStore>()("@farmops/core/farm/TrustStore", { make }) {
  /** Needs the tables of `ledgerMigrations`. */
  static readonly layer: Layer.Layer<TrustStore, never, Ed25519 | LedgerSettings | SqlClient.SqlClient> = Layer.effect(
    this,
    this.make
  )
}
