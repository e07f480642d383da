/** What the repository's people taught by labelling: issues as a classifier learns from them. Pure. */
import type { LabelledIssue } from "../minds/classifier/LabelledIssue.ts"
import type { GitHubIssue } from "../protocol/GitHubIssue.ts"
import { sameName } from "../TriageRules.ts"

/** Which of the configured labels the issue has, as the configuration spells them. */
export const configuredOf = (issue: GitHubIssue, configured: ReadonlyArray<string>): ReadonlyArray<string> =>
  configured.filter((label) => issue.labels.some(({ name }) => sameName(name, label)))

/** Whether the issue teaches one label and not two. */
export const isLesson = (issue: GitHubIssue, configured: ReadonlyArray<string>): boolean =>
  configuredOf(issue, configured).length === 1

/** Those with exactly one configured label, the oldest first: where there are too many, training keeps the last. */
export const lessonsOf = (
  repo: string,
  newestFirst: ReadonlyArray<GitHubIssue>,
  configured: ReadonlyArray<string>
): ReadonlyArray<LabelledIssue> =>
  newestFirst
    .flatMap((issue): ReadonlyArray<LabelledIssue> => {
      const [label, ...more] = configuredOf(issue, configured)
      return label === undefined || more.length > 0 ? [] : [{ repo, label, title: issue.title, body: issue.body }]
    })
    .toReversed()
