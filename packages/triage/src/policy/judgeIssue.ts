/** Whether an issue may be touched at all: what it is, whose it is, and what people did to it. */
import type { GitHubUser } from "../protocol/GitHubIssue.ts"
import { sameName, type TriageRules } from "../TriageRules.ts"
import type { DenialReason } from "./denialReasons.ts"
import type { DoneBefore, TriageSituation } from "./TriageSituation.ts"

const maintainerAssociations: ReadonlySet<string> = new Set(["OWNER", "MEMBER", "COLLABORATOR"])
const maintainerPermissions: ReadonlySet<string> = new Set(["admin", "maintain", "write", "triage"])

/** Whether no person is behind the account. */
export const isBot = (user: typeof GitHubUser.Type, botUser: string): boolean =>
  user.type === "Bot" || /\[bot\]$/i.test(user.login) || sameName(user.login, botUser)

const hasOneOf = (situation: TriageSituation, names: ReadonlyArray<string>): boolean =>
  situation.issue.labels.some(({ name }) => names.some((exempt) => sameName(exempt, name)))

/** GitHub calls an open issue `reopened` from its second opening on. */
const wasReopened = ({ issue }: TriageSituation, done: DoneBefore): boolean =>
  issue.state === "open" && (issue.state_reason === "reopened" || done.issue.closed)

const judgeAuthor = ({ authorPermission, issue }: TriageSituation, rules: TriageRules): DenialReason | null => {
  if (issue.user === null) return "author_unknown"
  if (isBot(issue.user, rules.botUser)) return "author_is_bot"
  const isMaintainer =
    maintainerAssociations.has(issue.author_association.toUpperCase()) ||
    maintainerPermissions.has((authorPermission ?? "").toLowerCase())
  return isMaintainer && !rules.allowMaintainerIssues ? "author_is_maintainer" : null
}

/** The first reason to leave the issue alone, whatever is asked for; null where there is none. */
export const judgeIssue = (situation: TriageSituation, done: DoneBefore, rules: TriageRules): DenialReason | null => {
  const { issue } = situation
  if (issue.pull_request !== undefined) return "pull_request"
  if (issue.state === "closed") return "issue_closed"
  if (issue.locked) return "issue_locked"
  if (wasReopened(situation, done)) return "hands_off"
  if (hasOneOf(situation, rules.exemptLabels)) return "issue_exempt"
  if (issue.assignees.length > 0) return "issue_assigned"
  return judgeAuthor(situation, rules)
}
