/** What answers a task, whatever it thinks with. A mind asks for actions; whether they are done is for others to say. */
import { type Effect, Schema } from "effect"
import type { Decision } from "../protocol/Decision.ts"
import type { Task } from "../protocol/Task.ts"

/** The mind has no answer now, for a reason that is none of the task's. Another try may help where `retryable` says so. */
export class MindUnavailable extends Schema.TaggedError<MindUnavailable>()("MindUnavailable", {
  mind: Schema.String,
  /** For the log: never a key, and nothing of the issue. */
  reason: Schema.String,
  retryable: Schema.Boolean
}) {
  override get message() {
    return `the mind ${this.mind} gives no answer: ${this.reason}`
  }
}

/** One way of deciding. A task is asked once at a time, and an answer's `task_id` is the task's. */
export interface Mind {
  /** As `/health` and the log call it: `keyword`, `classifier`, `llm`. */
  readonly name: string
  readonly decide: (task: Task) => Effect.Effect<Decision, MindUnavailable>
}
