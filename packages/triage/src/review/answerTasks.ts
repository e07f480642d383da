/** Asks about many tasks, one after another, and keeps what it said when some of them get no answer. */
import { Effect } from "effect"
import type { Decision } from "../protocol/Decision.ts"
import type { Task } from "../protocol/Task.ts"
import type { AgentFault, TriageAgent } from "../work/TriageAgent.ts"
import type { Progress } from "./readHistory.ts"

/** An agent that fails so often in a row will go on failing, and each try may cost money. */
const faultsInARowMax = 3

/** A task, and who is asked about it. */
export interface Question {
  readonly agent: TriageAgent
  readonly task: Task
}

/** A decision for each question, in order; null where there was no answer. Fails with the last fault where nothing is to be had. */
export const answerTasks = Effect.fn("answerTasks")(function* (
  questions: ReadonlyArray<Question>,
  progress?: Progress
): Effect.fn.Return<ReadonlyArray<Decision | null>, AgentFault> {
  const answers: Array<Decision | null> = []
  let faults = 0
  for (const { agent, task } of questions) {
    const result = yield* Effect.result(agent.ask(task))
    faults = result._tag === "Failure" ? faults + 1 : 0
    const isOver = faults === faultsInARowMax || (faults > 0 && faults === questions.length)
    if (result._tag === "Failure" && isOver) return yield* Effect.fail(result.failure)
    answers.push(result._tag === "Success" ? result.success : null)
    progress?.(answers.length, questions.length)
  }
  return answers
})
