/**
 * Closing in two steps: a notice first, and the closing itself only after the notice stood for some days and no person objected
 * by a reply, by a 👎, or by deleting it. An objection holds for good.
 */
import type { Action } from "../protocol/Decision.ts"
import type { GitHubComment } from "../protocol/GitHubIssue.ts"
import { sameName, type TriageRules } from "../TriageRules.ts"
import type { DenialReason } from "./denialReasons.ts"
import { isBot } from "./judgeIssue.ts"
import type { DoneBefore, TriageSituation } from "./TriageSituation.ts"

/** A day, in milliseconds. */
export const dayMs = 86_400_000

/** What an agent asks for when it asks for a closing. */
export type CloseAction = Extract<Action, { readonly type: "close" }>

/** The step that is due, or why none is. */
export type CloseStep =
  | { readonly step: "notice"; readonly body: string }
  | { readonly step: "close" }
  | { readonly step: "none"; readonly reason: DenialReason }

const because: Readonly<Record<CloseAction["reason"], string>> = {
  completed: "it looks done",
  not_planned: "it looks as if nothing more will happen here",
  duplicate: "it looks like a duplicate of another issue"
}

/** What is posted before a closing. */
export const closeNotice = (reason: CloseAction["reason"], days: number): string =>
  `This issue will be closed in ${days === 1 ? "a day" : `${days} days`}, because ${because[reason]}. To keep it open, answer here or give this comment a 👎.`

type Notice = NonNullable<DoneBefore["issue"]["closeNotice"]>

// A comment of the same second may be the answer; an edit of an older one is an answer as well. Both times are GitHub's.
const isLater = ({ id, updated_at }: GitHubComment, notice: GitHubComment): boolean =>
  id > notice.id || updated_at > notice.created_at

const objection = (comments: ReadonlyArray<GitHubComment>, notice: Notice, botUser: string): DenialReason | null => {
  const standing = comments.find(({ id }) => id === notice.commentId)
  if (standing === undefined) return "close_notice_gone"
  if ((standing.reactions?.["-1"] ?? 0) > 0) return "close_vetoed_by_reaction"
  const replied = comments.some(
    (comment) =>
      comment.id !== notice.commentId &&
      isLater(comment, standing) &&
      (comment.user === null || !isBot(comment.user, botUser))
  )
  return replied ? "close_vetoed_by_reply" : null
}

/** Whether a comment of ours stands there since less than a day: on GitHub, or in the log where GitHub's list is not there yet. */
export const commentedWithinDay = (
  { comments }: Pick<TriageSituation, "comments">,
  done: DoneBefore,
  { botUser }: Pick<TriageRules, "botUser">,
  nowMs: number
): boolean =>
  (done.issue.commentAtMs !== null && done.issue.commentAtMs > nowMs - dayMs) ||
  comments.some(
    ({ created_at, user }) => user !== null && sameName(user.login, botUser) && Date.parse(created_at) > nowMs - dayMs
  )

/** Which step of closing is due now. */
export const judgeClose = (
  { reason }: CloseAction,
  situation: TriageSituation,
  done: DoneBefore,
  rules: TriageRules,
  nowMs: number
): CloseStep => {
  const none = (denial: DenialReason): CloseStep => ({ step: "none", reason: denial })
  if (!rules.allowClose) return none("close_not_allowed")
  if (situation.suspicious) return none("suspected_injection")
  const notice = done.issue.closeNotice
  if (notice === null) {
    return !rules.allowRepeatComments && commentedWithinDay(situation, done, rules, nowMs)
      ? none("comment_within_24h")
      : { step: "notice", body: closeNotice(reason, rules.closeDelayDays) }
  }
  const objected = objection(situation.comments, notice, rules.botUser)
  if (objected !== null) return none(objected)
  return nowMs < notice.atMs + rules.closeDelayDays * dayMs ? none("close_waits") : { step: "close" }
}
