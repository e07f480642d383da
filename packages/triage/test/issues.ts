/** Issues and decisions for tests. */
import type { NewDecision, PlannedAction } from "../src/ActionLog.ts"
import type { Action, Decision } from "../src/protocol/Decision.ts"
import type { GitHubIssue } from "../src/protocol/GitHubIssue.ts"

/** An open issue of a stranger's, as GitHub gives it. */
export const issueOf = (change: Partial<GitHubIssue> = {}): GitHubIssue => ({
  number: 7,
  title: "It crashes on start",
  body: "Since the last version it does not start.",
  state: "open",
  state_reason: null,
  locked: false,
  labels: [],
  assignees: [],
  user: { login: "stranger", type: "User" },
  author_association: "NONE",
  comments: 0,
  created_at: "2026-01-31T09:00:00Z",
  updated_at: "2026-01-31T09:00:00Z",
  closed_at: null,
  ...change
})

/** A decision for these actions. */
export const decisionOf = (taskId: string, actions: ReadonlyArray<Action>): Decision => ({
  task_id: taskId,
  decision: "label_and_respond",
  rationale: "it names a crash",
  actions
})

/** What the policy would let through as it is. */
export const planned = (action: Action): PlannedAction => ({
  action,
  mode: "live",
  verdict: "allowed",
  state: "planned"
})

/** An entry of the log whose actions are all allowed. */
export const entryOf = (
  taskId: string,
  actions: ReadonlyArray<Action>,
  change: Partial<NewDecision> = {}
): NewDecision => ({
  taskId,
  taskType: "issue.triage",
  repo: "octo/farm",
  seen: issueOf(),
  decision: decisionOf(taskId, actions),
  batch: "2026-01-31",
  agent: "keywords",
  actions: actions.map(planned),
  ...change
})
