import { describe, expect, it } from "@effect/vitest"
import { decideTriage, type PolicyInput } from "../src/policy/decideTriage.ts"
import { type DenialReason, denialReasons } from "../src/policy/denialReasons.ts"
import type { Action } from "../src/protocol/Decision.ts"
import { approved, capsDefault } from "../src/TriageRules.ts"
import {
  addBug,
  announced,
  asking,
  bot,
  close,
  comment,
  hoursAgo,
  issue,
  nowMs,
  rules,
  say,
  stranger,
  withDone,
  withIssue,
  withRules,
  withSituation,
  withTally
} from "./policyCases.ts"

/** The reason for each action, or what becomes of it. */
const outcomes = (input: PolicyInput): ReadonlyArray<string> =>
  decideTriage(input).map(({ ruling }) => (ruling._tag === "Denied" ? ruling.reason : ruling._tag))

const deciding = (input: PolicyInput, decision: PolicyInput["decision"]["decision"]): PolicyInput => ({
  ...input,
  decision: { ...input.decision, decision }
})

const label = (name: string): Action => ({ type: "add_label", label: name })
const dropBug: Action = { type: "remove_label", label: "bug" }
const owner = { login: "owner", type: "User" }
const dependabot = { login: "dependabot[bot]", type: "Bot" }
const vetoed = { ...comment(100, bot, 80), reactions: { "-1": 1 } }

/** The reason, the case in which it stands, and the nearest case in which it does not: there the first action is done. */
const table: ReadonlyArray<readonly [DenialReason, string, PolicyInput, PolicyInput]> = [
  [
    "mode_off",
    "its mode is off",
    withRules(asking(say), { modes: { ...rules.modes, comment: "off" } }),
    withRules(asking(say), { modes: { ...rules.modes, add_label: "off" } })
  ],
  ["decision_skips", "the agent skips", deciding(asking(addBug), "skip"), deciding(asking(addBug), "close")],
  ["decision_escalates", "the agent wants a person", deciding(asking(addBug), "escalate"), asking(addBug)],
  ["repeated", "it is asked for twice", asking({ type: "add_label", label: "BUG" }, addBug), asking(addBug)],
  [
    "issue_changed",
    "somebody changed the issue meanwhile",
    withSituation(asking(addBug), { changed: true }),
    asking(addBug)
  ],
  ["pull_request", "it is a pull request", withIssue(asking(addBug), { pull_request: {} }), asking(addBug)],
  ["issue_closed", "the issue is closed", withIssue(asking(addBug), { state: "closed" }), asking(addBug)],
  ["issue_locked", "the issue is locked", withIssue(asking(addBug), { locked: true }), asking(addBug)],
  ["issue_assigned", "somebody is assigned", withIssue(asking(addBug), { assignees: [owner] }), asking(addBug)],
  [
    "issue_exempt",
    "the issue has an exempt label, in whatever capitals",
    withIssue(asking(addBug), { labels: [{ name: "Security" }] }),
    withIssue(asking(addBug), { labels: [{ name: "wontfix" }] })
  ],
  [
    "hands_off",
    "a person opened the issue again",
    withIssue(asking(addBug), { state_reason: "reopened" }),
    withIssue(asking(addBug), { state_reason: null })
  ],
  ["hands_off", "we closed the issue and it is open", withDone(asking(addBug), { closed: true }), asking(addBug)],
  ["author_unknown", "nobody is its author", withIssue(asking(addBug), { user: null }), asking(addBug)],
  ["author_is_bot", "a bot opened it", withIssue(asking(addBug), { user: dependabot }), asking(addBug)],
  [
    "author_is_bot",
    "a bot opened it whose name does not tell",
    withIssue(asking(addBug), { user: { login: "ci", type: "Bot" } }),
    withIssue(asking(addBug), { user: { login: "ci", type: "User" } })
  ],
  [
    "author_is_bot",
    "an app opened it that says it is a user",
    withIssue(asking(addBug), { user: { login: "some-app[bot]", type: "User" } }),
    asking(addBug)
  ],
  [
    "author_is_bot",
    "we opened it, even where maintainers' issues are looked at",
    withRules(withIssue(asking(addBug), { user: { login: "Triage-Bot", type: "User" } }), {
      allowMaintainerIssues: true
    }),
    asking(addBug)
  ],
  ...["OWNER", "MEMBER", "COLLABORATOR"].map(
    (association) =>
      [
        "author_is_maintainer",
        `its author is ${association}`,
        withIssue(asking(addBug), { author_association: association }),
        withRules(withIssue(asking(addBug), { author_association: association }), { allowMaintainerIssues: true })
      ] as const
  ),
  [
    "author_is_maintainer",
    "its author hides that they may write",
    withSituation(asking(addBug), { authorPermission: "write" }),
    withIssue(asking(addBug), { author_association: "CONTRIBUTOR" })
  ],
  [
    "suspected_injection",
    "a comment is asked for under a text that addresses agents",
    withSituation(asking(say), { suspicious: true }),
    withSituation(asking(addBug), { suspicious: true })
  ],
  [
    "suspected_injection",
    "a closing is asked for under a text that addresses agents",
    withSituation(announced(), { suspicious: true }),
    announced()
  ],
  ["label_not_configured", "the label is not configured", asking(label("wontfix")), asking(label("question"))],
  [
    "label_not_configured",
    "an agent asks for the label that calls a person",
    asking(label("needs-human")),
    withRules(asking(label("needs-human")), { labels: { "needs-human": ["help"] } })
  ],
  [
    "label_missing",
    "the repository has no such label",
    withSituation(asking(addBug), { repositoryLabels: ["question"] }),
    asking(addBug)
  ],
  [
    "label_not_ours",
    "somebody else put the label on",
    withIssue(asking(dropBug), { labels: [{ name: "bug" }] }),
    withDone(withIssue(asking(dropBug), { labels: [{ name: "bug" }] }), { labelsAdded: ["Bug"] })
  ],
  ["already_so", "the label is on", withIssue(asking(addBug), { labels: [{ name: "bug" }] }), asking(addBug)],
  ["already_so", "the label to go is not there", asking(dropBug), asking(addBug)],
  ["comment_empty", "the comment is blank", asking({ type: "comment", body: " \n" }), asking(say)],
  [
    "comment_within_24h",
    "a comment of ours is on GitHub, whoever posted it in our name",
    withSituation(asking(say), { comments: [comment(1, { login: "Triage-Bot", type: "User" }, 23.9)] }),
    withSituation(asking(say), { comments: [comment(1, bot, 24.1), comment(2, stranger, 1)] })
  ],
  [
    "comment_within_24h",
    "a comment of ours is on its way",
    withDone(asking(say), { commentAtMs: nowMs - 1000 }),
    withDone(asking(say), { commentAtMs: nowMs - 25 * 3_600_000 })
  ],
  [
    "comment_within_24h",
    "a notice before a closing would be the second",
    withSituation(asking(close), { comments: [comment(1, bot, 2)] }),
    withRules(withSituation(asking(close), { comments: [comment(1, bot, 2)] }), { allowRepeatComments: true })
  ],
  [
    "comment_within_24h",
    "it is the second of one decision",
    asking(say, { type: "comment", body: "More." }),
    asking(say)
  ],
  ["said_in_notice", "the words go into the notice", asking(say, close), asking(say)],
  ["close_not_allowed", "allow_close is not set", withRules(announced(), { allowClose: false }), announced()],
  [
    "close_waits",
    "the notice is younger than the delay",
    withRules(announced(), { closeDelayDays: 4 }),
    withRules(announced(), { closeDelayDays: 3 })
  ],
  [
    "close_vetoed_by_reply",
    "the author answers after the notice",
    announced(comment(101, stranger, 79)),
    announced(comment(99, stranger, 81), comment(101, dependabot, 79))
  ],
  [
    "close_vetoed_by_reply",
    "somebody answers within the notice's second",
    announced(comment(101, stranger, 80)),
    announced(comment(99, stranger, 80))
  ],
  [
    "close_vetoed_by_reply",
    "somebody edits an earlier comment into an answer",
    announced({ ...comment(99, stranger, 100), updated_at: hoursAgo(2) }),
    announced(comment(99, stranger, 100))
  ],
  [
    "close_vetoed_by_reply",
    "somebody whose account is gone answered",
    announced(comment(101, null, 79)),
    announced(comment(99, null, 100))
  ],
  [
    "close_vetoed_by_reaction",
    "a person gave the notice a 👎",
    withSituation(announced(), { comments: [vetoed] }),
    withSituation(announced(), { comments: [{ ...vetoed, reactions: { "-1": 0 } }] })
  ],
  ["close_notice_gone", "a person deleted the notice", withSituation(announced(), { comments: [] }), announced()],
  [
    "cap_issue",
    "enough was done on the issue",
    withDone(asking(addBug), { actions: 12 }),
    withDone(asking(addBug), { actions: 11 })
  ],
  ...(["repository", "harness"] as const).flatMap((whose) => {
    const caps = whose === "repository" ? rules.caps : rules.capsOfHarness
    const code = (one: "hour" | "day" | "closes" | "money") =>
      whose === "repository" ? (`cap_${one}` as const) : (`cap_harness_${one}` as const)
    const money = caps.microUsdPerDay ?? 0
    return [
      [
        code("hour"),
        `the hour of the ${whose} is full`,
        withTally(asking(addBug), whose, { actionsLastHour: caps.actionsPerHour }),
        withTally(asking(addBug), whose, { actionsLastHour: caps.actionsPerHour - 1 })
      ],
      [
        code("day"),
        `the day of the ${whose} is full`,
        withTally(asking(addBug), whose, { actionsLastDay: caps.actionsPerDay }),
        withTally(asking(addBug), whose, { actionsLastDay: caps.actionsPerDay - 1 })
      ],
      [
        code("day"),
        `the last place of the day of the ${whose} is taken by the action before`,
        withTally(asking(addBug, say), whose, { actionsLastDay: caps.actionsPerDay - 1 }),
        withTally(asking(addBug, say), whose, { actionsLastDay: caps.actionsPerDay - 2 })
      ],
      [
        code("closes"),
        `enough issues of the ${whose} were closed`,
        withTally(announced(), whose, { closesLastDay: caps.closesPerDay }),
        withTally(announced(), whose, { closesLastDay: caps.closesPerDay - 1 })
      ],
      [
        code("money"),
        `the money of the ${whose} is spent`,
        withTally(asking(addBug), whose, { microUsdToday: money }),
        withTally(asking(addBug), whose, { microUsdToday: money - 1 })
      ]
    ] as const
  })
]

describe("the policy", () => {
  it.each(table)("denies with %s when %s, and only then", (reason, _when, denied, allowed) => {
    expect(outcomes(denied)).toContain(reason)
    expect(outcomes(allowed)[0]).toBe("Allowed")
  })

  it("has a case for each reason that it can give", () => {
    expect([...new Set(table.map(([reason]) => reason))].sort()).toEqual(Object.keys(denialReasons).sort())
  })

  it("allows a stranger's issue to be labelled and answered, in the repository's spelling", () => {
    expect(decideTriage(asking(addBug, say))).toEqual([
      { asked: addBug, purpose: "asked", ruling: { _tag: "Allowed", does: { type: "add_label", label: "Bug" } } },
      { asked: say, purpose: "asked", ruling: { _tag: "Allowed", does: say } }
    ])
  })

  it.each([
    ["shadow", "Shadow"],
    ["propose", "NeedsApproval"],
    ["live", "Allowed"]
  ] as const)("does under the mode %s no more than %s", (mode, tag) => {
    const input = withRules(asking(addBug, say), { modes: { ...rules.modes, add_label: mode } })
    expect(outcomes(input)).toEqual([tag, "Allowed"])
  })

  it("does nothing in a dry run, and nothing to an issue that is older than its work", () => {
    expect(outcomes(withRules(asking(addBug, say, close), { dryRun: true }))).not.toContain("Allowed")
    const backlog = withSituation(asking(addBug, say, close), { backlog: true })
    expect(outcomes(backlog)).not.toContain("Allowed")
    expect(outcomes(withRules(backlog, { actOnBacklog: true }))).toContain("Allowed")
  })

  it("denies in shadow what it would deny, so that a report counts what would be done", () => {
    const shadow = { add_label: "shadow", remove_label: "shadow", comment: "shadow", close: "shadow" } as const
    expect(outcomes(withRules(asking(label("wontfix"), addBug), { modes: shadow }))).toEqual([
      "label_not_configured",
      "Shadow"
    ])
  })

  it("lets a person's yes stand for the mode and for nothing else", () => {
    const propose = { ...rules, modes: { ...rules.modes, add_label: "propose" as const } }
    expect(outcomes({ ...asking(addBug), rules: approved(propose, "add_label") })).toEqual(["Allowed"])
    expect(outcomes({ ...withIssue(asking(addBug), { locked: true }), rules: approved(propose, "add_label") })).toEqual(
      ["issue_locked"]
    )
    const shadow = { ...rules, modes: { ...rules.modes, add_label: "shadow" as const } }
    expect(outcomes({ ...asking(addBug), rules: approved(shadow, "add_label") })).toEqual(["Shadow"])
  })
})

describe("closing", () => {
  it("is announced first, with the reason and the way to stop it", () => {
    const [only] = decideTriage(asking(close))
    expect(only).toMatchObject({ asked: close, purpose: "close_notice", ruling: { _tag: "Allowed" } })
    const does = only?.ruling._tag === "Allowed" ? only.ruling.does : null
    expect(does).toEqual({ type: "comment", body: expect.stringMatching(/closed in 3 days.*answer here.*👎/s) })
  })

  it("is done with its reason once the notice stood unopposed", () => {
    expect(decideTriage(announced())).toEqual([
      { asked: close, purpose: "asked", ruling: { _tag: "Allowed", does: close } }
    ])
  })

  it("says an agent's words and the notice in one comment", () => {
    const [words, notice] = decideTriage(asking(say, close))
    expect(words?.ruling).toEqual({ _tag: "Denied", reason: "said_in_notice" })
    expect(notice?.ruling).toEqual({
      _tag: "Allowed",
      does: { type: "comment", body: expect.stringMatching(/^Thank you\.\n\nThis issue will be closed/) }
    })
  })

  it("does not post words that are only in shadow with a notice that is live", () => {
    const ruled = decideTriage(withRules(asking(say, close), { modes: { ...rules.modes, comment: "shadow" } }))
    expect(JSON.stringify(ruled.filter(({ ruling }) => ruling._tag === "Allowed"))).not.toContain("Thank you")
  })

  it("keeps the words and the notice within a comment's length", () => {
    const [, notice] = decideTriage(asking({ type: "comment", body: "x".repeat(8000) }, close))
    const does = notice?.ruling._tag === "Allowed" ? notice.ruling.does : null
    expect(does?.type === "comment" && does.body.length).toBe(8000)
    expect(does?.type === "comment" && does.body).toMatch(/👎\.$/)
  })
})

describe("an escalation", () => {
  it("puts the configured label on and says nothing", () => {
    expect(decideTriage(deciding(asking(say), "escalate")).at(-1)).toEqual({
      asked: { type: "add_label", label: "needs-human" },
      purpose: "escalation",
      ruling: { _tag: "Allowed", does: { type: "add_label", label: "needs-human" } }
    })
    expect(outcomes(deciding(asking(say), "escalate"))).toEqual(["decision_escalates", "Allowed"])
  })

  it("touches nothing where no label is configured, the issue is to be left alone, or its mode does not allow it", () => {
    const escalation = deciding(asking(), "escalate")
    expect(outcomes(withRules(escalation, { escalateLabel: null }))).toEqual([])
    expect(outcomes(withIssue(escalation, { locked: true }))).toEqual([])
    expect(outcomes(withIssue(escalation, { labels: [{ name: "needs-human" }] }))).toEqual(["already_so"])
    expect(outcomes(withRules(escalation, { modes: { ...rules.modes, add_label: "off" } }))).toEqual(["mode_off"])
    expect(outcomes(withRules(escalation, { caps: { ...capsDefault, actionsPerHour: 0 } }))).toEqual(["cap_hour"])
  })
})

it("leaves its input as it was", () => {
  const input = asking(addBug, say, close)
  const before = JSON.stringify(input)
  decideTriage(input)
  expect(JSON.stringify(input)).toBe(before)
  expect(issue.labels).toEqual([])
})
