/** Tasks whose answers are recorded for both providers, in `fixtures/llm`; recordLlm.ts makes those files anew. */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { Task } from "../src/protocol/Task.ts"
import { makeTask } from "./triageTask.ts"

/** Where the recordings are. */
export const llmFixtures = fileURLToPath(new URL("fixtures/llm", import.meta.url))

/** One task, and the answer that stands in for a model's until one is recorded. */
export interface FixtureTask {
  readonly task: Task
  readonly answer: Readonly<Record<string, unknown>>
}

const rows: ReadonlyArray<{ readonly title: string; readonly body: string; readonly answer: FixtureTask["answer"] }> =
  JSON.parse(readFileSync(new URL("fixtures/tasks.json", import.meta.url), "utf8"))

/** The tasks of `fixtures/tasks.json`. */
export const fixtureTasks: ReadonlyArray<FixtureTask> = rows.map(({ answer, body, title }, index) => ({
  answer,
  task: {
    ...makeTask({ issue: { number: index + 1, title, body } }),
    task_id: `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`
  }
}))

/** The two models that they are recorded for. */
export const fixtureModels = { anthropic: "claude-sonnet-4-6", ollama: "llama3.2:3b" } as const
