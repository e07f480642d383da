/** What the log holds of decisions and their actions, as the commands that look back read it. Only reads. */
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { ActionRow } from "../actionRows.ts"
import { Decision } from "../protocol/Decision.ts"
import { GitHubIssue } from "../protocol/GitHubIssue.ts"
import { IssueAction } from "../protocol/Task.ts"
import { orStoreUnavailable } from "../StoreUnavailable.ts"

const decodeActions = Schema.decodeUnknownEffect(Schema.Array(ActionRow))

const RecordedDecision = Schema.Struct({
  log_id: Schema.Int,
  task_id: Schema.String,
  repo: Schema.String,
  issue: Schema.Int,
  agent: Schema.String,
  at: Schema.String,
  decision: Schema.fromJsonString(Decision),
  seen: Schema.fromJsonString(GitHubIssue),
  /** Null where the queue has forgotten the task. */
  cause: Schema.NullOr(IssueAction)
})

/** A decision of the log, with the issue on which it rests, moved on by our own writes since. */
export type RecordedDecision = typeof RecordedDecision.Type

const decodeDecisions = Schema.decodeUnknownEffect(Schema.Array(RecordedDecision))

/** What agents asked for in the newest issues of a repository and the policy let into the log, oldest first. */
export const readAskedActions = Effect.fnUntraced(function* (repo: string, issuesMax: number) {
  const sql = yield* SqlClient.SqlClient
  return yield* orStoreUnavailable(
    Effect.flatMap(
      sql`SELECT * FROM "action" WHERE repo = ${repo} COLLATE NOCASE AND verdict = 'allowed'
        AND state IN ('shadow', 'proposed', 'done', 'undone')
        AND issue IN (SELECT issue FROM "action" WHERE repo = ${repo} COLLATE NOCASE
          GROUP BY issue ORDER BY MAX(log_id) DESC LIMIT ${issuesMax})
        ORDER BY log_id, position`,
      decodeActions
    )
  )
})

/** The newest decisions, newest first. */
export const readDecisions = Effect.fnUntraced(function* (decisionsMax: number) {
  const sql = yield* SqlClient.SqlClient
  return yield* orStoreUnavailable(
    Effect.flatMap(
      sql`SELECT l.id AS log_id, d.task_id, l.repo, l.issue_id AS issue, d.agent, l.timestamp AS at, d.decision, d.seen,
          t.cause
        FROM decision_detail d JOIN action_log l ON l.id = d.log_id LEFT JOIN task t ON t.id = d.task_id
        ORDER BY l.id DESC LIMIT ${decisionsMax}`,
      decodeDecisions
    )
  )
})
