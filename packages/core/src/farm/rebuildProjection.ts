/** Sums the ledger up from nothing but its stored lines: to show that the stored sums are right, or to put them right. */
import { parseProof } from "@farmops/proof/verify"
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { ActiveRules } from "./ActiveRules.ts"
import {
  emptyTotals,
  joinChanges,
  type LedgerEntry,
  type ProjectionChange,
  projectEntries,
  projectionBytes
} from "./FarmProjection.ts"
import { LedgerSettings } from "./LedgerSettings.ts"
import { LedgerUnavailable, orLedgerUnavailable } from "./LedgerUnavailable.ts"
import { readCategories, readDays, readRevision, readTotals, replaceSums } from "./ProjectionStore.ts"
import { SqlCount } from "./SqlCount.ts"

/** What a replay found. */
export interface ReplayReport {
  readonly proofs: number
  readonly total_coins: number
  readonly bot_coins: number
  /** Whether the stored sums are byte for byte those of the replay. */
  readonly sums_equal: boolean
  /** Proofs whose stored reward is not what the replay pays: none, as long as the rules have not changed. */
  readonly rewards_differ: number
}

/** Lines that are held in memory at once. */
const pageLines = 1000

const decodeRows = Schema.decodeUnknownEffect(
  Schema.Array(
    Schema.Struct({
      position: SqlCount,
      line: Schema.String,
      scoring_detail: Schema.String,
      received_at: Schema.String
    })
  )
)

/** Replays the whole ledger in its order. */
const replay = Effect.fnUntraced(function* () {
  const sql = yield* SqlClient.SqlClient
  const rules = yield* ActiveRules
  const { foundedAt, timeZone } = yield* LedgerSettings
  let change: ProjectionChange = { totals: emptyTotals(foundedAt), details: [], categories: [], days: [] }
  let rewardsDiffer = 0
  for (let position = -1; ; ) {
    const rows = yield* decodeRows(
      yield* sql`SELECT position, line, scoring_detail, received_at FROM tracker_proof
        WHERE position > ${position} ORDER BY position LIMIT ${pageLines}`
    )
    const entries: Array<LedgerEntry> = []
    for (const { line, received_at } of rows) {
      const parsed = parseProof(line)
      if (!parsed.ok) return yield* new LedgerUnavailable({ cause: `a stored proof is damaged: ${parsed.fault.code}` })
      entries.push({ proof: parsed.value.proof, receivedAt: received_at })
    }
    change = joinChanges(change, projectEntries(change.totals, entries, { rules, timeZone }))
    rewardsDiffer += rows.filter((row, at) => row.scoring_detail !== JSON.stringify(change.details[at])).length
    position = rows.at(-1)?.position ?? position
    if (rows.length < pageLines) return { change, rewardsDiffer }
  }
})

const storedBytes = Effect.fnUntraced(function* () {
  const stored = yield* readTotals()
  if (stored === null) return ""
  return projectionBytes({ totals: stored.totals, categories: yield* readCategories(), days: yield* readDays("") })
})

/** Replays the ledger and compares; writes nothing. */
export const replayLedger = Effect.fn("replayLedger")(function* () {
  const sql = yield* SqlClient.SqlClient
  const [{ change, rewardsDiffer }, stored] = yield* sql
    .withTransaction(Effect.all([replay(), storedBytes()]))
    .pipe(orLedgerUnavailable)
  const { botCoins, humanCoins, length } = change.totals
  const report: ReplayReport = {
    proofs: length,
    total_coins: humanCoins,
    bot_coins: botCoins,
    sums_equal: projectionBytes(change) === stored,
    rewards_differ: rewardsDiffer
  }
  return report
})

/** Replays the ledger and puts the result in the place of the stored sums. Run it while no tracker uses the database. */
export const rebuildProjection = Effect.fn("rebuildProjection")(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql
    .withTransaction(
      Effect.gen(function* () {
        const revision = yield* readRevision({ lock: true })
        const { change } = yield* replay()
        yield* replaceSums((revision ?? 0) + 1, change)
      })
    )
    .pipe(
      Effect.provideService(
        SqlClient.BeginTransaction,
        sql.onDialectOrElse({ sqlite: () => "BEGIN IMMEDIATE", orElse: () => undefined })
      ),
      orLedgerUnavailable
    )
})
