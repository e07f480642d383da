/** Sums the ledger up from its stored lines: to show that the stored sums are right, or to put them right. */
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { type ProjectionChange, projectionBytes } from "./FarmProjection.ts"
import type { FarmTotals } from "./FarmTotals.ts"
import { type FoldedProof, type FoldHow, foldLedger } from "./foldLedger.ts"
import { type FoldStart, foldAfterArchives, foldFromNewest } from "./foldStart.ts"
import { orDatabaseUnavailable } from "./LedgerUnavailable.ts"
import { indexProofs } from "./listing/proofIndex.ts"
import { stateHash } from "./milestones/MilestoneState.ts"
import { dropMilestonesFrom, milestoneSizes, readMilestoneText, writeMilestone } from "./milestones/MilestoneStore.ts"
import { readCategories, readDays, readRevision, readTotals, replaceSums } from "./ProjectionStore.ts"
import { SqlCount } from "./SqlCount.ts"
import { readStandings } from "./trust/readStandings.ts"
import { underFarmLock } from "./underFarmLock.ts"

/** What a replay found. */
export interface ReplayReport {
  readonly proofs: number
  readonly total_coins: number
  readonly bot_coins: number
  /** The position of the first line that was scored again: what lies before was taken from a milestone or an archive. */
  readonly from: number
  /** Whether the stored sums are byte for byte those of the replay. */
  readonly sums_equal: boolean
  /** Proofs whose stored reward is not what the replay pays: none, as long as the rules have not changed. */
  readonly rewards_differ: number
  /** Proofs that are void and not marked so, or the other way. */
  readonly voids_differ: number
  /** Milestones that were passed on the way and are not what the replay gives there. */
  readonly milestones_differ: number
}

/** Where a replay begins: `full` from nothing, or after the archives; else at the newest milestone that still holds. */
export interface ReplayHow {
  readonly full?: boolean
}

/** Lines between two milestones: scoring so many takes some five seconds. */
export const milestoneLines = 50_000

/** How a ledger is settled. What begins from nothing leaves new milestones on its way. */
export interface SettleHow extends ReplayHow {
  readonly everyLines?: number
}

const hasOtherReward = ({ replayed: { detail }, stored }: FoldedProof): boolean =>
  stored.coins !== detail.coins || stored.detail !== JSON.stringify(detail)

const hasOtherStanding = ({ replayed, stored }: FoldedProof): boolean =>
  stored.void !== replayed.void || stored.branch !== replayed.branch

/** Folds up to each of these sizes, then to the end, and hands on the sums at each. */
const foldBySizes = Effect.fnUntraced(function* <E, R, E2, R2>(
  start: FoldStart,
  how: FoldHow<E, R>,
  sizes: ReadonlyArray<number>,
  onSize: (size: number, change: ProjectionChange) => Effect.Effect<void, E2, R2>
) {
  let at = start
  for (const size of sizes) {
    if (size <= at.size) continue
    at = { size, change: yield* foldLedger(at, { ...how, until: size }) }
    yield* onSize(size, at.change)
  }
  return yield* foldLedger(at, how)
})

const isMilestone = Effect.fnUntraced(function* (size: number, change: ProjectionChange) {
  const text = yield* readMilestoneText(size)
  return text === null || (text.sha256 === stateHash(text.state) && text.state === projectionBytes(change))
})

const storedBytes = Effect.fnUntraced(function* () {
  const stored = yield* readTotals()
  if (stored === null) return ""
  return projectionBytes({ totals: stored.totals, categories: yield* readCategories(), days: yield* readDays("") })
})

const compare = Effect.fnUntraced(function* ({ full = false }: ReplayHow) {
  let rewardsDiffer = 0
  let voidsDiffer = 0
  let milestonesDiffer = 0
  const standings = yield* readStandings
  const start = yield* full ? foldAfterArchives(standings) : foldFromNewest(standings)
  const onPage = (proofs: ReadonlyArray<FoldedProof>) =>
    Effect.sync(() => {
      rewardsDiffer += proofs.filter(hasOtherReward).length
      voidsDiffer += proofs.filter(hasOtherStanding).length
    })
  const how = { standing: standings.standing, onPage }
  const change = yield* foldBySizes(
    start,
    how,
    yield* milestoneSizes,
    Effect.fnUntraced(function* (size, sums) {
      if (!(yield* isMilestone(size, sums))) milestonesDiffer++
    })
  )
  const { botCoins, humanCoins, length } = change.totals
  const report: ReplayReport = {
    proofs: length,
    total_coins: humanCoins,
    bot_coins: botCoins,
    from: start.size,
    sums_equal: projectionBytes(change) === (yield* storedBytes()),
    rewards_differ: rewardsDiffer,
    voids_differ: voidsDiffer,
    milestones_differ: milestonesDiffer
  }
  return report
})

/** Replays the ledger and compares; writes nothing. */
export const replayLedger = Effect.fn("replayLedger")(function* (how: ReplayHow = {}) {
  const sql = yield* SqlClient.SqlClient
  // All of it as of one moment, while intake goes on.
  const begin = sql.onDialectOrElse({
    pg: () => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    orElse: () => undefined
  })
  return yield* sql
    .withTransaction(compare(how))
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

const decodeEntries = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ entries: SqlCount })))

/** Where a walk over the whole ledger leaves milestones. */
const newSizes = Effect.fnUntraced(function* (everyLines: number) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* decodeEntries(yield* sql`SELECT entries FROM tracker_farm WHERE id = 1`)
  return Array.from({ length: Math.floor((row?.entries ?? 0) / everyLines) }, (_, at) => (at + 1) * everyLines)
})

/**
 * Makes every sum, reward and void mark what the ledger's lines say, and answers with the totals. Inside the caller's
 * transaction, under the farm's lock: it scores the lines after the newest milestone that still holds, or all, about ten
 * seconds for 100,000 proofs. Milestones that do not hold any more are gone with it.
 */
export const settleLedger = Effect.fnUntraced(function* (
  revision: number,
  { everyLines = milestoneLines, full = false }: SettleHow = {}
) {
  const sql = yield* SqlClient.SqlClient
  const standings = yield* readStandings
  const wrongFrom = full ? 0 : standings.firstOther
  if (wrongFrom !== null) yield* dropMilestonesFrom(wrongFrom)
  const how = {
    standing: standings.standing,
    onPage: (proofs: ReadonlyArray<FoldedProof>) => Effect.forEach(proofs, correct, { discard: true })
  }
  const change = yield* full
    ? foldBySizes(yield* foldAfterArchives(standings), how, yield* newSizes(everyLines), (size, sums) =>
        writeMilestone(size, projectionBytes(sums))
      )
    : foldLedger(yield* foldFromNewest(standings), how)
  yield* replaceSums(revision, change)
  yield* sql`UPDATE tracker_farm SET settled = settled + 1 WHERE id = 1`
  const totals: FarmTotals = change.totals
  return totals
})

/** Replays the ledger and puts the result in the place of what is stored. Run it while no tracker uses the database. */
export const rebuildProjection = Effect.fn("rebuildProjection")(function* (how: SettleHow = {}) {
  yield* underFarmLock(
    Effect.flatMap(readRevision({ lock: false }), (revision) => settleLedger((revision ?? 0) + 1, how))
  ).pipe(orDatabaseUnavailable)
})
