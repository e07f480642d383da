/** The decisions that minds without a model of language share, in fixed sentences: nothing that a stranger wrote is repeated. Pure. */
import type { Action, Decision } from "../protocol/Decision.ts"
import type { Task } from "../protocol/Task.ts"

/** Asks for nothing. */
export const skipTask = (task: Task, rationale: string): Decision => ({
  task_id: task.task_id,
  decision: "skip",
  rationale,
  actions: []
})

/** Asks for a person. */
export const escalateTask = (task: Task, rationale: string): Decision => ({
  ...skipTask(task, rationale),
  decision: "escalate"
})

/** Why an issue needs no look at its text; null where it needs one. */
export const settledBefore = ({ payload, context }: Task): string | null => {
  const { issue } = payload
  if (issue.pull_request !== undefined) return "it is a pull request"
  if (issue.state === "closed") return "it is closed"
  const known = issue.labels.find(({ name }) => Object.hasOwn(context.settings.labels, name))
  return known === undefined ? null : `it already has the label ${known.name}`
}

const welcome = (label: string, why: string) =>
  `Thank you for the report. I have labelled it **${label}**: ${why}. A maintainer will look at it; if the label is wrong, say so and they will change it.`

/** One label and, where the issue is new, one sentence on why. `why` must hold no word of the issue's. */
export const labelIssue = (
  task: Task,
  label: string,
  { rationale, why }: { readonly why: string; readonly rationale: string }
): Decision => {
  const actions: ReadonlyArray<Action> = [
    { type: "add_label", label },
    ...(task.payload.action === "opened" ? [{ type: "comment" as const, body: welcome(label, why) }] : [])
  ]
  return { task_id: task.task_id, decision: "label_and_respond", rationale, actions }
}

const daysOf = (days: number) => (days === 1 ? "1 day" : `${days} days`)

/**
 * What to do about an issue in which nothing happened for `stale_days`: a comment, and its closing where the owner allows it.
 * Between the two the policy leaves time for an answer.
 */
export const answerStale = (task: Task): Decision => {
  const { allow_close, stale_days } = task.context.settings
  if (task.payload.issue.state === "closed") return skipTask(task, "it is closed")
  if (stale_days === null) return skipTask(task, "the owner set no number of days after which an issue is stale")
  const quiet = `Nothing has happened here for ${daysOf(stale_days)}.`
  const rationale = `nothing happened for ${daysOf(stale_days)}`
  if (!allow_close) {
    const body = `${quiet} Is it still a problem with the newest version? If so, a word here is enough.`
    return { task_id: task.task_id, decision: "label_and_respond", rationale, actions: [{ type: "comment", body }] }
  }
  const body = `${quiet} It will be closed unless somebody answers; a comment keeps it open, and it can be opened again at any time.`
  const actions: ReadonlyArray<Action> = [
    { type: "comment", body },
    { type: "close", reason: "not_planned" }
  ]
  return { task_id: task.task_id, decision: "close", rationale, actions }
}
