/** Decides by what the repository's people labelled before: a trained classifier, that asks for a person where it is not sure. */
import { Effect } from "effect"
import type { Decision } from "../protocol/Decision.ts"
import type { Task } from "../protocol/Task.ts"
import { type Classification, type Classifier, classifyIssues } from "./classifier/Classifier.ts"
import { sureFromDefault } from "./classifier/evaluateClassifier.ts"
import type { Mind } from "./Mind.ts"
import { answerStale, escalateTask, labelIssue, settledBefore, skipTask } from "./triageReply.ts"

const percent = (share: number) => `${Math.round(share * 100)} %`

/** Every label with its probability, for the log. */
const weigh = ({ labels }: Classifier, { probabilities }: Classification) =>
  labels.map((label, at) => `${label} ${percent(probabilities[at] ?? 0)}`).join(", ")

/** The owner's label of that name; case does not matter to GitHub. */
const configuredLabel = (task: Task, label: string): string | null =>
  Object.keys(task.context.settings.labels).find((known) => known.toLowerCase() === label.toLowerCase()) ?? null

/** Labels what it is sure of, and hands over what it is not. */
export const decideByClassifier = (
  classifier: Classifier,
  task: Task,
  sureFrom: number = sureFromDefault
): Decision => {
  if (task.payload.action === "stale") return answerStale(task)
  const settled = settledBefore(task)
  if (settled !== null) return skipTask(task, settled)
  const { body, title } = task.payload.issue
  const [found] = classifyIssues(classifier, [{ repo: task.repo, title, body: body ?? "" }])
  if (found === undefined) return skipTask(task, "there is nothing to classify")
  const { confidence } = found
  const rationale = weigh(classifier, found).slice(0, 1000)
  if (confidence < sureFrom) return { ...escalateTask(task, `not sure: ${rationale}`), confidence }
  const label = configuredLabel(task, found.label)
  if (label === null) {
    return { ...skipTask(task, `the owner configured no label ${found.label} (${rationale})`), confidence }
  }
  const why = `it reads like earlier issues with that label (${percent(confidence)} sure)`
  return { ...labelIssue(task, label, { why, rationale }), confidence }
}

/** {@link decideByClassifier} as a mind. */
export const makeClassifierMind = (classifier: Classifier, sureFrom: number = sureFromDefault): Mind => ({
  name: "classifier",
  decide: (task) => Effect.sync(() => decideByClassifier(classifier, task, sureFrom))
})
