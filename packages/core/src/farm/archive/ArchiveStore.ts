/**
 * What the ledger remembers of its archives. Those that are away are always the ledger's beginning: archived one after the
 * other, restored the last one first.
 */
import { categories } from "@farmops/proof/vocabulary"
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { ScoringState } from "../../scoring/ScoringState.ts"
import { AchievementState } from "../economy/AchievementState.ts"
import type { ProjectionChange } from "../FarmProjection.ts"
import type { FarmTotals } from "../FarmTotals.ts"
import { SqlCount } from "../SqlCount.ts"
import { noSeasons, SeasonState } from "../seasons/FarmSeason.ts"

const Sum = {
  board: Schema.Literals(["human", "bot"]),
  category: Schema.Literals(categories),
  proofs: Schema.Int,
  coins: Schema.Int
}

/**
 * The farm's sums at some length of its ledger, as `projectionBytes` spells them. What the owner's facts come to is not read
 * from here: those facts are never archived. An archive of before there were achievements or
 * seasons has none.
 */
export const ProjectionState = Schema.Struct({
  totals: Schema.Struct({
    length: Schema.Int,
    humanCoins: Schema.Int,
    botCoins: Schema.Int,
    lastActive: Schema.NullOr(Schema.String),
    updatedAt: Schema.String,
    scoring: ScoringState,
    achievements: Schema.optionalKey(Schema.NullOr(AchievementState)),
    seasons: Schema.optionalKey(SeasonState)
  }),
  categories: Schema.Array(Schema.Struct({ ...Sum, lastProofAt: Schema.String })),
  days: Schema.Array(Schema.Struct({ ...Sum, farmDay: Schema.String, work: Schema.Int }))
})

const Row = Schema.Struct({
  to_size: SqlCount,
  from_size: SqlCount,
  /** The first line of the file. */
  header: Schema.String,
  state: Schema.String,
  file_sha256: Schema.String,
  restored_at: Schema.NullOr(Schema.String)
})

/** One archive. */
export type StoredArchive = typeof Row.Type

const decodeRows = Schema.decodeUnknownEffect(Schema.Array(Row))
const decodeState = Schema.decodeUnknownEffect(Schema.fromJsonString(ProjectionState))

/** The archive that ends last, of those that are away; null while the whole ledger is here. */
export const readLastArchive = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* decodeRows(
    yield* sql`SELECT * FROM tracker_archive WHERE restored_at IS NULL ORDER BY to_size DESC LIMIT 1`
  )
  return row ?? null
})

/** Every archive that is away, in the order of the ledger. */
export const readArchives = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  return yield* decodeRows(yield* sql`SELECT * FROM tracker_archive WHERE restored_at IS NULL ORDER BY to_size`)
})

/** Where a replay starts: how many lines are away, and the sums over them, but for what the owner owns and decided. */
export interface ReplayBase {
  readonly size: number
  readonly change: Omit<ProjectionChange, "totals"> & {
    readonly totals: Omit<FarmTotals, "calendar" | "holdings" | "rules">
  }
}

/** Null where a replay starts from nothing. */
export const readReplayBase = Effect.gen(function* () {
  const last = yield* readLastArchive
  if (last === null) return null
  const { categories, days, totals } = yield* decodeState(last.state)
  const base: ReplayBase = {
    size: last.to_size,
    change: {
      totals: { ...totals, achievements: totals.achievements ?? null, seasons: totals.seasons ?? noSeasons },
      categories,
      days,
      details: []
    }
  }
  return base
})

/** The achievements over the lines up to an archive's end; null for one from before there were any. */
export const archivedAchievements = ({ state }: StoredArchive) =>
  Effect.map(decodeState(state), ({ totals }) => totals.achievements ?? null)

/** Remembers an archive; one that was restored and is away again takes its old row. */
export const writeArchive = Effect.fnUntraced(function* (row: StoredArchive) {
  const sql = yield* SqlClient.SqlClient
  const { to_size: _, ...rest } = row
  yield* sql`INSERT INTO tracker_archive ${sql.insert(row)}
    ON CONFLICT (to_size) DO UPDATE SET ${sql.csv(
      Object.keys(rest).map((name) => sql`${sql(name)} = excluded.${sql(name)}`)
    )}`
})

/** Remembers that an archive is back. */
export const markRestored = Effect.fnUntraced(function* (toSize: number, at: string) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE tracker_archive SET restored_at = ${at} WHERE to_size = ${toSize}`
})
