/** The decision of the tests that kill the harness, and how its issue must look at the end. */
import { actionKey, withMarker } from "@farmops/triage/actionKey"
import type { Action } from "@farmops/triage/protocol/Decision"

/** One action of each kind. */
export const storyActions: ReadonlyArray<Action> = [
  { type: "add_label", label: "bug" },
  { type: "comment", body: "Thank you." },
  { type: "remove_label", label: "question" },
  { type: "close", reason: "not_planned" }
]

/** The comments of ours, whatever happened on the way. */
export const storyComments = (taskId: string): ReadonlyArray<string> => [withMarker("Thank you.", actionKey(taskId, 1))]
