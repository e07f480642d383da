/** Whether a label may be put on or taken off: one that the repository has, the owner configured, and (to go) we put on. */
import type { Action } from "../protocol/Decision.ts"
import { sameName } from "../TriageRules.ts"
import type { DenialReason } from "./denialReasons.ts"
import type { DoneBefore, TriageSituation } from "./TriageSituation.ts"

/** A change of one label. */
export type LabelAction = Extract<Action, { readonly label: string }>

/** The change in the repository's own spelling, or why it is not made. `configured` are the labels that may be touched. */
export const judgeLabel = (
  action: LabelAction,
  configured: ReadonlyArray<string>,
  situation: TriageSituation,
  done: DoneBefore
): LabelAction | DenialReason => {
  const isIt = (name: string) => sameName(name, action.label)
  if (!configured.some(isIt)) return "label_not_configured"
  const spelled = situation.repositoryLabels.find(isIt)
  if (spelled === undefined) return "label_missing"
  const isOn = situation.issue.labels.some(({ name }) => isIt(name))
  if (isOn === (action.type === "add_label")) return "already_so"
  if (action.type === "remove_label" && !done.issue.labelsAdded.some(isIt)) return "label_not_ours"
  return { ...action, label: spelled }
}
