/** Recorded tasks, asked of another mind, model or prompt. The log and GitHub stay as they are. */
import { Effect } from "effect"
import { type ActionRow, readActions } from "../actionRows.ts"
import type { Decision } from "../protocol/Decision.ts"
import type { GitHubIssue } from "../protocol/GitHubIssue.ts"
import type { Task } from "../protocol/Task.ts"
import { orStoreUnavailable } from "../StoreUnavailable.ts"
import { sameName, type TriageRules } from "../TriageRules.ts"
import type { TriageAgent } from "../work/TriageAgent.ts"
import { answerTasks, type Question } from "./answerTasks.ts"
import { costOf } from "./costOf.ts"
import { diffDecisions } from "./diffDecisions.ts"
import type { Progress } from "./readHistory.ts"
import { type RecordedDecision, readDecisions } from "./readRecorded.ts"

/** What the log does not keep, so that a task made again is not in all the one that was asked. */
export const notRecorded = [
  "comments and the memory of earlier decisions are not recorded: the mind is asked without them",
  "labels and settings are those of the configuration as it is now"
] as const

type Row = typeof ActionRow.Type

const withoutOne = (issue: GitHubIssue, action: Row["action"]): GitHubIssue => {
  if (action.type === "add_label") {
    return { ...issue, labels: issue.labels.filter(({ name }) => !sameName(name, action.label)) }
  }
  if (action.type === "remove_label") {
    const has = issue.labels.some(({ name }) => sameName(name, action.label))
    return has ? issue : { ...issue, labels: [...issue.labels, { name: action.label }] }
  }
  return action.type === "close" ? { ...issue, state: "open", state_reason: null, closed_at: null } : issue
}

/** The issue without what the decision itself has done to it. */
export const withoutOurs = (seen: GitHubIssue, actions: ReadonlyArray<Row>): GitHubIssue => {
  let issue = seen
  for (const { action, changed, state } of actions.toReversed()) {
    if (changed === 1 && (state === "done" || state === "undone")) issue = withoutOne(issue, action)
  }
  return issue
}

/** How a repository is asked about now. */
export interface ReplayRoute {
  readonly rules: TriageRules
  readonly llm: Task["context"]["llm_backend"]
  readonly agent: TriageAgent
}

const taskOf = (recorded: RecordedDecision, actions: ReadonlyArray<Row>, { llm, rules }: ReplayRoute): Task => ({
  task_id: recorded.task_id,
  type: "issue.triage",
  repo: recorded.repo,
  payload: { action: recorded.cause ?? "opened", issue: withoutOurs(recorded.seen, actions), comments: [] },
  context: {
    memory_summary: "",
    llm_backend: llm,
    settings: { labels: rules.labels, stale_days: rules.staleDays, allow_close: rules.allowClose }
  }
})

interface Asking extends Question {
  readonly recorded: RecordedDecision
}

const readTasks = Effect.fnUntraced(function* (last: number, routeOf: (repo: string) => ReplayRoute | null) {
  const recorded = yield* readDecisions(last)
  const asking: Array<Asking> = []
  for (const one of recorded) {
    const route = routeOf(one.repo)
    if (route === null) continue
    const actions = yield* orStoreUnavailable(readActions(one.task_id))
    asking.push({ recorded: one, agent: route.agent, task: taskOf(one, actions, route) })
  }
  return { asking, skipped: recorded.length - asking.length }
})

const compare = (asking: ReadonlyArray<Asking>, after: ReadonlyArray<Decision | null>, skipped: number) => {
  const answered = asking.flatMap(({ recorded }, at) => {
    const decision = after[at] ?? null
    return decision === null ? [] : [{ recorded, diff: diffDecisions(recorded.decision, decision) }]
  })
  const different = answered.filter(({ diff }) => !diff.same)
  return {
    tasks: asking.length,
    /** Of repositories that are no longer configured. */
    skipped,
    unanswered: asking.length - answered.length,
    same: answered.length - different.length,
    different: different.length,
    cost: { before: costOf(asking.map(({ recorded }) => recorded.decision)), after: costOf(after) },
    differences: different.map(({ diff: { added, after, before, gone }, recorded }) => ({
      repo: recorded.repo,
      issue: recorded.issue,
      task: recorded.task_id,
      agent: recorded.agent,
      before,
      after,
      gone,
      added
    })),
    not_recorded: notRecorded
  }
}

/** Asks about the newest `last` recorded tasks again, and holds the answers against the recorded ones. */
export const replay = Effect.fn("replay")(function* (options: {
  readonly last: number
  /** Null for a repository that is not configured: its tasks are skipped. */
  readonly routeOf: (repo: string) => ReplayRoute | null
  readonly progress?: Progress
}) {
  const { asking, skipped } = yield* readTasks(options.last, options.routeOf)
  return compare(asking, yield* answerTasks(asking, options.progress), skipped)
})
