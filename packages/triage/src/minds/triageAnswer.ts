/** What a model may answer to a task: choices among what the task allows, and one bounded text. Pure; from it to a decision. */
import { Schema } from "effect"
import { type Action, type Decision, rationaleCharactersMax } from "../protocol/Decision.ts"
import type { Task } from "../protocol/Task.ts"
import { answerCharactersMax } from "./prompt/triagePrompt.ts"
import { escalateTask, skipTask } from "./triageReply.ts"

// More labels at once are no triage.
const labelsMax = 4

// A model that is less sure than this is asked for nothing.
const confidenceMin = 0.5

/** Some of `names`, each at most once; an empty list where there are none. */
const someOf = (names: ReadonlyArray<string>) =>
  names.length === 0
    ? Schema.Array(Schema.String).check(Schema.isMaxLength(0))
    : Schema.Array(Schema.Literals(names)).check(Schema.isMaxLength(Math.min(labelsMax, names.length)))

/** The shape of the answer to one task: labels are those of the task, and closing is a choice only where the owner allows it. */
export const triageAnswerFor = ({ context, payload }: Task) => {
  const { allow_close, labels } = context.settings
  const allowed = Object.keys(labels)
  const has = payload.issue.labels.map(({ name }) => name).filter((name) => allowed.includes(name))
  const verdicts = ["label_and_respond", "escalate", "skip", ...(allow_close ? (["close"] as const) : [])] as const
  return Schema.Struct({
    verdict: Schema.Literals(verdicts),
    labels: someOf(allowed.filter((name) => !has.includes(name))),
    remove_labels: someOf(has),
    comment: Schema.NullOr(Schema.String.check(Schema.isMaxLength(answerCharactersMax))),
    confidence: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })),
    rationale: Schema.String.check(Schema.isMaxLength(rationaleCharactersMax / 4))
  })
}

/** What {@link triageAnswerFor} reads. */
export type TriageAnswer = ReturnType<typeof triageAnswerFor>["Type"]

const actionsOf = ({ comment, labels, remove_labels, verdict }: TriageAnswer): ReadonlyArray<Action> => [
  ...[...new Set(labels)].map((label) => ({ type: "add_label", label }) as const),
  ...[...new Set(remove_labels)].map((label) => ({ type: "remove_label", label }) as const),
  ...(comment === null || comment.trim() === "" ? [] : [{ type: "comment", body: comment } as const]),
  ...(verdict === "close" ? [{ type: "close", reason: "not_planned" } as const] : [])
]

/** The decision that an answer stands for. Not sure is a question to a person, and nothing is done on the way. */
export const decisionOf = (task: Task, answer: TriageAnswer): Decision => {
  const { confidence, rationale, verdict } = answer
  if (verdict === "skip") return { ...skipTask(task, rationale), confidence }
  if (verdict === "escalate") return { ...escalateTask(task, rationale), confidence }
  if (confidence < confidenceMin) return { ...escalateTask(task, `not sure: ${rationale}`), confidence }
  const actions = actionsOf(answer)
  if (actions.length === 0) return { ...skipTask(task, rationale), confidence }
  return { task_id: task.task_id, decision: verdict, rationale, actions, confidence }
}
