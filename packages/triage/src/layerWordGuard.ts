/** The {@link WordGuard} of a running harness: looks for signs in what outsiders wrote, and makes harmless what a mind wrote. */
import { Layer } from "effect"
import { detectInjection, type InjectionSign } from "./detectInjection.ts"
import { postedComment } from "./neutralize/postedComment.ts"
import type { GitHubComment, GitHubIssue } from "./protocol/GitHubIssue.ts"
import { WordGuard } from "./work/triagePorts.ts"

// The repository's own people may tell anybody what to do.
const insiders = ["OWNER", "MEMBER", "COLLABORATOR"]

/** The signs in an issue and in what outsiders said under it, each once. */
export const signsOf = (issue: GitHubIssue, comments: ReadonlyArray<GitHubComment>): ReadonlyArray<InjectionSign> =>
  detectInjection([
    issue.title,
    issue.body,
    ...comments.filter(({ author_association }) => !insiders.includes(author_association)).map(({ body }) => body)
  ])

/** Pure functions, and so a layer without needs. */
export const layerWordGuard: Layer.Layer<WordGuard> = Layer.succeed(WordGuard, {
  isSuspicious: (issue, comments) => signsOf(issue, comments).length > 0,
  posted: postedComment
})
