/** What each kind of action means on GitHub: how to see that it is done, by whom, and how to do it and take it back. */
import { Effect } from "effect"
import { markerOf, withMarker } from "../actionKey.ts"
import type { ActionRow } from "../actionRows.ts"
import type { ReadFault, WriteFault } from "../GitHubErrors.ts"
import { GitHubReads } from "../GitHubReads.ts"
import type { Action } from "../protocol/Decision.ts"
import type { GitHubIssue } from "../protocol/GitHubIssue.ts"
import { sameName } from "../TriageRules.ts"
import { GitHubWrites } from "./GitHubWrites.ts"
import { hasLabel } from "./issueDrift.ts"
import type { WriteTurn } from "./WriteQueue.ts"

/** What GitHub shows of an action. */
export interface Trace {
  readonly remoteId: number | null
  /** Whether it is our doing. */
  readonly ours: boolean
}

/** Our clock may be ahead of GitHub's by so much. */
const clockSkewMs = 5 * 60_000

const githubTime = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z")

/** From when on GitHub may show what a row began. */
const shownSince = (row: ActionRow): string => githubTime(Date.parse(row.begun_at ?? row.planned_at) - clockSkewMs)

const eventOf = { add_label: "labeled", remove_label: "unlabeled", close: "closed" } as const

const isThere = (issue: GitHubIssue, action: Exclude<Action, { type: "comment" }>): boolean => {
  switch (action.type) {
    case "add_label":
      return hasLabel(issue, action.label)
    case "remove_label":
      return !hasLabel(issue, action.label)
    case "close":
      return issue.state === "closed"
  }
}

const labelOf = (action: Action): string | null => ("label" in action ? action.label : null)

/** Whether the last event of this kind is ours and happened since the row was begun. */
const isOurEvent = Effect.fnUntraced(function* (row: ActionRow, type: keyof typeof eventOf, self: string) {
  const reads = yield* GitHubReads
  const label = labelOf(row.action)
  const last = (yield* reads.listEvents(row.repo, row.issue)).findLast(
    (event) => event.event === eventOf[type] && (label === null || sameName(event.label ?? "", label))
  )
  return last !== undefined && sameName(last.actor?.login ?? "", self) && last.created_at >= shownSince(row)
})

/** The comment that carries the row's mark, by our own account; a copy of the mark by somebody else is none. */
const findComment = Effect.fnUntraced(function* (row: ActionRow, self: string) {
  const reads = yield* GitHubReads
  const comments = yield* reads.listComments(row.repo, row.issue, { since: shownSince(row) })
  const mark = markerOf(row.key)
  const found = comments.find(({ body, user }) => body.includes(mark) && sameName(user?.login ?? "", self))
  const trace: Trace | null = found === undefined ? null : { remoteId: found.id, ours: true }
  return trace
})

/** What GitHub shows of an action that may have been done; null where it was not done. `issue` was read just now. */
export const findTrace = (
  row: ActionRow,
  issue: GitHubIssue,
  self: string
): Effect.Effect<Trace | null, ReadFault, GitHubReads> => {
  const { action } = row
  if (action.type === "comment") return row.tries === 0 ? Effect.succeed(null) : findComment(row, self)
  if (!isThere(issue, action)) return Effect.succeed(null)
  if (row.tries === 0) return Effect.succeed({ remoteId: null, ours: false })
  return Effect.map(isOurEvent(row, action.type, self), (ours) => ({ remoteId: null, ours }))
}

/** Does it, once. The answer is the comment's id, null for other kinds. */
export const perform = Effect.fnUntraced(function* ({
  action,
  issue,
  key,
  repo
}: ActionRow): Effect.fn.Return<number | null, WriteFault, GitHubWrites | WriteTurn> {
  const writes = yield* GitHubWrites
  switch (action.type) {
    case "add_label":
      yield* writes.addLabel(repo, issue, action.label)
      return null
    case "remove_label":
      yield* writes.removeLabel(repo, issue, action.label)
      return null
    case "comment":
      return (yield* writes.createComment(repo, issue, withMarker(action.body, key))).id
    case "close":
      yield* writes.close(repo, issue, action.reason)
      return null
  }
})

/** Takes it back where GitHub still shows it as our doing, and says whether it did; doing so again changes nothing. */
export const takeBack = Effect.fnUntraced(function* (row: ActionRow, self: string) {
  const reads = yield* GitHubReads
  const writes = yield* GitHubWrites
  const { action, issue: number, remote_id, repo } = row
  if (action.type === "comment") {
    const isGone = (fault: WriteFault) => fault._tag === "GitHubRefused" && fault.status === 404
    if (remote_id === null) return false
    return yield* Effect.catchIf(Effect.as(writes.deleteComment(repo, remote_id), true), isGone, () =>
      Effect.succeed(false)
    )
  }
  const issue = yield* reads.getIssue(repo, number)
  // Not as we left it, or somebody did the same again after us: it is theirs now.
  if (!isThere(issue, action) || !(yield* isOurEvent(row, action.type, self))) return false
  if (action.type === "add_label") yield* writes.removeLabel(repo, number, action.label)
  if (action.type === "remove_label") yield* writes.addLabel(repo, number, action.label)
  if (action.type === "close") yield* writes.reopen(repo, number)
  return true
})
