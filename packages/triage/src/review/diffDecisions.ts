/** In what two decisions about one issue differ. Pure. */
import type { Action, Decision } from "../protocol/Decision.ts"

/** What an action does, without a comment's words: those are never the same twice. */
export const deedOf = (action: Action): string =>
  "label" in action
    ? `${action.type} ${action.label}`
    : action.type === "close"
      ? `close ${action.reason}`
      : action.type

/** The verdicts, and what one does that the other does not. */
export interface DecisionDiff {
  readonly before: Decision["decision"]
  readonly after: Decision["decision"]
  readonly gone: ReadonlyArray<string>
  readonly added: ReadonlyArray<string>
  readonly same: boolean
}

/** From `before` to `after`. Labels differ as GitHub sees them, which is without regard to case. */
export const diffDecisions = (before: Decision, after: Decision): DecisionDiff => {
  const lacks = (deeds: ReadonlyArray<string>, deed: string) =>
    !deeds.some((other) => other.toLowerCase() === deed.toLowerCase())
  const [was, is] = [before.actions.map(deedOf), after.actions.map(deedOf)]
  const gone = was.filter((deed) => lacks(is, deed))
  const added = is.filter((deed) => lacks(was, deed))
  const same = before.decision === after.decision && gone.length === 0 && added.length === 0
  return { before: before.decision, after: after.decision, gone, added, same }
}
