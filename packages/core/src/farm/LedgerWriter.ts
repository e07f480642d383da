/**
 * Appends checked proofs to the ledger: one transaction for a whole group, under the farm's lock, with sums and heads. A
 * group is stored as a whole or not at all, but a proof that is refused does not stop its neighbours.
 */
import { Ed25519 } from "@farmops/proof/Ed25519"
import { Array as Arr, Context, Effect, Layer, Result, Semaphore } from "effect"
import { SqlClient } from "effect/sql"
import type { ScoringDetail } from "../scoring/scoreProof.ts"
import { type Board, projectEntries } from "./FarmProjection.ts"
import type { ProofEntry } from "./FarmTotals.ts"
import { LedgerSettings } from "./LedgerSettings.ts"
import { LedgerUnavailable, orLedgerUnavailable } from "./LedgerUnavailable.ts"
import { takePositions } from "./ledgerPositions.ts"
import { addChange, readRevision, readTotals, type StoredTotals } from "./ProjectionStore.ts"
import { type ProofRefused, refused } from "./ProofRefused.ts"
import { settleLedger } from "./rebuildProjection.ts"
import { ActiveShop } from "./shop/ActiveShop.ts"
import { TrackerKey } from "./TrackerKey.ts"
import { insertEpoch } from "./trust/agentRows.ts"
import type { Candidate } from "./trust/checkSigner.ts"
import { noteFork } from "./trust/forkStore.ts"
import { readAgentViews, readKnown } from "./trust/groupRows.ts"
import { type AcceptedProof, type JudgedGroup, judgeGroup } from "./trust/judgeGroup.ts"
import { presentKey } from "./trust/keyEpochs.ts"
import { underFarmLock } from "./underFarmLock.ts"
import { wireNow } from "./wireTime.ts"

/** A proof that the ledger holds. */
export interface WrittenProof {
  readonly proofId: string
  readonly sequence: number
  readonly hash: string
  readonly coins: number
  readonly board: Board
  readonly already: boolean
}

const insertProofs = Effect.fnUntraced(function* (
  accepted: ReadonlyArray<AcceptedProof>,
  details: ReadonlyArray<ScoringDetail>,
  { first, receivedAt }: { readonly first: number; readonly receivedAt: string }
) {
  const sql = yield* SqlClient.SqlClient
  const rows = accepted.map(({ branch, checked: { hash, line, proof } }, at) => ({
    position: first + at,
    proof_id: proof.proof_id,
    agent_id: proof.agent.agent_id,
    branch,
    sequence: proof.sequence,
    hash,
    line,
    coins: details[at]?.coins ?? 0,
    scoring_detail: JSON.stringify(details[at]),
    received_at: receivedAt
  }))
  if (!Arr.isArrayNonEmpty(rows)) return
  yield* sql`INSERT INTO tracker_proof ${sql.insert(rows)}`
})

const moveAgents = Effect.fnUntraced(function* ({ epochs, moved }: JudgedGroup) {
  const sql = yield* SqlClient.SqlClient
  for (const { agentId, epoch } of epochs) yield* insertEpoch(agentId, epoch)
  const rows = [...moved].map(
    ([agentId, { branch, epochs: present, head }]) =>
      sql`(${agentId}, ${presentKey(present)}, ${branch}, ${head?.sequence ?? null}, ${head?.proofId ?? null}, ${head?.hash ?? null})`
  )
  // One statement for the group: PostgreSQL takes what has no type here for text.
  yield* sql`WITH moved (agent_id, public_key, branch, sequence, proof_id, hash) AS (VALUES ${sql.csv(rows)})
    UPDATE tracker_agent SET public_key = moved.public_key, branch = CAST(moved.branch AS BIGINT),
      head_sequence = CAST(moved.sequence AS BIGINT), head_proof_id = moved.proof_id, head_hash = moved.hash
    FROM moved WHERE tracker_agent.agent_id = moved.agent_id`
})

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { backend } = yield* Ed25519
  const shop = yield* ActiveShop
  const settings = yield* LedgerSettings
  const key = yield* TrackerKey
  const lock = yield* Semaphore.make(1)
  let cached: StoredTotals | null = null

  /** The totals; read in full only where somebody else has written since. */
  const presentTotals = Effect.gen(function* () {
    const revision = yield* readRevision({ lock: false })
    if (cached !== null && cached.revision === revision) return cached
    const stored = yield* readTotals()
    return stored ?? (yield* new LedgerUnavailable({ cause: "the farm's totals are missing" }))
  })

  /** Stores what was accepted and answers with the totals after it and the coins of each proof by its hash. */
  const store = Effect.fnUntraced(function* (stored: StoredTotals, group: JudgedGroup) {
    const { accepted } = group
    const receivedAt = yield* wireNow
    const first = yield* takePositions(accepted.length)
    const entries = accepted.map(
      ({ checked: { proof } }, at): ProofEntry => ({ position: first + at, proof, receivedAt, isVoid: false })
    )
    const change = projectEntries(stored.totals, entries, { achievements: shop.achievements })
    const revision = stored.revision + 1
    yield* insertProofs(accepted, change.details, { first, receivedAt })
    yield* moveAgents(group)
    if (group.hasRecovery) {
      const totals = yield* settleLedger(revision)
      const { coins } = yield* readKnown(accepted)
      return { totals: { revision, totals }, coins }
    }
    yield* addChange(revision, change, stored.totals)
    const coins = new Map(accepted.map(({ checked: { hash } }, at) => [hash, change.details[at]?.coins ?? 0]))
    return { totals: { revision, totals: change.totals }, coins }
  })

  const transact = Effect.fnUntraced(function* (candidates: ReadonlyArray<Candidate>) {
    const stored = yield* presentTotals
    const known = yield* readKnown(candidates)
    const group = yield* judgeGroup(candidates, yield* readAgentViews(candidates), known, backend)
    const nothing = { totals: stored, coins: known.coins }
    const { coins, totals } = group.accepted.length > 0 ? yield* store(stored, group) : nothing
    for (const fork of group.forks) yield* noteFork(fork, backend)
    const answers = candidates.map(({ checked }, at): Result.Result<WrittenProof, ProofRefused> => {
      const verdict = group.verdicts[at] ?? refused("gap", "not looked at")
      if (typeof verdict !== "string") return Result.fail(verdict)
      const { hash, proof } = checked
      return Result.succeed({
        proofId: proof.proof_id,
        sequence: proof.sequence,
        hash,
        coins: coins.get(hash) ?? known.coins.get(hash) ?? 0,
        board: proof.actor.actor_type === "human" ? "human" : "bot",
        already: verdict === "already"
      })
    })
    return { answers, totals }
  })

  /** One answer for each candidate, in order. When it succeeds, what it accepted is on disk. */
  const write = Effect.fn("LedgerWriter.write")(function* (candidates: ReadonlyArray<Candidate>) {
    const { answers, totals } = yield* underFarmLock(transact(candidates)).pipe(
      orLedgerUnavailable,
      Effect.provideService(SqlClient.SqlClient, sql),
      Effect.provideService(LedgerSettings, settings),
      Effect.provideService(TrackerKey, key),
      Effect.provideService(ActiveShop, shop)
    )
    // Only what was committed may be remembered.
    cached = totals
    return answers
  }, lock.withPermits(1))

  return { write } as const
})

/** The ledger's only writer of proofs. Pays by the rules and the upgrades that the ledger holds before each. */
export class LedgerWriter extends Context.Service<LedgerWriter>()("@farmops/core/farm/LedgerWriter", { make }) {
  static readonly layer: Layer.Layer<LedgerWriter, never, Ed25519 | LedgerSettings | SqlClient.SqlClient | TrackerKey> =
    Layer.effect(this, this.make)
}
