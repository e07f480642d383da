/**
 * The harness's tables. `action_log` and `memory_summary` are the specification's, column for column; what else a decision
 * needs lies beside them. An `action` row is durable before its action is done, and its `key` is what GitHub's side is searched for.
 */
import type { Migrations } from "@farmops/core/sql/Database"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const createMemory = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE action_log (
    id INTEGER PRIMARY KEY,
    repo TEXT NOT NULL,
    issue_id INTEGER NOT NULL,
    task_type TEXT NOT NULL,
    decision TEXT NOT NULL,
    rationale TEXT,
    actions TEXT,
    timestamp DATETIME DEFAULT CURRENT_TIMESTAMP
  )`
  yield* sql`CREATE INDEX action_log_issue ON action_log (repo, issue_id)`
  yield* sql`CREATE TABLE memory_summary (
    repo TEXT NOT NULL,
    issue_id INTEGER NOT NULL,
    summary TEXT NOT NULL,
    updated_at DATETIME,
    PRIMARY KEY (repo, issue_id)
  )`
})

const createActions = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  // What the log's row has no column for. `seen` is the issue as the decision rests on it, moved on by our own writes.
  yield* sql`CREATE TABLE decision_detail (
    log_id INTEGER NOT NULL PRIMARY KEY REFERENCES action_log (id),
    task_id TEXT NOT NULL UNIQUE,
    batch TEXT NOT NULL,
    agent TEXT NOT NULL,
    decision TEXT NOT NULL,
    seen TEXT NOT NULL
  )`
  yield* sql`CREATE INDEX decision_detail_batch ON decision_detail (batch)`
  // `changed` is 1 where GitHub's side was otherwise before: only that can be undone.
  yield* sql`CREATE TABLE "action" (
    key TEXT NOT NULL PRIMARY KEY,
    log_id INTEGER NOT NULL REFERENCES action_log (id),
    task_id TEXT NOT NULL,
    position INTEGER NOT NULL CHECK (position >= 0),
    repo TEXT NOT NULL,
    issue INTEGER NOT NULL,
    type TEXT NOT NULL,
    action TEXT NOT NULL,
    mode TEXT NOT NULL,
    verdict TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN (
      'planned', 'executing', 'done', 'refused', 'unknown', 'stale', 'denied', 'proposed', 'shadow', 'undone'
    )),
    tries INTEGER NOT NULL,
    not_before TEXT,
    remote_id INTEGER,
    changed INTEGER,
    reason TEXT,
    planned_at TEXT NOT NULL,
    begun_at TEXT,
    tried_at TEXT,
    settled_at TEXT,
    UNIQUE (task_id, position)
  )`
  yield* sql`CREATE INDEX action_open ON "action" (log_id, position) WHERE state IN ('planned', 'executing', 'unknown')`
  yield* sql`CREATE INDEX action_issue ON "action" (repo, issue, planned_at)`
  yield* sql`CREATE INDEX action_time ON "action" (planned_at)`
})

const createWork = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  // `decision` is kept before GitHub is touched: a refused action costs a retry, not a second answer of the model.
  yield* sql`CREATE TABLE task (
    id TEXT NOT NULL PRIMARY KEY,
    repo TEXT NOT NULL,
    issue INTEGER NOT NULL,
    type TEXT NOT NULL,
    cause TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'decided', 'done', 'failed', 'superseded')),
    attempts INTEGER NOT NULL,
    not_before TEXT NOT NULL,
    payload TEXT,
    decision TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
  )`
  // One task of an issue waits; what happens meanwhile is part of it.
  yield* sql`CREATE UNIQUE INDEX task_waiting ON task (repo, issue) WHERE state = 'waiting'`
  yield* sql`CREATE INDEX task_due ON task (state, not_before)`
  yield* sql`CREATE TABLE repository_cursor (
    repo TEXT NOT NULL PRIMARY KEY,
    since TEXT NOT NULL,
    etag TEXT,
    etag_url TEXT,
    etag_at TEXT,
    boundary TEXT NOT NULL,
    last_full_pass TEXT
  )`
  yield* sql`CREATE TABLE spend (
    day TEXT NOT NULL PRIMARY KEY,
    micro_usd INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    calls INTEGER NOT NULL
  )`
})

// Each change that a poll finds is held against the last task of its issue.
const indexTasks = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE INDEX task_issue ON task (repo, issue, created_at)`
})

/** For `Database.migrate`. Forward only: a change of the tables is a new entry. */
export const triageMigrations: Migrations = {
  "0001_memory": createMemory,
  "0002_actions": createActions,
  "0003_work": createWork,
  "0004_task_issue": indexTasks
}
