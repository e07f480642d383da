/** Reads and writes the tables of sums. Every write happens inside the transaction of the proofs that it sums up. */
import { canonicalJson } from "@farmops/proof/canonicalJson"
import { categories } from "@farmops/proof/vocabulary"
import { Array as Arr, Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { LedgerCalendar } from "../scoring/LedgerCalendar.ts"
import { Rules } from "../scoring/Rules.ts"
import { ScoringState } from "../scoring/ScoringState.ts"
import { AchievementState } from "./economy/AchievementState.ts"
import { Holdings } from "./economy/Holdings.ts"
import type { CategorySum, DaySum, ProjectionChange } from "./FarmProjection.ts"
import type { FarmTotals } from "./FarmTotals.ts"
import { lastDecoded } from "./lastDecoded.ts"
import { SqlCount } from "./SqlCount.ts"
import { noSeasons, SeasonState } from "./seasons/FarmSeason.ts"

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
  Schema.Array(
    Schema.Struct({
      ...FarmRow.fields,
      scoring_state: ScoringStateText,
      holdings: Schema.String,
      rules: Schema.String,
      calendar: Schema.String,
      seasons: Schema.NullOr(Schema.String),
      achievements: Schema.NullOr(Schema.String)
    })
  )
)
const decodeHoldings = lastDecoded(Schema.decodeUnknownEffect(Schema.fromJsonString(Holdings)))
const decodeRules = lastDecoded(Schema.decodeUnknownEffect(Schema.fromJsonString(Rules)))
const decodeCalendar = lastDecoded(Schema.decodeUnknownEffect(Schema.fromJsonString(LedgerCalendar)))
const decodeSeasons = lastDecoded(Schema.decodeUnknownEffect(Schema.fromJsonString(SeasonState)))
const decodeAchievements = lastDecoded(Schema.decodeUnknownEffect(Schema.fromJsonString(AchievementState)))
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
  const [row] = yield* decodeFarm(
    yield* sql`SELECT farm.*, economy.holdings, economy.rules, economy.calendar, economy.seasons,
        economy.achievements
      FROM tracker_farm AS farm JOIN tracker_economy AS economy ON economy.id = farm.id WHERE farm.id = 1`
  )
  if (row === undefined) return null
  const stored: StoredTotals = {
    revision: row.revision,
    totals: {
      length: row.length,
      humanCoins: row.human_coins,
      botCoins: row.bot_coins,
      lastActive: row.last_active,
      updatedAt: row.updated_at,
      scoring: row.scoring_state,
      holdings: yield* decodeHoldings(row.holdings),
      rules: yield* decodeRules(row.rules),
      calendar: yield* decodeCalendar(row.calendar),
      seasons: row.seasons === null ? noSeasons : yield* decodeSeasons(row.seasons),
      achievements: row.achievements === null ? null : yield* decodeAchievements(row.achievements)
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

/** The rows of each farm-day after `after`, oldest first, for {@link daysOf}: reading takes a tenth of the time of decoding. */
export const readDayRows = Effect.fnUntraced(function* (after: string) {
  const sql = yield* SqlClient.SqlClient
  return yield* sql`SELECT * FROM tracker_day WHERE farm_day > ${after} ORDER BY farm_day, board, category`
})

/** The paid work that rows hold. */
export const daysOf = (rows: ReadonlyArray<unknown>) =>
  Effect.map(decodeDays(rows), (days) => days.map(({ farm_day, ...row }): DaySum => ({ ...row, farmDay: farm_day })))

/** The paid work of each farm-day after `after`, oldest first. */
export const readDays = (after: string) => Effect.flatMap(readDayRows(after), daysOf)

const upsert = Effect.fnUntraced(function* (
  table: "tracker_farm" | "tracker_economy",
  row: Readonly<Record<string, string | number | null>>
) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`INSERT INTO ${sql(table)} ${sql.insert({ id: 1, ...row })}
    ON CONFLICT (id) DO UPDATE SET ${sql.csv(
      Object.keys(row).map((name) => sql`${sql(name)} = excluded.${sql(name)}`)
    )}`
})

/** `known` is what is stored now: what has not changed since, such as a long list of purchases, is not written again. */
const writeTotals = Effect.fnUntraced(function* (revision: number, totals: FarmTotals, known: FarmTotals | null) {
  const { achievements, calendar, holdings, rules } = totals
  yield* upsert("tracker_farm", {
    revision,
    length: totals.length,
    human_coins: totals.humanCoins,
    bot_coins: totals.botCoins,
    last_active: totals.lastActive,
    updated_at: totals.updatedAt,
    scoring_state: yield* encodeState(totals.scoring)
  })
  if (known === null || known.holdings !== holdings || known.rules !== rules || known.calendar !== calendar) {
    const texts = { holdings: canonicalJson(holdings), rules: canonicalJson(rules), calendar: canonicalJson(calendar) }
    yield* upsert("tracker_economy", texts)
  }
  if (known?.achievements !== achievements) yield* writeAchievements(achievements)
  if (known?.seasons !== totals.seasons) yield* writeSeasons(totals.seasons)
})

const writeSeasons = Effect.fnUntraced(function* (seasons: SeasonState) {
  const sql = yield* SqlClient.SqlClient
  const text = seasons.open === null ? null : canonicalJson(seasons)
  yield* sql`UPDATE tracker_economy SET seasons = ${text} WHERE id = 1`
})

/** Puts this state in the place of the stored one. */
export const writeAchievements = Effect.fnUntraced(function* (state: AchievementState | null) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE tracker_economy SET achievements = ${state === null ? null : canonicalJson(state)} WHERE id = 1`
})

/** Founds the farm: totals of an empty ledger, unless there are some. */
export const foundFarm = Effect.fnUntraced(function* (totals: FarmTotals) {
  if ((yield* readRevision({ lock: false })) === null) yield* writeTotals(0, totals, null)
})

/** Adds a change to the stored sums and puts its totals in the place of the old ones, which are `known` or read by nobody. */
export const addChange = Effect.fnUntraced(function* (
  revision: number,
  change: ProjectionChange,
  known: FarmTotals | null = null
) {
  const sql = yield* SqlClient.SqlClient
  yield* writeTotals(revision, change.totals, known)
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
    yield* addChange(revision, { ...rest, categories: [], days: days.slice(at, at + daysPerInsert) }, rest.totals)
  }
})

/** Six columns each; SQLite takes 32,766 parameters. */
const daysPerInsert = 1000
