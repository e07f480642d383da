/** How much was done of late, for the caps of the policy. What is planned counts already, so that two decisions cannot share one last place. */
import { DateTime, Effect, Schema } from "effect"
import { SqlClient, type Statement } from "effect/sql"
import type { DoneBefore } from "./policy/TriageSituation.ts"

const Row = Schema.Struct({
  repo_hour: Schema.Int,
  repo_day: Schema.Int,
  repo_closes: Schema.Int,
  all_hour: Schema.Int,
  all_day: Schema.Int,
  all_closes: Schema.Int
})

const Spend = Schema.Struct({
  micro_usd: Schema.Int,
  input_tokens: Schema.Int,
  output_tokens: Schema.Int,
  calls: Schema.Int
})

/** What one day's questions to a model cost, in millionths of a US dollar. */
export type Spend = typeof Spend.Type

const decodeRows = Schema.decodeUnknownEffect(Schema.Array(Row))
const decodeSums = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ sum: Schema.Int })))
const decodeSpend = Schema.decodeUnknownEffect(Schema.Array(Spend))

/** What may have reached GitHub, or still will. What was taken back was done. */
export const countedStates = ["planned", "executing", "unknown", "done", "undone"] as const

const nothing: typeof Row.Type = {
  repo_hour: 0,
  repo_day: 0,
  repo_closes: 0,
  all_hour: 0,
  all_day: 0,
  all_closes: 0
}

const readRow = Effect.fnUntraced(function* (repo: string, now: Date) {
  const sql = yield* SqlClient.SqlClient
  const hour = new Date(now.getTime() - 3_600_000).toISOString()
  const day = new Date(now.getTime() - 86_400_000).toISOString()
  const sum = (condition: Statement.Fragment) => sql`COALESCE(SUM(CASE WHEN ${condition} THEN 1 ELSE 0 END), 0)`
  const here = sql`repo = ${repo}`
  const [row] = yield* decodeRows(
    yield* sql`SELECT ${sum(sql`${here} AND planned_at > ${hour}`)} AS repo_hour, ${sum(here)} AS repo_day,
      ${sum(sql`${here} AND type = 'close'`)} AS repo_closes, ${sum(sql`planned_at > ${hour}`)} AS all_hour,
      COUNT(*) AS all_day, ${sum(sql`type = 'close'`)} AS all_closes
      FROM "action" WHERE planned_at > ${day} AND ${sql.in("state", countedStates)}`
  )
  // An aggregate without GROUP BY has one row, always.
  return row ?? nothing
})

/** What was done of late in a repository and by the whole harness, as the caps count it. */
export const readTallies = Effect.fnUntraced(function* (repo: string) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* DateTime.now
  const today = DateTime.formatIso(now).slice(0, 10)
  const row = yield* readRow(repo, new Date(now.epochMilliseconds))
  const [cost] = yield* decodeSums(
    yield* sql`SELECT COALESCE(SUM(json_extract(d.decision, '$.usage.cost_micro_usd')), 0) AS sum
      FROM decision_detail d JOIN action_log l ON l.id = d.log_id
      WHERE l.repo = ${repo} AND l.timestamp >= ${today}`
  )
  const tallies: Pick<DoneBefore, "repository" | "harness"> = {
    repository: {
      actionsLastHour: row.repo_hour,
      actionsLastDay: row.repo_day,
      closesLastDay: row.repo_closes,
      microUsdToday: cost?.sum ?? 0
    },
    harness: {
      actionsLastHour: row.all_hour,
      actionsLastDay: row.all_day,
      closesLastDay: row.all_closes,
      microUsdToday: (yield* readSpend(today)).micro_usd
    }
  }
  return tallies
})

/** What a day (`YYYY-MM-DD`, UTC) cost so far. */
export const readSpend = Effect.fnUntraced(function* (day: string) {
  const sql = yield* SqlClient.SqlClient
  const [spend] = yield* decodeSpend(yield* sql`SELECT * FROM spend WHERE day = ${day}`)
  return spend ?? { micro_usd: 0, input_tokens: 0, output_tokens: 0, calls: 0 }
})

/** Adds to a day's cost. */
export const addSpend = Effect.fnUntraced(function* (day: string, more: Spend) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`INSERT INTO spend ${sql.insert({ day, ...more })} ON CONFLICT (day) DO UPDATE SET
    micro_usd = micro_usd + excluded.micro_usd, input_tokens = input_tokens + excluded.input_tokens,
    output_tokens = output_tokens + excluded.output_tokens, calls = calls + excluded.calls`
})
