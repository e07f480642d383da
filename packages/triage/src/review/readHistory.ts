/** A repository's issues from the newest back, page by page within bounds. Pull requests are not among them. */
import { Effect } from "effect"
import { GitHubReads } from "../GitHubReads.ts"
import type { GitHubIssue } from "../protocol/GitHubIssue.ts"

/** Ten thousand issues and pull requests: more of them say little about how the repository is run today. */
const pagesMax = 100

/** Told how far the work is; `total` is what it may grow to. */
export type Progress = (done: number, total: number) => void

/** What is looked for. */
export interface HistoryQuery {
  readonly repo: string
  /** No more than so many. */
  readonly issuesMax: number
  readonly isWanted: (issue: GitHubIssue) => boolean
  readonly progress?: Progress
}

/** The newest issues that are wanted, newest first. An issue that comes twice, since others were opened meanwhile, counts once. */
export const readHistory = Effect.fn("readHistory")(function* (query: HistoryQuery) {
  const { isWanted, issuesMax, progress, repo } = query
  const reads = yield* GitHubReads
  const found = new Map<number, GitHubIssue>()
  for (let page = 1; page <= pagesMax; page++) {
    const answer = yield* reads.listIssues({ repo, page, state: "all", sort: "created", direction: "desc" })
    if (answer._tag === "NotModified") break
    for (const issue of answer.issues) {
      if (found.size >= issuesMax) break
      if (issue.pull_request === undefined && isWanted(issue)) found.set(issue.number, issue)
    }
    progress?.(found.size, issuesMax)
    if (found.size >= issuesMax || !answer.hasNext) break
  }
  return [...found.values()]
})
