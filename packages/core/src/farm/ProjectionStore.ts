/** Reads and writes the tables of sums. Every write happens inside the transaction of the proofs that it sums up. */
import { categories } from "@farmops/proof/vocabulary"
import { Array as Arr, Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { ScoringState } from "../scoring/ScoringState.ts"
import type { CategorySum, DaySum, FarmTotals, ProjectionChange } from "./FarmProjection.ts"
import { SqlCount } from "./SqlCount.ts"

const Board = Schema.Literals(["human", "bot"])
const ScoringStateText = Schema.fromJsonString(ScoringState)

const FarmRow = Schema.Struct({
  revision: SqlCount,
  length: SqlCount,
  human_coins: SqlCount,
  bot_coins: SqlCount,
  last_active: Schema.NullOr(Schema.String),
  updated_at: Schema.String
})
const decodeFarm = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ ...FarmRow.fields, scoring_state: ScoringStateText }))
)
const decodeRevision = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ revision: SqlCount })))
const decodeCategories = Schema.decodeUnknownEffect(
  Schema.Array(
    Schema.Struct({
      board: Board,
      category: Schema.Literals(categories),
      proofs: SqlCount,
      coins: SqlCount,
      last_proof_at: Schema.String
    })
  )
)
const decodeDays = Schema.decodeUnknownEffect(
  Schema.Array(
    Schema.Struct({
      farm_day: Schema.String,
      board: Board,
      category: Schema.Literals(categories),
      proofs: SqlCount,
      coins: SqlCount,
      work: SqlCount
    })
  )
)
const encodeState = Schema.encodeEffect(ScoringStateText)

/** The totals and the number of the write that made them. */
export interface StoredTotals {
  readonly revision: number
  readonly totals: FarmTotals
}

/** The number of the last write; null before the farm is founded. With `lock`, nobody else writes until the transaction ends. */
export const readRevision = Effect.fnUntraced(function* (options: { readonly lock: boolean }) {
  const sql = yield* SqlClient.SqlClient
  // SQLite has the lock from the start of the transaction.
  const lock = sql.onDialectOrElse({ pg: () => sql.literal("FOR UPDATE"), orElse: () => sql.literal("") })
  const rows = yield* sql`SELECT revision FROM tracker_farm WHERE id = 1 ${options.lock ? lock : sql.literal("")}`
  const [row] = yield* decodeRevision(rows)
  return row?.revision ?? null
})

/** The totals as they were last written; null before the farm is founded. */
export const readTotals = Effect.fnUntraced(function* () {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* decodeFarm(yield* sql`SELECT * FROM tracker_farm WHERE id = 1`)
  if (row === undefined) return null
  const stored: StoredTotals = {
    revision: row.revision,
    totals: {
      length: row.length,
      humanCoins: row.human_coins,
      botCoins: row.bot_coins,
      lastActive: row.last_active,
      updatedAt: row.updated_at,
      scoring: row.scoring_state
    }
  }
  return stored
})

/** The sums of each category and board that has a proof. */
export const readCategories = Effect.fnUntraced(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* decodeCategories(yield* sql`SELECT * FROM tracker_category`)
  return rows.map(({ last_proof_at, ...row }): CategorySum => ({ ...row, lastProofAt: last_proof_at }))
})

/** The paid work of each farm-day after `after`, oldest first. */
export const readDays = Effect.fnUntraced(function* (after: string) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* decodeDays(
    yield* sql`SELECT * FROM tracker_day WHERE farm_day > ${after} ORDER BY farm_day, board, category`
  )
  return rows.map(({ farm_day, ...row }): DaySum => ({ ...row, farmDay: farm_day }))
})

const writeTotals = Effect.fnUntraced(function* (revision: number, totals: FarmTotals) {
  const sql = yield* SqlClient.SqlClient
  const row = {
    revision,
    length: totals.length,
    human_coins: totals.humanCoins,
    bot_coins: totals.botCoins,
    last_active: totals.lastActive,
    updated_at: totals.updatedAt,
    scoring_state: yield* encodeState(totals.scoring)
  }
  yield* sql`INSERT INTO tracker_farm ${sql.insert({ id: 1, ...row })}
    ON CONFLICT (id) DO UPDATE SET ${sql.csv(
      Object.keys(row).map((name) => sql`${sql(name)} = excluded.${sql(name)}`)
    )}`
})

/** Founds the farm: totals of an empty ledger, unless there are some. */
export const foundFarm = Effect.fnUntraced(function* (totals: FarmTotals) {
  if ((yield* readRevision({ lock: false })) === null) yield* writeTotals(0, totals)
})

/** Adds a change to the stored sums and puts its totals in the place of the old ones. */
export const addChange = Effect.fnUntraced(function* (revision: number, change: ProjectionChange) {
  const sql = yield* SqlClient.SqlClient
  yield* writeTotals(revision, change.totals)
  const categorySums = change.categories.map(({ lastProofAt, ...sum }) => ({ ...sum, last_proof_at: lastProofAt }))
  if (Arr.isArrayNonEmpty(categorySums)) {
    yield* sql`INSERT INTO tracker_category ${sql.insert(categorySums)}
      ON CONFLICT (board, category) DO UPDATE SET
        proofs = tracker_category.proofs + excluded.proofs,
        coins = tracker_category.coins + excluded.coins,
        last_proof_at = CASE WHEN excluded.last_proof_at > tracker_category.last_proof_at
          THEN excluded.last_proof_at ELSE tracker_category.last_proof_at END`
  }
  const daySums = change.days.map(({ farmDay, ...sum }) => ({ ...sum, farm_day: farmDay }))
  if (Arr.isArrayNonEmpty(daySums)) {
    yield* sql`INSERT INTO tracker_day ${sql.insert(daySums)}
      ON CONFLICT (farm_day, board, category) DO UPDATE SET
        proofs = tracker_day.proofs + excluded.proofs,
        coins = tracker_day.coins + excluded.coins,
        work = tracker_day.work + excluded.work`
  }
})

/** Forgets the stored sums and writes these. The ledger itself is not touched. */
export const replaceSums = Effect.fnUntraced(function* (revision: number, change: ProjectionChange) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`DELETE FROM tracker_category`
  yield* sql`DELETE FROM tracker_day`
  // Years of days in one statement would pass the databases' limit of parameters.
  const { days, ...rest } = change
  yield* addChange(revision, { ...rest, days: [] })
  for (let at = 0; at < days.length; at += daysPerInsert) {
    yield* addChange(revision, { ...rest, categories: [], days: days.slice(at, at + daysPerInsert) })
  }
})

/** Six columns each; SQLite takes 32,766 parameters. */
const daysPerInsert = 1000
