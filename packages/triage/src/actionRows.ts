/** Rows of the action log as the harness's services read them. */
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { Action, Decision } from "./protocol/Decision.ts"
import { GitHubIssue } from "./protocol/GitHubIssue.ts"

/**
 * How far an action is. `planned` is allowed and not begun; `executing` may have reached GitHub; `unknown` got no clear
 * answer; these three are open. `stale` was overtaken by somebody else; `proposed` waits for an approval; `denied` and
 * `shadow` are never done.
 */
export const ActionState = Schema.Literals([
  ...(["planned", "executing", "done", "refused", "unknown"] as const),
  ...(["stale", "denied", "proposed", "shadow", "undone"] as const)
])

/** See the schema of the same name. */
export type ActionState = typeof ActionState.Type

/** One action with everything that is known of it. Times are ISO 8601 in UTC, with milliseconds. */
export const ActionRow = Schema.Struct({
  key: Schema.String,
  log_id: Schema.Int,
  task_id: Schema.String,
  position: Schema.Int,
  repo: Schema.String,
  issue: Schema.Int,
  action: Schema.fromJsonString(Action),
  mode: Schema.String,
  /** What the policy said: `allowed`, or the code of its reason. */
  verdict: Schema.String,
  state: ActionState,
  /** How often it was begun. */
  tries: Schema.Int,
  not_before: Schema.NullOr(Schema.String),
  /** The comment's id on GitHub. */
  remote_id: Schema.NullOr(Schema.Int),
  /** Whether GitHub's side was otherwise before; null until it is done. */
  changed: Schema.NullOr(Schema.Int),
  /** Why it was refused, or is unknown. */
  reason: Schema.NullOr(Schema.String),
  planned_at: Schema.String,
  /** The first time, from when on GitHub may show it. */
  begun_at: Schema.NullOr(Schema.String),
  /** The last time. */
  tried_at: Schema.NullOr(Schema.String),
  settled_at: Schema.NullOr(Schema.String)
})

/** See the schema of the same name. */
export type ActionRow = typeof ActionRow.Type

/** What is known of a decision besides the log's own columns. */
export const DecisionDetail = Schema.Struct({
  log_id: Schema.Int,
  task_id: Schema.String,
  batch: Schema.String,
  agent: Schema.String,
  decision: Schema.fromJsonString(Decision),
  /** The issue that the decision rests on, moved on by our own writes since. */
  seen: Schema.fromJsonString(GitHubIssue)
})

/** See the schema of the same name. */
export type DecisionDetail = typeof DecisionDetail.Type

/** A row of the specification's `action_log`. */
export const LogRow = Schema.Struct({
  id: Schema.Int,
  repo: Schema.String,
  issue_id: Schema.Int,
  task_type: Schema.String,
  decision: Schema.String,
  rationale: Schema.NullOr(Schema.String),
  /** JSON array of what the agent asked for. */
  actions: Schema.NullOr(Schema.String),
  timestamp: Schema.String
})

/** See the schema of the same name. */
export type LogRow = typeof LogRow.Type

const decodeActions = Schema.decodeUnknownEffect(Schema.Array(ActionRow))
const decodeDetails = Schema.decodeUnknownEffect(Schema.Array(DecisionDetail))
const decodeLog = Schema.decodeUnknownEffect(Schema.Array(LogRow))
const decodeTasks = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ task_id: Schema.String })))

/** Every action of a task, in order. */
export const readActions = Effect.fnUntraced(function* (taskId: string) {
  const sql = yield* SqlClient.SqlClient
  return yield* decodeActions(yield* sql`SELECT * FROM "action" WHERE task_id = ${taskId} ORDER BY position`)
})

/** Every action of an issue, in order. */
export const readIssueActions = Effect.fnUntraced(function* (repo: string, issue: number) {
  const sql = yield* SqlClient.SqlClient
  return yield* decodeActions(
    yield* sql`SELECT * FROM "action" WHERE repo = ${repo} AND issue = ${issue} ORDER BY log_id, position`
  )
})

/** Every action of a batch, the last first: the order in which they are undone. */
export const readBatch = Effect.fnUntraced(function* (batch: string) {
  const sql = yield* SqlClient.SqlClient
  return yield* decodeActions(
    yield* sql`SELECT a.* FROM "action" a JOIN decision_detail d ON d.log_id = a.log_id
      WHERE d.batch = ${batch} ORDER BY a.log_id DESC, a.position DESC`
  )
})

/** The tasks that have open actions, the oldest decision first. */
export const readOpenTasks = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* decodeTasks(
    yield* sql`SELECT task_id FROM "action" WHERE state IN ('planned', 'executing', 'unknown')
      GROUP BY task_id ORDER BY MIN(log_id)`
  )
  return rows.map((row) => row.task_id)
})

/** What is known of a task's decision; null where it has none. */
export const readDetail = Effect.fnUntraced(function* (taskId: string) {
  const sql = yield* SqlClient.SqlClient
  const [detail] = yield* decodeDetails(yield* sql`SELECT * FROM decision_detail WHERE task_id = ${taskId}`)
  return detail ?? null
})

/** What is known of the newest decision on an issue; null where there is none. */
export const readNewestDetail = Effect.fnUntraced(function* (repo: string, issue: number) {
  const sql = yield* SqlClient.SqlClient
  const [detail] = yield* decodeDetails(
    yield* sql`SELECT d.* FROM decision_detail d JOIN action_log l ON l.id = d.log_id
      WHERE l.repo = ${repo} AND l.issue_id = ${issue} ORDER BY l.id DESC LIMIT 1`
  )
  return detail ?? null
})

/** The log's rows of one issue, oldest first. */
export const readLog = Effect.fnUntraced(function* (repo: string, issue: number) {
  const sql = yield* SqlClient.SqlClient
  return yield* decodeLog(yield* sql`SELECT * FROM action_log WHERE repo = ${repo} AND issue_id = ${issue} ORDER BY id`)
})
