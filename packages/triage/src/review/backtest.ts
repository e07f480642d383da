/** What a mind would have done with issues that the maintainer has dealt with, beside what the maintainer did. Nothing is written anywhere. */
import { randomUUID } from "node:crypto"
import { Effect } from "effect"
import { GitHubReads } from "../GitHubReads.ts"
import { judgeIssue } from "../policy/judgeIssue.ts"
import { doneNothing } from "../policy/TriageSituation.ts"
import type { Decision } from "../protocol/Decision.ts"
import type { GitHubIssue } from "../protocol/GitHubIssue.ts"
import type { Task } from "../protocol/Task.ts"
import type { TriageRules } from "../TriageRules.ts"
import { usableLabels } from "../work/askForDecision.ts"
import type { TriageAgent } from "../work/TriageAgent.ts"
import { answerTasks } from "./answerTasks.ts"
import { judgeBacktest } from "./judgeBacktest.ts"
import { configuredOf } from "./labelledIssues.ts"
import { type Progress, readHistory } from "./readHistory.ts"

/** The issue as it was opened, as far as GitHub still tells: later words of its author in title and body stay. */
export const asOpened = (issue: GitHubIssue): GitHubIssue => {
  const { state_reason: _, ...rest } = issue
  return {
    ...rest,
    state: "open",
    locked: false,
    labels: [],
    assignees: [],
    comments: 0,
    updated_at: issue.created_at,
    closed_at: null
  }
}

/** Whether the policy would have let an agent look at the issue when it was opened. */
const isLookedAt = (issue: GitHubIssue, rules: TriageRules): boolean => {
  const opened = { issue: asOpened(issue), comments: [], repositoryLabels: [], authorPermission: null }
  return judgeIssue({ ...opened, changed: false, backlog: false, suspicious: false }, doneNothing, rules) === null
}

/** Whether it is the harness's to look at, and somebody has said what becomes of it. */
export const isDealtWith = (issue: GitHubIssue, rules: TriageRules): boolean =>
  (issue.state === "closed" || configuredOf(issue, Object.keys(rules.labels)).length > 0) && isLookedAt(issue, rules)

const taskOf = (
  issue: GitHubIssue,
  rules: TriageRules,
  llm: Task["context"]["llm_backend"],
  labels: Task["context"]["settings"]["labels"]
): Task => ({
  task_id: randomUUID(),
  type: "issue.triage",
  repo: rules.repo,
  payload: { action: "opened", issue: asOpened(issue), comments: [] },
  context: {
    memory_summary: "",
    llm_backend: llm,
    settings: { labels, stale_days: rules.staleDays, allow_close: rules.allowClose }
  }
})

/** The issues of a backtest, newest first, and as many older ones as a classifier may learn from. */
export const readBacktestIssues = Effect.fn("readBacktestIssues")(function* (options: {
  readonly rules: TriageRules
  readonly last: number
  /** How many older issues are wanted; 0 for a mind that learns nothing. */
  readonly olderMax: number
  readonly progress?: Progress
}) {
  const { last, olderMax, progress, rules } = options
  const issues = yield* readHistory({
    repo: rules.repo,
    issuesMax: last + olderMax,
    isWanted: (issue) => isDealtWith(issue, rules),
    ...(progress === undefined ? {} : { progress })
  })
  return { newest: issues.slice(0, last), older: issues.slice(last) }
})

/** Asks about each issue and holds the answers against what the maintainer did. */
export const backtest = Effect.fn("backtest")(function* (options: {
  readonly agent: TriageAgent
  readonly issues: ReadonlyArray<GitHubIssue>
  readonly rules: TriageRules
  readonly llm: Task["context"]["llm_backend"]
  readonly progress?: Progress
}) {
  const { agent, issues, llm, progress, rules } = options
  const labels = usableLabels(rules, yield* (yield* GitHubReads).listLabels(rules.repo))
  const questions = issues.map((issue) => ({ agent, task: taskOf(issue, rules, llm, labels) }))
  const decisions: ReadonlyArray<Decision | null> = yield* answerTasks(questions, progress)
  const looked = issues.map((issue, at) => ({ issue, decision: decisions[at] ?? null }))
  return { repo: rules.repo, mind: agent.name, ...judgeBacktest(looked, Object.keys(labels)) }
})
