/**
 * Appends checked proofs to the ledger: one transaction for a whole group, under the farm's lock, with sums and heads. A
 * group is stored as a whole or not at all, but a proof that is refused does not stop its neighbours.
 */
import type { ChainHead, CheckedProof } from "@farmops/proof/verify"
import { headOf } from "@farmops/proof/verify"
import { Array as Arr, Context, Effect, Layer, Result, Schema, Semaphore } from "effect"
import { SqlClient } from "effect/sql"
import type { ScoringDetail } from "../scoring/scoreProof.ts"
import { ActiveRules } from "./ActiveRules.ts"
import { AgentStatus } from "./Enrolment.ts"
import { type Board, type LedgerEntry, projectEntries } from "./FarmProjection.ts"
import { type AgentView, judgeProof } from "./judgeProof.ts"
import { LedgerSettings } from "./LedgerSettings.ts"
import { LedgerUnavailable, orLedgerUnavailable } from "./LedgerUnavailable.ts"
import { addChange, readRevision, readTotals, type StoredTotals } from "./ProjectionStore.ts"
import { type ProofRefused, refused } from "./ProofRefused.ts"
import { SqlCount } from "./SqlCount.ts"
import { wireNow } from "./wireTime.ts"

/** A proof whose form and signature are good, and the key that made the signature. */
export interface Candidate {
  readonly checked: CheckedProof
  readonly publicKey: string
}

/** A proof that the ledger holds. */
export interface WrittenProof {
  readonly proofId: string
  readonly sequence: number
  readonly hash: string
  readonly coins: number
  readonly board: Board
  readonly already: boolean
}

const decodeAgents = Schema.decodeUnknownEffect(
  Schema.Array(
    Schema.Struct({
      agent_id: Schema.String,
      public_key: Schema.String,
      status: AgentStatus,
      head_sequence: Schema.NullOr(SqlCount),
      head_proof_id: Schema.NullOr(Schema.String),
      head_hash: Schema.NullOr(Schema.String)
    })
  )
)
const decodeKnown = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ proof_id: Schema.String, hash: Schema.String, coins: SqlCount }))
)

type AgentRow = Effect.Success<ReturnType<typeof decodeAgents>>[number]

const headOfRow = (row: AgentRow): ChainHead | null =>
  row.head_sequence === null || row.head_proof_id === null || row.head_hash === null
    ? null
    : { sequence: row.head_sequence, proofId: row.head_proof_id, hash: row.head_hash }

/** The agents of a group as the transaction sees them. */
const readAgents = Effect.fnUntraced(function* (agentIds: ReadonlyArray<string>) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* decodeAgents(
    yield* sql`SELECT agent_id, public_key, status, head_sequence, head_proof_id, head_hash
      FROM tracker_agent WHERE ${sql.in("agent_id", agentIds)}`
  )
  return new Map(
    rows.map((row): [string, AgentView] => [
      row.agent_id,
      { status: row.status, publicKey: row.public_key, head: headOfRow(row) }
    ])
  )
})

/** Stored proofs that share a hash or an id with one of the group. */
const readKnown = Effect.fnUntraced(function* (candidates: ReadonlyArray<Candidate>) {
  const sql = yield* SqlClient.SqlClient
  const hashes = candidates.map(({ checked }) => checked.hash)
  const ids = candidates.map(({ checked }) => checked.proof.proof_id)
  const columns = sql`SELECT proof_id, hash, coins FROM tracker_proof`
  const rows = yield* decodeKnown(
    yield* sql`${columns} WHERE ${sql.in("hash", hashes)} UNION ${columns} WHERE ${sql.in("proof_id", ids)}`
  )
  return {
    coins: new Map(rows.map(({ coins, hash }) => [hash, coins])),
    ids: new Set(rows.map(({ proof_id }) => proof_id))
  }
})

type Verdict = "accept" | "already" | ProofRefused

/** Decides on the group in order; each accepted proof is what the next ones are measured against. */
const judgeGroup = (
  candidates: ReadonlyArray<Candidate>,
  agents: Map<string, AgentView>,
  known: { readonly coins: ReadonlyMap<string, number>; readonly ids: ReadonlySet<string> }
): ReadonlyArray<Verdict> => {
  const hashes = new Set(known.coins.keys())
  const ids = new Set(known.ids)
  return candidates.map(({ checked, publicKey }) => {
    const { agent_id } = checked.proof.agent
    const agent = agents.get(agent_id) ?? null
    const judged = judgeProof(checked, publicKey, agent, {
      hasHash: (hash) => hashes.has(hash),
      hasId: (id) => ids.has(id)
    })
    if (judged.verdict === "refuse") return judged.refusal
    if (judged.verdict === "accept" && agent !== null) {
      hashes.add(checked.hash)
      ids.add(checked.proof.proof_id)
      agents.set(agent_id, { ...agent, head: headOf(checked) })
    }
    return judged.verdict
  })
}

const insertProofs = Effect.fnUntraced(function* (
  firstPosition: number,
  accepted: ReadonlyArray<CheckedProof>,
  details: ReadonlyArray<ScoringDetail>,
  receivedAt: string
) {
  const sql = yield* SqlClient.SqlClient
  const rows = accepted.map(({ hash, line, proof }, at) => ({
    position: firstPosition + at,
    proof_id: proof.proof_id,
    agent_id: proof.agent.agent_id,
    sequence: proof.sequence,
    hash,
    line,
    coins: details[at]?.coins ?? 0,
    scoring_detail: JSON.stringify(details[at]),
    received_at: receivedAt
  }))
  if (Arr.isArrayNonEmpty(rows)) yield* sql`INSERT INTO tracker_proof ${sql.insert(rows)}`
})

const moveHeads = Effect.fnUntraced(function* (accepted: ReadonlyArray<CheckedProof>) {
  const sql = yield* SqlClient.SqlClient
  // The last proof of each agent wins.
  const heads = new Map(accepted.map((checked) => [checked.proof.agent.agent_id, headOf(checked)]))
  for (const [agentId, head] of heads) {
    yield* sql`UPDATE tracker_agent SET head_sequence = ${head.sequence}, head_proof_id = ${head.proofId},
      head_hash = ${head.hash} WHERE agent_id = ${agentId}`
  }
})

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rules = yield* ActiveRules
  const { timeZone } = yield* LedgerSettings
  // SQLite would otherwise take the write lock only at the first INSERT, after the reads that decide.
  const begin = sql.onDialectOrElse({ sqlite: () => "BEGIN IMMEDIATE", orElse: () => undefined })
  const lock = yield* Semaphore.make(1)
  let cached: StoredTotals | null = null

  /** The totals under the farm's lock; read in full only where another process has written since. */
  const lockTotals = Effect.gen(function* () {
    const revision = yield* readRevision({ lock: true })
    if (cached !== null && cached.revision === revision) return cached
    const stored = yield* readTotals()
    return stored ?? (yield* new LedgerUnavailable({ cause: "the farm's totals are missing" }))
  })

  const transact = Effect.fnUntraced(function* (candidates: ReadonlyArray<Candidate>) {
    const stored = yield* lockTotals
    const agents = yield* readAgents([...new Set(candidates.map(({ checked }) => checked.proof.agent.agent_id))])
    const known = yield* readKnown(candidates)
    const verdicts = judgeGroup(candidates, agents, known)
    const accepted = candidates.filter((_, at) => verdicts[at] === "accept").map(({ checked }) => checked)
    const receivedAt = yield* wireNow
    const entries: ReadonlyArray<LedgerEntry> = accepted.map(({ proof }) => ({ proof, receivedAt }))
    const change = projectEntries(stored.totals, entries, { rules, timeZone })
    const revision = stored.revision + 1
    if (accepted.length > 0) {
      yield* insertProofs(stored.totals.length, accepted, change.details, receivedAt)
      yield* moveHeads(accepted)
      yield* addChange(revision, change)
    }
    const coins = new Map(known.coins)
    for (const [at, { hash }] of accepted.entries()) coins.set(hash, change.details[at]?.coins ?? 0)
    const answers = candidates.map(({ checked }, at): Result.Result<WrittenProof, ProofRefused> => {
      const verdict = verdicts[at] ?? refused("gap", "not looked at")
      if (typeof verdict !== "string") return Result.fail(verdict)
      const { hash, proof } = checked
      return Result.succeed({
        proofId: proof.proof_id,
        sequence: proof.sequence,
        hash,
        coins: coins.get(hash) ?? 0,
        board: proof.actor.actor_type === "human" ? "human" : "bot",
        already: verdict === "already"
      })
    })
    return { answers, totals: accepted.length > 0 ? { revision, totals: change.totals } : stored }
  })

  /** One answer for each candidate, in order. When it succeeds, what it accepted is on disk. */
  const write = Effect.fn("LedgerWriter.write")(function* (candidates: ReadonlyArray<Candidate>) {
    const { answers, totals } = yield* sql
      .withTransaction(transact(candidates))
      .pipe(
        Effect.provideService(SqlClient.BeginTransaction, begin),
        orLedgerUnavailable,
        Effect.provideService(SqlClient.SqlClient, sql)
      )
    // Only what was committed may be remembered.
    cached = totals
    return answers
  }, lock.withPermits(1))

  return { write } as const
})

/** The ledger's only writer of proofs. Pays by {@link ActiveRules}. */
export class LedgerWriter extends Context.Service<LedgerWriter>()("@farmops/core/farm/LedgerWriter", { make }) {
  static readonly layer: Layer.Layer<LedgerWriter, never, LedgerSettings | SqlClient.SqlClient> = Layer.effect(
    this,
    this.make
  )
}
