/**
 * The write-ahead log of what the harness decided and does. A decision and all its actions are on the disk, in one
 * transaction, before the first of them is begun; each step of an action is on the disk before the next.
 */
import { withRelaxedCommit } from "@farmops/core/sql/withRelaxedCommit"
import { Context, DateTime, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { readSpend } from "./actionCounts.ts"
import { actionKey } from "./actionKey.ts"
import {
  type ActionRow,
  readActions,
  readBatch,
  readDetail,
  readIssueActions,
  readLog,
  readNewestDetail,
  readOpenTasks
} from "./actionRows.ts"
import { makeOnStore } from "./onStore.ts"
import type { Action, Decision } from "./protocol/Decision.ts"
import { GitHubIssue } from "./protocol/GitHubIssue.ts"

/** An action as the policy left it. Only what is `planned` will be done; what is `proposed` waits for {@link ActionLog}'s `approve`. */
export interface PlannedAction {
  readonly action: Action
  /** The mode of its type when it was decided: `shadow`, `propose` or `live`. */
  readonly mode: string
  /** `allowed`, or the code of the policy's reason. */
  readonly verdict: string
  readonly state: "planned" | "denied" | "proposed" | "shadow"
}

/** A decision as it goes into the log. */
export interface NewDecision {
  readonly taskId: string
  readonly taskType: string
  readonly repo: string
  /** The issue on which the decision rests, as it was read. Its changes by others make the actions stale. */
  readonly seen: GitHubIssue
  readonly decision: Decision
  /** What `undo` takes back together, as the run or the day. */
  readonly batch: string
  /** The name of the agent or mind. */
  readonly agent: string
  readonly actions: ReadonlyArray<PlannedAction>
}

/** The action is not in the state that this step starts from: somebody else has it, or it is settled. Nothing was changed. */
export class ActionNotOpen extends Schema.TaggedError<ActionNotOpen>()("ActionNotOpen", {
  key: Schema.String,
  wanted: Schema.String
}) {
  override get message() {
    return `the action ${this.key} is not ${this.wanted} any more`
  }
}

const isoNow = Effect.map(DateTime.now, DateTime.formatIso)
const encodeIssue = Schema.encodeEffect(Schema.fromJsonString(GitHubIssue))

// The spelling of SQLite's CURRENT_TIMESTAMP, which is the column's default.
const sqlTime = (iso: string): string => iso.slice(0, 19).replace("T", " ")

const insertDecision = Effect.fnUntraced(function* (entry: NewDecision, now: string) {
  const sql = yield* SqlClient.SqlClient
  const { decision, repo, seen, taskId } = entry
  const [row] = yield* sql<{ readonly id: number }>`INSERT INTO action_log ${sql.insert({
    repo,
    issue_id: seen.number,
    task_type: entry.taskType,
    decision: decision.decision,
    rationale: decision.rationale,
    actions: JSON.stringify(decision.actions),
    timestamp: sqlTime(now)
  })} RETURNING id`
  const logId = row?.id ?? 0
  yield* sql`INSERT INTO decision_detail ${sql.insert({
    log_id: logId,
    task_id: taskId,
    batch: entry.batch,
    agent: entry.agent,
    decision: JSON.stringify(decision),
    seen: yield* encodeIssue(seen)
  })}`
  for (const [position, { action, mode, state, verdict }] of entry.actions.entries()) {
    yield* sql`INSERT INTO "action" ${sql.insert({
      key: actionKey(taskId, position),
      log_id: logId,
      task_id: taskId,
      position,
      repo,
      issue: seen.number,
      type: action.type,
      action: JSON.stringify(action),
      mode,
      verdict,
      state,
      tries: 0,
      planned_at: now
    })}`
  }
  return logId
})

const writeSeen = Effect.fnUntraced(function* (taskId: string, seen: string) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE decision_detail SET seen = ${seen} WHERE task_id = ${taskId}`
})

const make = Effect.gen(function* () {
  const { atOnce, onStore } = yield* makeOnStore
  const sql = yield* SqlClient.SqlClient

  const loosely = <A, E>(effect: Effect.Effect<A, E, SqlClient.SqlClient>) => onStore(withRelaxedCommit(effect))

  /** Moves an action on, where it is in one of the states that the step starts from. */
  const step = Effect.fnUntraced(function* (
    key: string,
    from: ReadonlyArray<string>,
    change: Readonly<Record<string, string | number | null>>
  ) {
    const moved = yield* onStore(
      sql`UPDATE "action" SET ${sql.update(change)} WHERE key = ${key} AND ${sql.in("state", from)} RETURNING key`
    )
    if (moved.length === 0) return yield* new ActionNotOpen({ key, wanted: from.join(" or ") })
  })
  const open = ["planned", "executing", "unknown"]
  const settle = (state: string, from: ReadonlyArray<string>) => (key: string, reason: string | null) =>
    Effect.flatMap(isoNow, (now) => step(key, from, { state, reason, settled_at: now }))

  return {
    /** Writes a decision with its actions, and answers with the log's id. The same task again changes nothing. */
    record: Effect.fn("ActionLog.record")(function* (entry: NewDecision) {
      const now = yield* isoNow
      return yield* atOnce(
        Effect.gen(function* () {
          const known = yield* readDetail(entry.taskId)
          return known === null ? yield* insertDecision(entry, now) : known.log_id
        })
      )
    }),
    /** Says, durably, that the action may reach GitHub from now on; with `tries`, only where nobody began it since they were read. */
    begin: Effect.fn("ActionLog.begin")(function* (key: string, tries?: number) {
      const now = yield* isoNow
      const begun = yield* onStore(
        sql`UPDATE "action" SET state = 'executing', tries = tries + 1, begun_at = COALESCE(begun_at, ${now}),
          tried_at = ${now}, not_before = NULL WHERE key = ${key} AND ${sql.in("state", open)} AND tries = COALESCE(${tries ?? null}, tries) RETURNING key`
      )
      if (begun.length === 0) return yield* new ActionNotOpen({ key, wanted: "open" })
    }),
    /** It is done. `changed` says whether GitHub's side was otherwise before; `seen` is the issue as it is now. */
    finish: Effect.fn("ActionLog.finish")(function* (
      key: string,
      {
        changed,
        remoteId,
        seen
      }: { readonly remoteId: number | null; readonly changed: boolean; readonly seen: GitHubIssue }
    ) {
      const now = yield* isoNow
      const text = yield* Effect.orDie(encodeIssue(seen))
      // Where a power cut takes this back, the action is found again on GitHub; nothing that comes after is on the disk before it.
      yield* loosely(
        Effect.gen(function* () {
          yield* step(key, open, {
            state: "done",
            remote_id: remoteId,
            changed: changed ? 1 : 0,
            reason: null,
            settled_at: now
          })
          const [row] = yield* sql<{ readonly task_id: string }>`SELECT task_id FROM "action" WHERE key = ${key}`
          yield* writeSeen(row?.task_id ?? "", text)
        })
      )
    }),
    /** GitHub, or we, said no for good. */
    refuse: settle("refused", open),
    /** No clear answer came: it may have happened. */
    unknown: (key: string, reason: string) => step(key, open, { state: "unknown", reason }),
    /** It has not happened and may be begun again, not before `notBefore`. */
    postpone: (key: string, reason: string, notBefore: Date | null) =>
      step(key, open, { state: "planned", reason, not_before: notBefore?.toISOString() ?? null }),
    /** Somebody else changed the issue; it will not be done. */
    stale: settle("stale", ["planned"]),
    /** A person agrees to a proposal: it is planned from now on, and counts from now on. */
    approve: (key: string) =>
      Effect.flatMap(isoNow, (now) => step(key, ["proposed"], { state: "planned", planned_at: now })),
    /** Taken back. `change` is what that makes of the issue as the newest decision on it knows it. */
    undone: Effect.fn("ActionLog.undone")(function* (
      { issue, key, repo }: ActionRow,
      change: (seen: GitHubIssue) => GitHubIssue
    ) {
      const now = yield* isoNow
      yield* atOnce(
        Effect.gen(function* () {
          yield* step(key, ["done"], { state: "undone", settled_at: now })
          const newest = yield* readNewestDetail(repo, issue)
          if (newest !== null) yield* writeSeen(newest.task_id, yield* encodeIssue(change(newest.seen)))
        })
      )
    }),
    actions: (taskId: string) => onStore(readActions(taskId)),
    issueActions: (repo: string, issue: number) => onStore(readIssueActions(repo, issue)),
    batch: (batch: string) => onStore(readBatch(batch)),
    detail: (taskId: string) => onStore(readDetail(taskId)),
    /** The tasks with open actions, the oldest decision first. */
    pending: onStore(readOpenTasks),
    log: (repo: string, issue: number) => onStore(readLog(repo, issue)),
    /** What today, in UTC, cost so far. */
    spentToday: Effect.flatMap(isoNow, (now) => onStore(readSpend(now.slice(0, 10))))
  } as const
})

/** The one log of a harness. */
export class ActionLog extends Context.Service<ActionLog>()("@farmops/triage/ActionLog", { make }) {
  /** Needs the tables of `triageMigrations`. */
  static readonly layer: Layer.Layer<ActionLog, never, SqlClient.SqlClient> = Layer.effect(this, this.make)
}
