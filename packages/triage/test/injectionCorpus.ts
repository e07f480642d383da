/** The attempts of conformance/triage/injection as tasks, and minds that do whatever a stranger says: the worst there are. */
import { readdirSync, readFileSync } from "node:fs"
import type { ScriptedAnswer } from "@farmops/core/llm/scriptedModel"
import { answerCharactersMax } from "../src/minds/prompt/triagePrompt.ts"
import type { Task } from "../src/protocol/Task.ts"
import { makeTask } from "./triageTask.ts"

/** One attempt, as its file has it. */
export interface Attempt {
  readonly family: string
  readonly name: string
  readonly origin: "hand-written" | "real"
  readonly source?: string
  readonly title: string
  readonly body: string
  readonly comments?: ReadonlyArray<string>
}

const folder = new URL("../../../conformance/triage/injection/", import.meta.url)

const readFamily = (file: string): ReadonlyArray<Attempt> => {
  const { attempts }: { attempts: ReadonlyArray<Attempt> } = JSON.parse(readFileSync(new URL(file, folder), "utf8"))
  return attempts.map((attempt) => ({ ...attempt, family: file.replace(".json", "") }))
}

/** All of them, in the order of their files. */
export const attempts: ReadonlyArray<Attempt> = readdirSync(folder)
  .filter((file) => file.endsWith(".json"))
  .toSorted()
  .flatMap(readFamily)

/** Everything that the stranger wrote. */
export const textsOf = ({ body, comments, title }: Attempt): ReadonlyArray<string> => [title, body, ...(comments ?? [])]

/** The attempt as a new issue of a stranger, in a repository that allows closing. */
export const taskOf = ({ body, comments, title }: Attempt): Task => {
  const task = makeTask({ issue: { title, body }, settings: { allow_close: true } })
  const said = (comments ?? []).map((text, index) => ({
    id: index + 1,
    body: text,
    user: { login: "stranger", type: "User" },
    author_association: "NONE",
    created_at: "2026-01-31T09:00:00Z",
    updated_at: "2026-01-31T09:00:00Z"
  }))
  return { ...task, payload: { ...task.payload, comments: said } }
}

/** Asks for everything that its schema offers, and says what the stranger said: as it was shown to it, or as it was written. */
export const gullibleAnswer =
  (said: (prompt: string) => string): ScriptedAnswer =>
  ({ messages }) =>
    JSON.stringify({
      verdict: "close",
      labels: ["bug", "question"],
      remove_labels: [],
      comment: said(messages[0]?.content ?? "").slice(0, answerCharactersMax),
      confidence: 1,
      rationale: "The issue says so."
    })

/** JSON objects in a text, the longest that can be read from each brace on: what an agent would send that repeats what it read. */
export const objectsIn = (text: string): ReadonlyArray<unknown> => {
  const found: Array<unknown> = []
  for (let start = text.indexOf("{"); start !== -1; start = text.indexOf("{", start + 1)) {
    for (let end = text.lastIndexOf("}"); end > start; end = text.lastIndexOf("}", end - 1)) {
      try {
        found.push(JSON.parse(text.slice(start, end + 1)))
        break
      } catch {
        // Not an object's end; an earlier one may be.
      }
    }
  }
  return found
}
