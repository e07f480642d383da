/** What people made of an action, from how its issue is now and what they did to it since. Pure. */
import type { ActionRow } from "../actionRows.ts"
import type { IssueEvent } from "../GitHubReads.ts"
import { isBot } from "../policy/judgeIssue.ts"
import type { GitHubIssue } from "../protocol/GitHubIssue.ts"
import { sameName } from "../TriageRules.ts"

/** `pending` where nobody who decides has touched the issue yet. */
export type Outcome = "agreed" | "disagreed" | "pending"

/** An issue on GitHub now. */
export interface IssueThen {
  readonly issue: GitHubIssue
  /** Oldest first. */
  readonly events: ReadonlyArray<IssueEvent>
}

type Row = typeof ActionRow.Type

/** What a maintainer does to an issue that was looked at. */
const deeds: ReadonlySet<string> = new Set(["labeled", "unlabeled", "closed", "reopened", "assigned", "milestoned"])

const insiders: ReadonlySet<string> = new Set(["OWNER", "MEMBER", "COLLABORATOR"])

/** Whether the event is somebody's who decides here: no bot, not us, and not a stranger about the own issue. */
const isDecided = ({ actor }: IssueEvent, { author_association, user }: GitHubIssue, botUser: string): boolean =>
  actor !== null &&
  !isBot(actor, botUser) &&
  (insiders.has(author_association) || user === null || !sameName(actor.login, user.login))

interface Since {
  readonly people: ReadonlyArray<IssueEvent>
  readonly touched: boolean
}

// GitHub's times end with the second.
const sinceOf = ({ events, issue }: IssueThen, sinceIso: string, botUser: string): Since => {
  const people = events.filter((event) => event.created_at >= sinceIso.slice(0, 19) && isDecided(event, issue, botUser))
  return { people, touched: people.some(({ event }) => deeds.has(event)) }
}

const did = ({ people }: Since, event: string, label?: string): boolean =>
  people.some((one) => one.event === event && (label === undefined || sameName(one.label ?? "", label)))

const settled = (isAgreed: boolean): Outcome => (isAgreed ? "agreed" : "disagreed")

/** A label as it should be after the action, or not. */
const judgeLabel = (isAsAsked: boolean, undoes: boolean, makes: boolean, done: boolean, touched: boolean): Outcome => {
  if (done) return undoes && !isAsAsked ? "disagreed" : isAsAsked && touched ? "agreed" : "pending"
  if (isAsAsked) return makes ? "agreed" : "pending"
  return touched ? "disagreed" : "pending"
}

const isSameClosing = (asked: string, found: string | null | undefined): boolean =>
  found == null || (asked === "completed") === (found === "completed")

const judgeClose = (reason: string, { issue }: IssueThen, since: Since, done: boolean): Outcome => {
  if (issue.state === "open") return did(since, "reopened") || (!done && since.touched) ? "disagreed" : "pending"
  if (done) return since.touched ? "agreed" : "pending"
  // Somebody's program, or the author: no word of the maintainer's.
  return did(since, "closed") ? settled(isSameClosing(reason, issue.state_reason)) : "pending"
}

/** What became of `row`, which was first asked for at `sinceIso`; null for a comment, beside which nothing can be held. */
export const judgeOutcome = (row: Row, sinceIso: string, now: IssueThen, botUser: string): Outcome | null => {
  const { action } = row
  if (action.type === "comment") return null
  if (row.state === "undone") return "disagreed"
  const since = sinceOf(now, sinceIso, botUser)
  const done = row.state === "done"
  if (action.type === "close") return judgeClose(action.reason, now, since, done)
  const has = now.issue.labels.some(({ name }) => sameName(name, action.label))
  const [puts, takes] = [did(since, "labeled", action.label), did(since, "unlabeled", action.label)]
  return action.type === "add_label"
    ? judgeLabel(has, takes, puts, done, since.touched)
    : judgeLabel(!has, puts, takes, done, since.touched)
}
