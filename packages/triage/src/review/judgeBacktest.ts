/** Holds decisions against what a maintainer did with the same issues. Pure. */
import type { Decision } from "../protocol/Decision.ts"
import type { GitHubIssue } from "../protocol/GitHubIssue.ts"
import { sameName } from "../TriageRules.ts"
import { costOf } from "./costOf.ts"
import { configuredOf } from "./labelledIssues.ts"

/** An issue as it is now, and what was decided about it as it was opened; null where there was no answer. */
export interface Looked {
  readonly issue: GitHubIssue
  readonly decision: Decision | null
}

/** An issue on which the mind and the maintainer differ. */
export interface Disagreement {
  readonly issue: number
  readonly about: "labels" | "close"
  readonly mind: ReadonlyArray<string>
  readonly maintainer: ReadonlyArray<string>
}

/** The share of `part`; null of nothing. */
export const shareOf = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)

const labelsAsked = (decision: Decision | null): ReadonlyArray<string> =>
  decision === null || decision.decision === "skip" || decision.decision === "escalate"
    ? []
    : decision.actions.flatMap((action) => (action.type === "add_label" ? [action.label] : []))

const asksFor = (decision: Decision | null, type: "comment" | "close"): boolean =>
  decision !== null && decision.decision !== "escalate" && decision.actions.some((action) => action.type === type)

/** Whether it was closed as no work to do: that is what an agent that closes new issues has to foresee. */
const isRefused = ({ state, state_reason }: GitHubIssue): boolean =>
  state === "closed" && (state_reason === "not_planned" || state_reason === "duplicate")

const closingOf = ({ state, state_reason }: GitHubIssue): string =>
  state === "open" ? "open" : (state_reason ?? "closed")

interface Judged extends Looked {
  readonly asked: ReadonlyArray<string>
  readonly given: ReadonlyArray<string>
}

const isAgreed = ({ asked, given }: Judged): boolean =>
  asked.length > 0 && asked.every((label) => given.some((other) => sameName(label, other)))

const judgeLabels = (judged: ReadonlyArray<Judged>) => {
  const labelled = judged.filter(({ decision, given }) => given.length > 0 && decision !== null)
  const answered = labelled.filter(({ asked }) => asked.length > 0)
  const agreed = answered.filter(isAgreed).length
  const notSure = labelled.filter(({ decision }) => decision?.decision === "escalate").length
  const unlabelled = judged.filter(({ decision, given }) => given.length === 0 && decision !== null)
  return {
    /** To which the maintainer gave a configured label. */
    issues: labelled.length,
    agreed,
    other_label: answered.length - agreed,
    not_sure: notSure,
    none: labelled.length - answered.length - notSure,
    /** Of the issues to which both gave a label. */
    agreement: shareOf(agreed, answered.length),
    /** Closed without a configured label: what the mind would have put on can be neither right nor wrong. */
    unlabelled: { issues: unlabelled.length, labelled: unlabelled.filter(({ asked }) => asked.length > 0).length }
  }
}

const judgeCloses = (looked: ReadonlyArray<Looked>) => {
  const asked = looked.filter(({ decision }) => asksFor(decision, "close"))
  const agreed = asked.filter(({ issue }) => isRefused(issue)).length
  return {
    asked: asked.length,
    agreed,
    agreement: shareOf(agreed, asked.length),
    /** Closed by people as not planned or as a duplicate, whatever the mind said. */
    by_maintainer: looked.filter(({ issue }) => isRefused(issue)).length
  }
}

const disagreementsOf = (judged: ReadonlyArray<Judged>): ReadonlyArray<Disagreement> =>
  judged.flatMap((one): ReadonlyArray<Disagreement> => {
    const { asked, decision, given, issue } = one
    const about = { issue: issue.number }
    return [
      ...(asked.length > 0 && given.length > 0 && !isAgreed(one)
        ? [{ ...about, about: "labels", mind: asked, maintainer: given } as const]
        : []),
      ...(asksFor(decision, "close") && !isRefused(issue)
        ? [{ ...about, about: "close", mind: ["close"], maintainer: [closingOf(issue)] } as const]
        : [])
    ]
  })

/** Agreement for each kind of action, with the issues on which they differ. Comments have nothing to be held against. */
export const judgeBacktest = (looked: ReadonlyArray<Looked>, configured: ReadonlyArray<string>) => {
  const judged = looked.map((one) => ({
    ...one,
    asked: labelsAsked(one.decision),
    given: configuredOf(one.issue, configured)
  }))
  const decisions = looked.map(({ decision }) => decision)
  const answered = decisions.filter((decision) => decision !== null)
  return {
    issues: looked.length,
    unanswered: looked.length - answered.length,
    not_sure: shareOf(answered.filter(({ decision }) => decision === "escalate").length, answered.length),
    labels: judgeLabels(judged),
    closes: judgeCloses(looked),
    comments: { asked: decisions.filter((decision) => asksFor(decision, "comment")).length },
    cost: costOf(decisions),
    disagreements: disagreementsOf(judged)
  }
}
