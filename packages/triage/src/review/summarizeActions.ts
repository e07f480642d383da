/** Agreement for each kind of action, and whether it is enough to let the harness act. Pure. */
import type { ActionRow } from "../actionRows.ts"
import { actionTypes } from "../protocol/Decision.ts"
import type { ActionType, Mode, Modes, TriageRules } from "../TriageRules.ts"
import { shareOf } from "./judgeBacktest.ts"
import type { Outcome } from "./judgeOutcome.ts"

/** Fewer say nothing: with nine of ten right, two in twenty are wrong. */
export const decidedMin = 20

/** Below that a person would be busy correcting. */
export const agreementMin = 0.9

/** An action and what became of it; null where it cannot be compared. */
export interface Judgement {
  readonly row: typeof ActionRow.Type
  readonly outcome: Outcome | null
}

/** One kind of action in one repository. */
export interface TypeReport {
  readonly type: ActionType
  readonly mode: Mode
  readonly shadow: number
  readonly proposed: number
  readonly live: number
  readonly agreed: number
  readonly disagreed: number
  readonly pending: number
  /** Of those that were decided. */
  readonly agreement: number | null
  /** The line for the agent's `config` in the file, where it has earned it. */
  readonly flip: string | null
  /** Why, or why not yet. */
  readonly reason: string
}

const flipOf = (type: ActionType, rules: TriageRules, ownModes: Partial<Modes>): string => {
  const all = { ...ownModes, [type]: "live" }
  const modes = actionTypes.flatMap((one) => (all[one] === undefined ? [] : [`${one}: ${all[one]}`]))
  const allow = type === "close" && !rules.allowClose ? ["allow_close: true"] : []
  return [...allow, `modes: { ${modes.join(", ")} }`].join("\n")
}

const reasonAgainst = (type: ActionType, mode: Mode, decided: number, agreement: number | null): string | null => {
  if (mode === "live") return "live already"
  if (type === "comment") return "a comment cannot be held against what a maintainer did: read some, and decide"
  if (mode === "off") return "off: nothing is recorded of it"
  if (decided < decidedMin) return `${decided} of ${decidedMin} decided by the maintainer so far`
  return agreement !== null && agreement < agreementMin
    ? `agreement is ${agreement.toFixed(2)}; it takes ${agreementMin}`
    : null
}

const summarizeType = (
  type: ActionType,
  all: ReadonlyArray<Judgement>,
  rules: TriageRules,
  ownModes: Partial<Modes>
): TypeReport => {
  const some = all.filter(({ row }) => row.action.type === type)
  const inStates = (...states: ReadonlyArray<string>) => some.filter(({ row }) => states.includes(row.state)).length
  const became = (outcome: Outcome) => some.filter((one) => one.outcome === outcome).length
  const [agreed, disagreed] = [became("agreed"), became("disagreed")]
  const agreement = shareOf(agreed, agreed + disagreed)
  const mode = rules.modes[type]
  const against = reasonAgainst(type, mode, agreed + disagreed, agreement)
  const earned = `${agreed} of ${agreed + disagreed} agreed${rules.dryRun ? "; dry_run: true still stands above it" : ""}`
  return {
    type,
    mode,
    shadow: inStates("shadow"),
    proposed: inStates("proposed"),
    live: inStates("done", "undone"),
    agreed,
    disagreed,
    pending: became("pending"),
    agreement,
    flip: against === null ? flipOf(type, rules, ownModes) : null,
    reason: against ?? earned
  }
}

/** A line for each kind of action. */
export const summarizeActions = (
  judged: ReadonlyArray<Judgement>,
  rules: TriageRules,
  ownModes: Partial<Modes>
): ReadonlyArray<TypeReport> => actionTypes.map((type) => summarizeType(type, judged, rules, ownModes))
