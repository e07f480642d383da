/** An issue of a stranger's that may be labelled, answered and closed, to be changed in one thing by each test. */
import type { PolicyInput } from "../src/policy/decideTriage.ts"
import { doneNothing } from "../src/policy/TriageSituation.ts"
import type { Action } from "../src/protocol/Decision.ts"
import type { GitHubComment, GitHubIssue } from "../src/protocol/GitHubIssue.ts"
import { capsDefault, capsOfHarnessDefault, type TriageRules } from "../src/TriageRules.ts"

export const nowMs = Date.parse("2026-03-10T12:00:00Z")

/** An instant so many hours before {@link nowMs}, as GitHub spells it. */
export const hoursAgo = (hours: number): string => `${new Date(nowMs - hours * 3_600_000).toISOString().slice(0, 19)}Z`

export const stranger = { login: "stranger", type: "User" }
export const bot = { login: "triage-bot", type: "User" }

export const issue: GitHubIssue = {
  number: 7,
  title: "It crashes",
  body: "on start",
  state: "open",
  state_reason: null,
  locked: false,
  labels: [],
  assignees: [],
  user: stranger,
  author_association: "NONE",
  comments: 0,
  created_at: hoursAgo(48),
  updated_at: hoursAgo(48),
  closed_at: null
}

export const comment = (id: number, user: GitHubComment["user"], hours: number): GitHubComment => ({
  id,
  body: "words",
  user,
  author_association: "NONE",
  created_at: hoursAgo(hours),
  updated_at: hoursAgo(hours)
})

export const rules: TriageRules = {
  repo: "my-org/my-repo",
  botUser: "triage-bot",
  modes: { add_label: "live", remove_label: "live", comment: "live", close: "live" },
  dryRun: false,
  labels: { bug: ["crash"], question: ["how to"] },
  allowClose: true,
  allowMaintainerIssues: false,
  allowRepeatComments: false,
  exemptLabels: ["security"],
  staleExemptLabels: [],
  staleDays: 30,
  closeDelayDays: 3,
  actOnBacklog: false,
  escalateLabel: "needs-human",
  linkHosts: [],
  actionsPerIssue: 12,
  caps: capsDefault,
  capsOfHarness: capsOfHarnessDefault
}

export const addBug: Action = { type: "add_label", label: "bug" }
export const say: Action = { type: "comment", body: "Thank you." }
export const close: Action = { type: "close", reason: "not_planned" }

/** Asks for these actions. */
export const asking = (...actions: ReadonlyArray<Action>): PolicyInput => ({
  decision: { decision: "label_and_respond", actions },
  situation: {
    issue,
    comments: [],
    repositoryLabels: ["Bug", "question", "needs-human", "security", "wontfix"],
    authorPermission: "read",
    changed: false,
    backlog: false,
    suspicious: false
  },
  done: doneNothing,
  rules,
  nowMs
})

export const withIssue = (input: PolicyInput, change: Partial<GitHubIssue>): PolicyInput => ({
  ...input,
  situation: { ...input.situation, issue: { ...input.situation.issue, ...change } }
})

export const withSituation = (input: PolicyInput, change: Partial<PolicyInput["situation"]>): PolicyInput => ({
  ...input,
  situation: { ...input.situation, ...change }
})

export const withRules = (input: PolicyInput, change: Partial<TriageRules>): PolicyInput => ({
  ...input,
  rules: { ...input.rules, ...change }
})

/** What the log tells of the issue. */
export const withDone = (input: PolicyInput, change: Partial<PolicyInput["done"]["issue"]>): PolicyInput => ({
  ...input,
  done: { ...input.done, issue: { ...input.done.issue, ...change } }
})

export const withTally = (
  input: PolicyInput,
  whose: "repository" | "harness",
  change: Partial<PolicyInput["done"]["repository"]>
): PolicyInput => ({ ...input, done: { ...input.done, [whose]: { ...input.done[whose], ...change } } })

/** A closing is asked for, and our notice of 80 hours ago stands under the issue. */
export const announced = (...comments: ReadonlyArray<GitHubComment>): PolicyInput =>
  withDone(withSituation(asking(close), { comments: [comment(100, bot, 80), ...comments] }), {
    closeNotice: { commentId: 100, atMs: nowMs - 80 * 3_600_000 },
    commentAtMs: nowMs - 80 * 3_600_000
  })
