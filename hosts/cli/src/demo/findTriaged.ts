/** What the harness's own tables tell of an issue once there is nothing left to do about it. */

import type { DemoIssue } from "@farmops/harness/layer"
import { ActionLog } from "@farmops/triage/ActionLog"
import { GitHubReads } from "@farmops/triage/GitHubReads"
import { type DenialReason, denialReasons } from "@farmops/triage/policy/denialReasons"
import { judgeIssue } from "@farmops/triage/policy/judgeIssue"
import { doneNothing } from "@farmops/triage/policy/TriageSituation"
import type { Action } from "@farmops/triage/protocol/Decision"
import { orStoreUnavailable } from "@farmops/triage/StoreUnavailable"
import { TriageRoutes } from "@farmops/triage/work/triagePorts"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** An action that the agent asked for, and what became of it. */
export interface RuledOn {
  readonly action: Action
  readonly state: string
  readonly verdict: string
  /** The policy's sentence; null where it allowed the action. */
  readonly why: string | null
}

/** An issue that was looked at. */
export interface TriagedIssue {
  readonly number: number
  readonly title: string
  readonly author: string
  /** What the agent decided; null where it was not asked. */
  readonly decision: string | null
  readonly rationale: string | null
  /** Why no agent was asked. */
  readonly leftAlone: { readonly reason: DenialReason; readonly why: string } | null
  readonly actions: ReadonlyArray<RuledOn>
  /** As the stand-in has it now. */
  readonly labels: ReadonlyArray<string>
  readonly comments: number
}

const isReason = (code: string): code is DenialReason => Object.hasOwn(denialReasons, code)

const sentenceOf = (verdict: string, state: string): string | null =>
  isReason(verdict)
    ? denialReasons[verdict]
    : state === "shadow"
      ? "the issue is older than the harness's work here: it is thought through, and left as it is"
      : null

const isOver = Effect.fnUntraced(function* (repository: string, number: number) {
  const sql = yield* SqlClient.SqlClient
  const tasks = yield* orStoreUnavailable(
    sql<{ readonly state: string }>`SELECT state FROM task WHERE repo = ${repository} AND issue = ${number}`
  )
  return tasks.length > 0 && tasks.every(({ state }) => ["done", "failed", "superseded"].includes(state))
})

/** The policy's word on an issue about which no agent was asked, from the same facts and by the same rule. */
const reasonOf = Effect.fnUntraced(function* (repository: string, number: number) {
  const reads = yield* GitHubReads
  const rules = (yield* TriageRoutes).get(repository)?.rules
  if (rules === undefined) return null
  const issue = yield* reads.getIssue(repository, number)
  const authorPermission = yield* reads.permission(repository, issue.user?.login ?? "")
  const facts = { issue, comments: [], repositoryLabels: [], authorPermission }
  const situation = { ...facts, changed: false, backlog: false, suspicious: false }
  const reason = judgeIssue(situation, doneNothing, rules)
  return reason === null ? null : { reason, why: denialReasons[reason] }
})

/** What became of the issue; null while something is still to come. */
export const findTriaged = Effect.fnUntraced(function* (repository: string, found: DemoIssue | null) {
  if (found === null || !(yield* isOver(repository, found.number))) return null
  const { author, comments, labels, number, title } = found
  const log = yield* ActionLog
  const row = (yield* log.log(repository, number)).at(-1)
  const actions = yield* log.issueActions(repository, number)
  const issue: TriagedIssue = {
    ...{ number, title, author, labels, comments: comments.length },
    decision: row?.decision ?? null,
    rationale: row?.rationale ?? null,
    leftAlone: row === undefined ? yield* reasonOf(repository, number) : null,
    actions: actions.map(({ action, state, verdict }) => ({ action, state, verdict, why: sentenceOf(verdict, state) }))
  }
  return issue
})

/** What the harness did in a repository, as `undo` takes it: the newest first. */
export const batchesOf = Effect.fnUntraced(function* (repository: string) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* orStoreUnavailable(
    sql<{ readonly batch: string }>`SELECT DISTINCT d.batch FROM decision_detail d
      JOIN action_log l ON l.id = d.log_id WHERE l.repo = ${repository} ORDER BY d.batch DESC`
  )
  return rows.map(({ batch }) => batch)
})
