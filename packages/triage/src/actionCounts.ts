/** How much was done of late, for the caps of the policy. What is planned counts already, so that two decisions cannot share one last place. */
import { Effect, Schema } from "effect"
import { SqlClient, type Statement } from "effect/sql"

const Counts = Schema.Struct({
  /** Actions on this issue in the last 24 h. */
  issue_day: Schema.Int,
  /** Comments on this issue in the last 24 h. */
  issue_comments_day: Schema.Int,
  /** Actions in this repository in the last hour, and in the last 24 h. */
  repo_hour: Schema.Int,
  repo_day: Schema.Int,
  /** Issues of this repository closed in the last 24 h. */
  repo_closes_day: Schema.Int,
  /** Actions everywhere in the last hour, and in the last 24 h. */
  all_hour: Schema.Int,
  all_day: Schema.Int
})

/** What the policy holds against the caps: actions that were done, are under way, or are allowed and wait. */
export type ActionCounts = typeof Counts.Type

const Spend = Schema.Struct({
  micro_usd: Schema.Int,
  input_tokens: Schema.Int,
  output_tokens: Schema.Int,
  calls: Schema.Int
})

/** What one day's questions to a model cost, in millionths of a US dollar. */
export type Spend = typeof Spend.Type

const decodeCounts = Schema.decodeUnknownEffect(Schema.Array(Counts))
const decodeSpend = Schema.decodeUnknownEffect(Schema.Array(Spend))

/** The counts for one issue at the time `now`, in ISO 8601. */
export const readCounts = Effect.fnUntraced(function* (repo: string, issue: number, now: Date) {
  const sql = yield* SqlClient.SqlClient
  const hour = new Date(now.getTime() - 3_600_000).toISOString()
  const day = new Date(now.getTime() - 86_400_000).toISOString()
  const sum = (condition: Statement.Fragment) => sql`COALESCE(SUM(CASE WHEN ${condition} THEN 1 ELSE 0 END), 0)`
  const inIssue = sql`repo = ${repo} AND issue = ${issue}`
  const [counts] = yield* decodeCounts(
    yield* sql`SELECT ${sum(inIssue)} AS issue_day,
      ${sum(sql`${inIssue} AND type = 'comment'`)} AS issue_comments_day,
      ${sum(sql`repo = ${repo} AND planned_at > ${hour}`)} AS repo_hour,
      ${sum(sql`repo = ${repo}`)} AS repo_day,
      ${sum(sql`repo = ${repo} AND type = 'close'`)} AS repo_closes_day,
      ${sum(sql`planned_at > ${hour}`)} AS all_hour, COUNT(*) AS all_day
      FROM "action" WHERE planned_at > ${day} AND state IN ('planned', 'executing', 'unknown', 'done', 'undone')`
  )
  // An aggregate without GROUP BY has one row, always.
  return (
    counts ?? {
      issue_day: 0,
      issue_comments_day: 0,
      repo_hour: 0,
      repo_day: 0,
      repo_closes_day: 0,
      all_hour: 0,
      all_day: 0
    }
  )
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
