/** Whether somebody else changed an issue since a decision was made on it. Our own writes are no change. Pure. */
import type { Action } from "../protocol/Decision.ts"
import type { GitHubComment, GitHubIssue } from "../protocol/GitHubIssue.ts"
import { sameName } from "../TriageRules.ts"

/** Whether the issue has the label. */
export const hasLabel = (issue: GitHubIssue, label: string): boolean =>
  issue.labels.some(({ name }) => sameName(name, label))

/** The issue as it is once an action of ours is done. */
export const afterAction = (issue: GitHubIssue, action: Action): GitHubIssue => {
  switch (action.type) {
    case "add_label":
      return hasLabel(issue, action.label) ? issue : { ...issue, labels: [...issue.labels, { name: action.label }] }
    case "remove_label":
      return { ...issue, labels: issue.labels.filter(({ name }) => !sameName(name, action.label)) }
    case "comment":
      return { ...issue, comments: issue.comments + 1 }
    case "close":
      return { ...issue, state: "closed", state_reason: action.reason }
  }
}

/** The issue as it is once an action of ours is taken back. */
export const withoutAction = (issue: GitHubIssue, action: Action): GitHubIssue => {
  switch (action.type) {
    case "add_label":
      return afterAction(issue, { ...action, type: "remove_label" })
    case "remove_label":
      return afterAction(issue, { ...action, type: "add_label" })
    case "comment":
      return { ...issue, comments: Math.max(issue.comments - 1, 0) }
    case "close":
      return { ...issue, state: "open", state_reason: "reopened", closed_at: null }
  }
}

const namesOf = (names: ReadonlyArray<string>): string =>
  names
    .map((name) => name.toLowerCase())
    .toSorted()
    .join("\n")

/** Whether two looks at an issue show the same to a reader; when they were taken does not matter. */
export const looksSame = (a: GitHubIssue, b: GitHubIssue): boolean =>
  a.title === b.title &&
  a.body === b.body &&
  a.state === b.state &&
  a.locked === b.locked &&
  a.comments === b.comments &&
  (a.user?.login ?? null) === (b.user?.login ?? null) &&
  namesOf(a.labels.map(({ name }) => name)) === namesOf(b.labels.map(({ name }) => name)) &&
  namesOf(a.assignees.map(({ login }) => login)) === namesOf(b.assignees.map(({ login }) => login))

/** Whether somebody else than `self` wrote or edited one of the comments after `since`. */
export const someoneElseSpoke = (comments: ReadonlyArray<GitHubComment>, self: string, since: string): boolean =>
  // GitHub's times have one spelling, so that their order is that of their text.
  comments.some(({ updated_at, user }) => updated_at > since && !sameName(user?.login ?? "", self))
