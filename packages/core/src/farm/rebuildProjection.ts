/** Sums the ledger up from nothing but its stored lines: to show that the stored sums are right, or to put them right. */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { projectionBytes } from "./FarmProjection.ts"
import type { FarmTotals } from "./FarmTotals.ts"
import { type FoldedProof, foldLedger } from "./foldLedger.ts"
import { orDatabaseUnavailable } from "./LedgerUnavailable.ts"
import { indexProofs } from "./listing/proofIndex.ts"
import { readCategories, readDays, readRevision, readTotals, replaceSums } from "./ProjectionStore.ts"
import { readStandings } from "./trust/readStandings.ts"
import { underFarmLock } from "./underFarmLock.ts"

/** What a replay found. */
export interface ReplayReport {
  readonly proofs: number
  readonly total_coins: number
  readonly bot_coins: number
  /** Whether the stored sums are byte for byte those of the replay. */
  readonly sums_equal: boolean
  /** Proofs whose stored reward is not what the replay pays: none, as long as the rules have not changed. */
  readonly rewards_differ: number
  /** Proofs that are void and not marked so, or the other way. */
  readonly voids_differ: number
}

const hasOtherReward = ({ replayed: { detail }, stored }: FoldedProof): boolean =>
  stored.coins !== detail.coins || stored.detail !== JSON.stringify(detail)

const hasOtherStanding = ({ replayed, stored }: FoldedProof): boolean =>
  stored.void !== replayed.void || stored.branch !== replayed.branch

const storedBytes = Effect.fnUntraced(function* () {
  const stored = yield* readTotals()
  if (stored === null) return ""
  return projectionBytes({ totals: stored.totals, categories: yield* readCategories(), days: yield* readDays("") })
})

const compare = Effect.gen(function* () {
  let rewardsDiffer = 0
  let voidsDiffer = 0
  const change = yield* foldLedger(yield* readStandings, (proofs) =>
    Effect.sync(() => {
      rewardsDiffer += proofs.filter(hasOtherReward).length
      voidsDiffer += proofs.filter(hasOtherStanding).length
    })
  )
  const { botCoins, humanCoins, length } = change.totals
  const report: ReplayReport = {
    proofs: length,
    total_coins: humanCoins,
    bot_coins: botCoins,
    sums_equal: projectionBytes(change) === (yield* storedBytes()),
    rewards_differ: rewardsDiffer,
    voids_differ: voidsDiffer
  }
  return report
})

/** Replays the ledger and compares; writes nothing. */
export const replayLedger = Effect.fn("replayLedger")(function* () {
  const sql = yield* SqlClient.SqlClient
  // All of it as of one moment, while intake goes on.
  const begin = sql.onDialectOrElse({
    pg: () => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    orElse: () => undefined
  })
  return yield* sql
    .withTransaction(compare)
    .pipe(Effect.provideService(SqlClient.BeginTransaction, begin), orDatabaseUnavailable)
})

const correct = Effect.fnUntraced(function* (proof: FoldedProof) {
  if (!hasOtherReward(proof) && !hasOtherStanding(proof)) return
  const sql = yield* SqlClient.SqlClient
  const { branch, detail, void: cause } = proof.replayed
  yield* sql`UPDATE tracker_proof SET branch = ${branch}, void = ${cause}, coins = ${detail.coins},
    scoring_detail = ${JSON.stringify(detail)} WHERE position = ${proof.position}`
  yield* indexProofs(proof.position, proof.position + 1)
})

/**
 * Makes every sum, reward and void mark what the ledger's lines say, and answers with the totals. Inside the caller's
 * transaction, under the farm's lock: it reads the whole ledger, about ten seconds for 100,000 proofs.
 */
export const settleLedger = Effect.fnUntraced(function* (revision: number) {
  const change = yield* foldLedger(yield* readStandings, (proofs) => Effect.forEach(proofs, correct, { discard: true }))
  yield* replaceSums(revision, change)
  const totals: FarmTotals = change.totals
  return totals
})

/** Replays the ledger and puts the result in the place of what is stored. Run it while no tracker uses the database. */
export const rebuildProjection = Effect.fn("rebuildProjection")(function* () {
  yield* underFarmLock(
    Effect.flatMap(readRevision({ lock: false }), (revision) => settleLedger((revision ?? 0) + 1))
  ).pipe(orDatabaseUnavailable)
})
