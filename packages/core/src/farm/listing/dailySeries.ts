/** The farm day by day, as a flat series that a chart reads: every farm-day of a span is there, also those without work. */
import { type Category, categories } from "@farmops/proof/vocabulary"
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { dayNumberOf, dayOfNumber } from "../../scoring/farmDay.ts"
import type { Board } from "../FarmProjection.ts"
import { SqlCount } from "../SqlCount.ts"

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

/** Paid work of one farm-day on one board. */
export const DailyRow = Schema.Struct({
  /** The date in the ledger's time zone. */
  day: Schema.String,
  /** The same date's beginning in UTC, in milliseconds since 1970: a chart in UTC shows the farm's dates. */
  time: Schema.Int,
  board: Schema.Literals(["human", "bot"]),
  proofs: Count,
  coins: Count,
  /** Sum of complexity × impact × fatigue in thousandths. */
  work: Count,
  /** All coins of the board up to the end of this day, of the asked category where one was asked for. */
  cumulative_coins: Count
})

/** See the schema of the same name. */
export type DailyRow = typeof DailyRow.Type

/** Which days, both ends included, and which work; null is any. */
export interface DailyQuery {
  /** Null for the first day with work. */
  readonly from: string | null
  readonly to: string
  readonly board: Board | null
  readonly category: Category | null
}

/** Days of one answer: ten years, some 7,000 rows. */
export const dailyDaysMax = 3660

/** The span has more days than one answer may have. */
export class SpanTooLong extends Schema.TaggedError<SpanTooLong>()("SpanTooLong", { days: Schema.Int }) {}

/** What the tables of sums say, oldest first. */
export interface DailySums {
  /** Coins of each board before the span. A board without an entry never earned up to its end. */
  readonly before: ReadonlyMap<Board, number>
  readonly days: ReadonlyArray<{
    readonly day: string
    readonly board: Board
    readonly proofs: number
    readonly coins: number
    readonly work: number
  }>
}

const boards = ["human", "bot"] as const

/** Rows from the day number `first` to `last`, day after day, for each board that has ever earned. */
export const fillDays = ({ before, days }: DailySums, first: number, last: number): ReadonlyArray<DailyRow> => {
  const sums = new Map(days.map((sum) => [`${sum.day} ${sum.board}`, sum]))
  const shown = boards.filter((board) => before.has(board) || days.some((sum) => sum.board === board))
  const totals = new Map(before)
  const rows: Array<DailyRow> = []
  for (let number = first; number <= last; number++) {
    const day = dayOfNumber(number)
    for (const board of shown) {
      const { coins = 0, proofs = 0, work = 0 } = sums.get(`${day} ${board}`) ?? {}
      const cumulative_coins = (totals.get(board) ?? 0) + coins
      totals.set(board, cumulative_coins)
      rows.push({ day, time: Date.parse(`${day}T00:00:00Z`), board, proofs, coins, work, cumulative_coins })
    }
  }
  return rows
}

const BoardName = Schema.Literals(boards)
const decodeBefore = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ board: BoardName, coins: SqlCount })))
const decodeFirst = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ day: Schema.NullOr(Schema.String) })))
const decodeDays = Schema.decodeUnknownEffect(
  Schema.Array(
    Schema.Struct({ day: Schema.String, board: BoardName, proofs: SqlCount, coins: SqlCount, work: SqlCount })
  )
)

/** Reads the series from the sums of each day, whatever the length of the ledger. */
export const readDaily = Effect.fnUntraced(function* ({ board, category, from, to }: DailyQuery) {
  const sql = yield* SqlClient.SqlClient
  const which = sql.and([
    sql.in("category", category === null ? categories : [category]),
    sql.in("board", board === null ? boards : [board])
  ])
  const [oldest] = yield* decodeFirst(yield* sql`SELECT MIN(farm_day) AS day FROM tracker_day WHERE ${which}`)
  const firstDay = oldest?.day ?? null
  if (firstDay === null) return []
  // Before the first work there is nothing to show.
  const start = from === null || from < firstDay ? firstDay : from
  const [first, last] = [dayNumberOf(start), dayNumberOf(to)]
  if (last - first >= dailyDaysMax) return yield* new SpanTooLong({ days: last - first + 1 })
  const before = yield* decodeBefore(
    yield* sql`SELECT board, SUM(coins) AS coins FROM tracker_day WHERE farm_day < ${start} AND ${which} GROUP BY board`
  )
  const days = yield* decodeDays(
    yield* sql`SELECT farm_day AS day, board, SUM(proofs) AS proofs, SUM(coins) AS coins, SUM(work) AS work
      FROM tracker_day WHERE farm_day >= ${start} AND farm_day <= ${to} AND ${which}
      GROUP BY farm_day, board ORDER BY farm_day, board`
  )
  return fillDays({ before: new Map(before.map((one) => [one.board, one.coins])), days }, first, last)
})
