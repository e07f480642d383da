/**
 * The policy: what becomes of each action that an agent asked for. Pure, and the only place where an action is allowed. A decision
 * is no permission: whatever is not allowed here by every rule is not done.
 */
import { type Action, commentCharactersMax, type Decision } from "../protocol/Decision.ts"
import type { TriageRules } from "../TriageRules.ts"
import type { DenialReason } from "./denialReasons.ts"
import { type Granted, judgeCaps } from "./judgeCaps.ts"
import { commentedWithinDay, judgeClose } from "./judgeClose.ts"
import { judgeIssue } from "./judgeIssue.ts"
import { judgeLabel, type LabelAction } from "./judgeLabel.ts"
import type { DoneBefore, TriageSituation } from "./TriageSituation.ts"

/** What becomes of an action. `does` is what is to be done, which may be less than was asked for: a notice instead of a closing. */
export type Ruling =
  | { readonly _tag: "Allowed" | "NeedsApproval" | "Shadow"; readonly does: Action }
  | { readonly _tag: "Denied"; readonly reason: DenialReason }

/** Why something is done: an agent asked for it, it announces a closing, or a person is asked for. */
export type Purpose = "asked" | "close_notice" | "escalation"

/** One action and what becomes of it. */
export interface RuledAction {
  readonly asked: Action
  readonly purpose: Purpose
  readonly ruling: Ruling
}

/** Everything that the policy looks at. */
export interface PolicyInput {
  readonly decision: Pick<Decision, "decision" | "actions">
  readonly situation: TriageSituation
  readonly done: DoneBefore
  readonly rules: TriageRules
  readonly nowMs: number
}

interface Progress extends Granted {
  readonly comments: number
  /** Whether a notice before a closing is among what was granted. */
  readonly notice: boolean
  /** What earlier actions of the decision are about. */
  readonly subjects: ReadonlySet<string>
}

const atStart: Progress = { actions: 0, closes: 0, comments: 0, notice: false, subjects: new Set() }

const subjectOf = (action: Action): string =>
  "label" in action
    ? `label ${action.label.toLowerCase()}`
    : action.type === "comment"
      ? `comment ${action.body}`
      : action.type

const denied = (reason: DenialReason): Ruling => ({ _tag: "Denied", reason })

interface Judged {
  readonly does: Action
  readonly purpose: Purpose
}

const judgeComment = (body: string, progress: Progress, input: PolicyInput): DenialReason | null => {
  const { done, nowMs, rules, situation } = input
  if (situation.suspicious) return "suspected_injection"
  if (body.trim() === "") return "comment_empty"
  // One comment says both, where both would be posted.
  if (progress.notice && progress.comments === 1 && rules.modes.comment === rules.modes.close) return "said_in_notice"
  const repeats = progress.comments > 0 || commentedWithinDay(situation, done, rules, nowMs)
  return repeats && !rules.allowRepeatComments ? "comment_within_24h" : null
}

const judgeOne = (action: Action, progress: Progress, input: PolicyInput): Judged | DenialReason => {
  const { done, nowMs, rules, situation } = input
  if (action.type === "comment") {
    return judgeComment(action.body, progress, input) ?? { does: action, purpose: "asked" }
  }
  if (action.type === "close") {
    const next = judgeClose(action, situation, done, rules, nowMs)
    if (next.step === "none") return next.reason
    return next.step === "close"
      ? { does: action, purpose: "asked" }
      : { does: { type: "comment", body: next.body }, purpose: "close_notice" }
  }
  const change = judgeLabel(action, Object.keys(rules.labels), situation, done)
  return typeof change === "string" ? change : { does: change, purpose: "asked" }
}

/** What no rule but the mode stands in the way of. */
const underMode = (does: Action, asked: Action, { rules, situation }: PolicyInput): Ruling => {
  const mode = rules.modes[asked.type]
  if (mode === "off") return denied("mode_off")
  if (mode === "shadow" || rules.dryRun || (situation.backlog && !rules.actOnBacklog)) return { _tag: "Shadow", does }
  return { _tag: mode === "propose" ? "NeedsApproval" : "Allowed", does }
}

/** A judgement within the bounds and under the mode, with what the next action has to know of it. */
const settle = (action: Action, judged: Judged, progress: Progress, input: PolicyInput): [RuledAction, Progress] => {
  const { does, purpose } = judged
  const cap = judgeCaps(does.type, progress, input.done, input.rules)
  if (cap !== null) return [{ asked: action, purpose, ruling: denied(cap) }, progress]
  return [
    { asked: action, purpose, ruling: underMode(does, action, input) },
    {
      actions: progress.actions + 1,
      closes: progress.closes + (does.type === "close" ? 1 : 0),
      comments: progress.comments + (does.type === "comment" ? 1 : 0),
      notice: progress.notice || purpose === "close_notice",
      subjects: new Set([...progress.subjects, subjectOf(action)])
    }
  ]
}

const ruleOne = (action: Action, progress: Progress, input: PolicyInput): [RuledAction, Progress] => {
  const refuse = (reason: DenialReason): [RuledAction, Progress] => [
    { asked: action, purpose: "asked", ruling: denied(reason) },
    reason === "said_in_notice" ? { ...progress, comments: progress.comments + 1 } : progress
  ]
  if (input.rules.modes[action.type] === "off") return refuse("mode_off")
  if (progress.subjects.has(subjectOf(action))) return refuse("repeated")
  const judged = judgeOne(action, progress, input)
  return typeof judged === "string" ? refuse(judged) : settle(action, judged, progress, input)
}

/** Puts an agent's words before the notice in which they are said. */
const sayTogether = (ruled: ReadonlyArray<RuledAction>): ReadonlyArray<RuledAction> => {
  const words = ruled.find(({ ruling }) => ruling._tag === "Denied" && ruling.reason === "said_in_notice")?.asked
  if (words?.type !== "comment") return ruled
  return ruled.map((one) => {
    if (one.purpose !== "close_notice" || one.ruling._tag === "Denied" || one.ruling.does.type !== "comment") return one
    const notice = `\n\n${one.ruling.does.body}`
    const body = words.body.slice(0, commentCharactersMax - notice.length) + notice
    return { ...one, ruling: { ...one.ruling, does: { type: "comment", body } } }
  })
}

const escalate = (label: string, input: PolicyInput): RuledAction => {
  const asked: LabelAction = { type: "add_label", label }
  const change = judgeLabel(asked, [label], input.situation, input.done)
  if (typeof change === "string") return { asked, purpose: "escalation", ruling: denied(change) }
  return settle(asked, { does: change, purpose: "escalation" }, atStart, input)[0]
}

/** The reason that stands against everything in the decision; null where each action is judged by itself. */
const judgeWhole = ({ decision, done, rules, situation }: PolicyInput): DenialReason | null => {
  const reason = judgeIssue(situation, done, rules)
  if (reason !== null) return reason
  if (situation.changed) return "issue_changed"
  return decision.decision === "skip" ? "decision_skips" : null
}

/** Rules on each action of a decision, in the order in which they were asked for; what the policy adds itself comes last. */
export const decideTriage = (input: PolicyInput): ReadonlyArray<RuledAction> => {
  const { decision, rules } = input
  const whole = judgeWhole(input)
  const against = whole ?? (decision.decision === "escalate" ? "decision_escalates" : null)
  if (against !== null) {
    const asked = decision.actions.map(
      (action): RuledAction => ({ asked: action, purpose: "asked", ruling: denied(against) })
    )
    return whole === null && rules.escalateLabel !== null ? [...asked, escalate(rules.escalateLabel, input)] : asked
  }
  // A closing comes first in the judgement, since what else is said depends on it; the order of the actions stays.
  const turns = decision.actions.map((action, at) => ({ action, at }))
  const inTurn = [
    ...turns.filter(({ action }) => action.type === "close"),
    ...turns.filter(({ action }) => action.type !== "close")
  ]
  const ruled: Array<RuledAction> = []
  let progress = atStart
  for (const { action, at } of inTurn) {
    const [one, next] = ruleOne(action, progress, input)
    ruled[at] = one
    progress = next
  }
  return sayTogether(ruled)
}
