/**
 * Looks that no event asks for: issues that nobody touched for long, and closings whose notice stood long enough. Each makes tasks like
 * any other, bounded in each sweep; what does not fit comes in the next.
 */
import { Clock, Context, DateTime, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { GitHubReads } from "../GitHubReads.ts"
import { makeOnStore } from "../onStore.ts"
import { dayMs } from "../policy/judgeClose.ts"
import { isStale } from "../poll/causeOf.ts"
import { issueFingerprint } from "../poll/issueFingerprint.ts"
import { PollStore } from "../poll/PollStore.ts"
import { Action } from "../protocol/Decision.ts"
import type { TriageRules } from "../TriageRules.ts"
import { verdictCloseNotice } from "./readDoneBefore.ts"
import { TaskQueue } from "./TaskQueue.ts"
import { insertDecided, type NewTask } from "./taskRows.ts"

/** A thousand old issues a sweep, oldest first: those before it are known by then. */
const pagesMax = 10

/** Tasks of one sweep: what an agent looks at in an hour, without keeping new issues waiting. */
export const sweepTasksMax = 25

const DueNotice = Schema.Struct({ issue: Schema.Int, asked: Schema.fromJsonString(Schema.Array(Action)) })
const decodeDue = Schema.decodeUnknownEffect(Schema.Array(DueNotice))

// Denials that pass by themselves: the closing is tried again. Any other holds for good.
const passing = ["close_waits", "issue_changed", "cap_issue", "cap_hour", "cap_day", "cap_closes", "cap_money"]
const passingEverywhere = ["cap_harness_hour", "cap_harness_day", "cap_harness_closes", "cap_harness_money"]

/** Notices that stand since before `until` and have led to nothing yet. */
const readDue = Effect.fnUntraced(function* (repo: string, until: string) {
  const sql = yield* SqlClient.SqlClient
  return yield* decodeDue(
    yield* sql`SELECT n.issue, l.actions AS asked FROM "action" n JOIN action_log l ON l.id = n.log_id
      WHERE n.repo = ${repo} AND n.verdict = ${verdictCloseNotice} AND n.state = 'done' AND n.settled_at <= ${until}
      AND NOT EXISTS (SELECT 1 FROM "action" c WHERE c.repo = n.repo AND c.issue = n.issue AND c.type = 'close'
        AND c.log_id > n.log_id AND NOT ${sql.in("verdict", [...passing, ...passingEverywhere])})
      AND NOT EXISTS (SELECT 1 FROM task t WHERE t.repo = n.repo AND t.issue = n.issue AND t.state = 'decided')
      ORDER BY n.settled_at LIMIT ${sweepTasksMax}`
  )
})

const make = Effect.gen(function* () {
  const { onStore } = yield* makeOnStore
  const reads = yield* GitHubReads
  const store = yield* PollStore
  const queue = yield* TaskQueue

  const findStale = Effect.fnUntraced(function* (rules: TriageRules, staleDays: number, start: string) {
    const nowMs = yield* Clock.currentTimeMillis
    const found: Array<NewTask> = []
    for (let page = 1; page <= pagesMax; page++) {
      const answer = yield* reads.listIssues({
        repo: rules.repo,
        state: "open",
        sort: "updated",
        direction: "asc",
        page
      })
      if (answer._tag === "NotModified") break
      for (const issue of answer.issues) {
        const exempt = [...rules.staleExemptLabels, ...rules.exemptLabels]
        if (!isStale(issue, staleDays, exempt, nowMs)) continue
        // What nobody touched since the harness began here is its backlog.
        found.push({ repo: rules.repo, issue, cause: "stale", backlog: issue.updated_at <= start, rounds: 0 })
      }
      const last = answer.issues.at(-1)
      if (!answer.hasNext || last === undefined || nowMs - Date.parse(last.updated_at) < staleDays * dayMs) break
    }
    return found
  })

  const closeOne = Effect.fnUntraced(function* (repo: string, { asked, issue: number }: typeof DueNotice.Type) {
    const close = asked.find((action) => action.type === "close")
    if (close === undefined) return 0
    const issue = yield* reads.getIssue(repo, number)
    const now = DateTime.formatIso(yield* DateTime.now)
    const rationale = "the notice stood for the configured days"
    return yield* onStore(
      insertDecided(
        { repo, issue, cause: "stale", backlog: false, rounds: 0 },
        { decision: "close", rationale, actions: [close] },
        issueFingerprint(issue),
        now
      )
    )
  })

  return {
    /** Makes tasks of issues that are stale and were not looked at as such. Answers with how many. */
    stale: Effect.fn("IssueSweeps.stale")(function* (rules: TriageRules) {
      const cursor = yield* store.cursor(rules.repo)
      // Before the first poll it is not known what the backlog is.
      if (rules.staleDays === null || cursor === null) return 0
      let added = 0
      for (const task of yield* findStale(rules, rules.staleDays, cursor.start)) {
        if (added >= sweepTasksMax) break
        added += yield* queue.add([task])
      }
      return added
    }),
    /** Makes decided tasks of closings that are due: no agent is asked, the policy looks at everything again. Answers with how many. */
    closings: Effect.fn("IssueSweeps.closings")(function* (rules: TriageRules) {
      if (!rules.allowClose) return 0
      const until = DateTime.formatIso(DateTime.subtract(yield* DateTime.now, { days: rules.closeDelayDays }))
      let added = 0
      for (const due of yield* onStore(readDue(rules.repo, until))) added += yield* closeOne(rules.repo, due)
      return added
    })
  } as const
})

/** The sweeps of a harness. */
export class IssueSweeps extends Context.Service<IssueSweeps>()("@farmops/triage/IssueSweeps", { make }) {
  static readonly layer: Layer.Layer<IssueSweeps, never, GitHubReads | PollStore | TaskQueue | SqlClient.SqlClient> =
    Layer.effect(this, this.make)
}
