/** What others said under an issue. Our own comments hold our own marks, which look like an attempt where anybody else writes them. Pure. */
import type { GitHubComment } from "../protocol/GitHubIssue.ts"
import { sameName } from "../TriageRules.ts"

/** The comments that `botUser` did not write. Not by association: GitHub calls a bot's account what it likes. */
export const othersComments = (comments: ReadonlyArray<GitHubComment>, botUser: string): ReadonlyArray<GitHubComment> =>
  comments.filter(({ user }) => user === null || !sameName(user.login, botUser))
