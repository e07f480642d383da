/** What of an issue a decision may rest on, as a short hash: while it stays the same there is nothing to decide anew. Pure. */
import { createHash } from "node:crypto"
import type { GitHubIssue } from "../protocol/GitHubIssue.ts"

const sorted = (names: ReadonlyArray<string>) => [...names].sort()

/**
 * The same for the same title, body, state, labels, assignees and number of comments. Not for the time of the last change: that also
 * moves when somebody elsewhere mentions the issue.
 */
export const issueFingerprint = (issue: GitHubIssue): string =>
  createHash("sha256")
    .update(
      JSON.stringify([
        issue.number,
        issue.title,
        issue.body,
        issue.state,
        issue.state_reason ?? null,
        issue.locked,
        sorted(issue.labels.map(({ name }) => name)),
        sorted(issue.assignees.map(({ login }) => login)),
        issue.comments
      ])
    )
    .digest("hex")
    .slice(0, 16)
