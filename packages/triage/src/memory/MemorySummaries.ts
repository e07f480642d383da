/** The specification's `memory_summary`: derived from the log, so that losing it loses nothing and one call makes it anew. */
import { withRelaxedCommit } from "@farmops/core/sql/withRelaxedCommit"
import { Context, DateTime, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { readIssueActions, readLog } from "../actionRows.ts"
import { makeOnStore } from "../onStore.ts"
import { summarizeIssue } from "./summarizeIssue.ts"

const decodeSummaries = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ summary: Schema.String })))
const decodeIssues = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ repo: Schema.String, issue_id: Schema.Int }))
)

const write = Effect.fnUntraced(function* (repo: string, issue: number, now: string) {
  const sql = yield* SqlClient.SqlClient
  const summary = summarizeIssue(yield* readLog(repo, issue), yield* readIssueActions(repo, issue))
  yield* sql`INSERT INTO memory_summary ${sql.insert({ repo, issue_id: issue, summary, updated_at: now })}
    ON CONFLICT (repo, issue_id) DO UPDATE SET summary = excluded.summary, updated_at = excluded.updated_at`
})

const make = Effect.gen(function* () {
  const { onStore } = yield* makeOnStore
  const sql = yield* SqlClient.SqlClient
  const isoNow = Effect.map(DateTime.now, DateTime.formatIso)

  return {
    /** Empty where nothing was decided yet. */
    summary: (repo: string, issue: number) =>
      onStore(
        Effect.gen(function* () {
          const [row] = yield* decodeSummaries(
            yield* sql`SELECT summary FROM memory_summary WHERE repo = ${repo} AND issue_id = ${issue}`
          )
          return row?.summary ?? ""
        })
      ),
    /** Brings one issue's summary up to the log. What a power cut takes back of it, the next decision on the issue makes anew. */
    refresh: (repo: string, issue: number) =>
      Effect.flatMap(isoNow, (now) => onStore(withRelaxedCommit(write(repo, issue, now)))),
    /** Makes all summaries anew, in one transaction. Answers with how many there are. */
    rebuild: Effect.fn("MemorySummaries.rebuild")(function* () {
      const now = yield* isoNow
      const all = Effect.gen(function* () {
        yield* sql`DELETE FROM memory_summary`
        const issues = yield* decodeIssues(yield* sql`SELECT DISTINCT repo, issue_id FROM action_log`)
        for (const { issue_id, repo } of issues) yield* write(repo, issue_id, now)
        return issues.length
      })
      return yield* onStore(sql.withTransaction(all))
    })()
  } as const
})

/** The summaries of a harness. */
export class MemorySummaries extends Context.Service<MemorySummaries>()("@farmops/triage/MemorySummaries", { make }) {
  /** Needs the tables of `triageMigrations`. */
  static readonly layer: Layer.Layer<MemorySummaries, never, SqlClient.SqlClient> = Layer.effect(this, this.make)
}
