/** Why a changed issue is looked at, from how it was and how it is, and whether that is worth an agent's time. Pure. */
import type { GitHubIssue } from "../protocol/GitHubIssue.ts"
import type { Task } from "../protocol/Task.ts"
import { sameName } from "../TriageRules.ts"

/** One of the protocol's. */
export type IssueCause = Task["payload"]["action"]

const namesOf = (names: ReadonlyArray<string>): string => [...names].sort().join("\n").toLowerCase()

/** `before` is the issue as a decision last saw it; null where there was none. The change that weighs most is named. */
export const causeOf = (issue: GitHubIssue, before: GitHubIssue | null, start: string): IssueCause => {
  if (issue.state === "closed") return "closed"
  if (before === null) return issue.created_at >= start ? "opened" : issue.comments > 0 ? "commented" : "edited"
  if (before.state === "closed") return "reopened"
  if (issue.title !== before.title || issue.body !== before.body) return "edited"
  if (issue.comments > before.comments) return "commented"
  const labels = (one: GitHubIssue) => namesOf(one.labels.map(({ name }) => name))
  return labels(issue) === labels(before) ? "edited" : "labeled"
}

const worthAsking: ReadonlySet<IssueCause> = new Set(["opened", "edited", "commented", "stale"])

/** Whether an agent is asked. A closed issue is settled, and a label or a reopening is a person's own triage. */
export const isWorthAsking = (cause: IssueCause): boolean => worthAsking.has(cause)

/** Whether the stale sweep looks at an issue: open, untouched for so many days, and without a label that keeps it. */
export const isStale = (issue: GitHubIssue, staleDays: number, exempt: ReadonlyArray<string>, nowMs: number): boolean =>
  issue.state === "open" &&
  issue.pull_request === undefined &&
  !issue.labels.some(({ name }) => exempt.some((one) => sameName(one, name))) &&
  nowMs - Date.parse(issue.updated_at) >= staleDays * 86_400_000
