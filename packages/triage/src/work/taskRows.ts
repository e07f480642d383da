/** Rows of the task queue. One task of an issue waits at a time: what changes meanwhile becomes part of it. */
import { randomUUID } from "node:crypto"
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { issueFingerprint } from "../poll/issueFingerprint.ts"
import { Decision } from "../protocol/Decision.ts"
import { GitHubIssue } from "../protocol/GitHubIssue.ts"
import { IssueAction } from "../protocol/Task.ts"

/** What the queue keeps of a task beside its columns. */
export const TaskPayload = Schema.Struct({
  /** Of the issue for which the task was made; once an agent was asked, of the issue as it saw it. */
  fingerprint: Schema.String,
  /** Whether the issue is older than the harness's work in the repository. */
  backlog: Schema.Boolean,
  /** How often the issue changed under a decision, so that it was looked at again. */
  rounds: Schema.Int,
  /** Whether the text seemed to address an agent. */
  suspicious: Schema.Boolean
})

/** See the schema of the same name. */
export type TaskPayload = typeof TaskPayload.Type

/** `waiting` for its turn, `running` at an agent, `decided` and on its way to GitHub; the rest is over. */
export const TaskState = Schema.Literals(["waiting", "running", "decided", "done", "failed", "superseded"])

/** One task. Times are ISO 8601 in UTC, with milliseconds. */
export const TaskRow = Schema.Struct({
  id: Schema.String,
  repo: Schema.String,
  issue: Schema.Int,
  cause: IssueAction,
  state: TaskState,
  /** How often an agent was asked. */
  attempts: Schema.Int,
  not_before: Schema.String,
  payload: Schema.fromJsonString(TaskPayload),
  decision: Schema.NullOr(Schema.fromJsonString(Decision)),
  created_at: Schema.String
})

/** See the schema of the same name. */
export type TaskRow = typeof TaskRow.Type

/** Reads rows of `SELECT * FROM task`. */
export const decodeTasks = Schema.decodeUnknownEffect(Schema.Array(TaskRow))

/** The payload as it is stored. */
export const encodePayload = Schema.encodeEffect(Schema.fromJsonString(TaskPayload))

/** A task to be. */
export interface NewTask {
  readonly repo: string
  readonly issue: GitHubIssue
  readonly cause: TaskRow["cause"]
  readonly backlog: boolean
  readonly rounds: number
}

const decodeSeen = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ seen: Schema.fromJsonString(GitHubIssue) })))

/** The issue as the newest decision on it last knew it, our own changes included; null where there was none. */
export const readLastSeen = Effect.fnUntraced(function* (repo: string, issue: number) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* decodeSeen(
    yield* sql`SELECT d.seen FROM decision_detail d JOIN action_log l ON l.id = d.log_id
      WHERE l.repo = ${repo} AND l.issue_id = ${issue} ORDER BY l.id DESC LIMIT 1`
  )
  return row?.seen ?? null
})

/**
 * Whether a task was made for the issue as it is, or a decision knows it so: then there is nothing new to look at. That an issue is
 * stale is new the first time.
 */
export const isKnown = Effect.fnUntraced(function* ({ cause, issue, repo, rounds }: NewTask) {
  if (rounds > 0) return false
  const sql = yield* SqlClient.SqlClient
  const fingerprint = issueFingerprint(issue)
  const [last] = yield* sql<{ readonly cause: string; readonly found: string }>`
    SELECT cause, json_extract(payload, '$.fingerprint') AS found FROM task
    WHERE repo = ${repo} AND issue = ${issue.number} ORDER BY created_at DESC, rowid DESC LIMIT 1`
  if (cause === "stale") return last?.cause === "stale" && last.found === fingerprint
  if (last?.found === fingerprint) return true
  const seen = yield* readLastSeen(repo, issue.number)
  return seen !== null && issueFingerprint(seen) === fingerprint
})

/** Adds a task, or lets the one that waits for the issue know of its newest state. */
export const insertTask = Effect.fnUntraced(function* (task: NewTask, now: string) {
  const sql = yield* SqlClient.SqlClient
  const payload = yield* encodePayload({
    fingerprint: issueFingerprint(task.issue),
    backlog: task.backlog,
    rounds: task.rounds,
    suspicious: false
  })
  yield* sql`INSERT INTO task ${sql.insert({
    id: randomUUID(),
    repo: task.repo,
    issue: task.issue.number,
    type: "issue.triage",
    cause: task.cause,
    state: "waiting",
    attempts: 0,
    not_before: now,
    payload,
    created_at: now,
    updated_at: now
  })} ON CONFLICT (repo, issue) WHERE state = 'waiting' DO UPDATE SET
    payload = excluded.payload, updated_at = excluded.updated_at,
    cause = CASE WHEN task.cause = 'opened' THEN task.cause ELSE excluded.cause END`
})
