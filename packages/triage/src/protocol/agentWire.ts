/** How a task and its answer travel: bounds, the agent's word on itself, and what fits into one body. docs/protocol/agent-v0.md says the same in words. */
import { Schema } from "effect"
import { Task, TaskType } from "./Task.ts"

/** A task of GitHub's longest issue and a few of its comments; an agent answers more with 413. */
export const taskBytesMax = 1024 * 1024

/** Ten comments of the longest kind, a rationale and what is between them. More is no answer. */
export const decisionBytesMax = 512 * 1024

/** What `GET /health` answers with 200 from the moment on in which tasks are taken. */
export const AgentHealth = Schema.Struct({
  status: Schema.Literal("ok"),
  /** What the agent is, `issue-triage`. */
  agent: Schema.String.check(Schema.isMaxLength(64)),
  version: Schema.String.check(Schema.isMaxLength(64)),
  /** What it thinks with, for the log: `keyword`, `classifier`, `llm` or a word of its own. */
  mind: Schema.String.check(Schema.isMaxLength(64)),
  /** The versions of the protocol that it speaks; a harness takes the newest that both do. */
  protocol_versions: Schema.Array(Schema.Int).check(Schema.isMinLength(1), Schema.isMaxLength(16)),
  task_types: Schema.Array(Schema.String.check(Schema.isMaxLength(64))).check(
    Schema.isMinLength(1),
    Schema.isMaxLength(64)
  )
})

/** See the schema of the same name. */
export type AgentHealth = typeof AgentHealth.Type

/** Reads an agent's word on itself; an unknown key is passed over, so that a later version may say more. */
export const decodeAgentHealth = Schema.decodeUnknownEffect(AgentHealth)

/** Reads a task; an unknown key is a fault. */
export const decodeTask = Schema.decodeUnknownEffect(Task, { onExcessProperty: "error" })

/** The version that both sides speak, the newest of several; null where there is none. */
export const agreeOnVersion = (ours: ReadonlyArray<number>, theirs: ReadonlyArray<number>): number | null => {
  const both = ours.filter((version) => theirs.includes(version))
  return both.length === 0 ? null : Math.max(...both)
}

/** The kinds of tasks of version 0, as `/health` names them. */
export const taskTypes: ReadonlyArray<string> = TaskType.literals

const encodeTask = Schema.encodeSync(Schema.fromJsonString(Task))

const bytesOf = (text: string) => new TextEncoder().encode(text).length

/** The task as a body that every agent takes: where it would be too long, the oldest comments are left out. */
export const taskBody = (task: Task): string => {
  let comments = task.payload.comments
  for (;;) {
    const body = encodeTask({ ...task, payload: { ...task.payload, comments } })
    if (comments.length === 0 || bytesOf(body) <= taskBytesMax) return body
    comments = comments.slice(Math.ceil(comments.length / 2))
  }
}
