/** A task for tests: an issue that was just opened in a repository whose owner configured the specification's example. */
import type { GitHubIssue } from "../src/protocol/GitHubIssue.ts"
import type { Task } from "../src/protocol/Task.ts"

const issue: GitHubIssue = {
  number: 7,
  title: "The window stays white",
  body: null,
  state: "open",
  locked: false,
  labels: [],
  assignees: [],
  user: { login: "stranger", type: "User" },
  author_association: "NONE",
  comments: 0,
  created_at: "2026-01-31T09:00:00Z",
  updated_at: "2026-01-31T09:00:00Z",
  closed_at: null
}

/** The task with parts of it changed. */
export const makeTask = (
  changes: {
    readonly issue?: Partial<GitHubIssue>
    readonly action?: Task["payload"]["action"]
    readonly settings?: Partial<Task["context"]["settings"]>
  } = {}
): Task => ({
  task_id: "7b3bd7e9-6f43-4c44-9c7b-6d3c6dbf2a11",
  type: "issue.triage",
  repo: "my-org/my-repo",
  payload: { action: changes.action ?? "opened", issue: { ...issue, ...changes.issue }, comments: [] },
  context: {
    memory_summary: "",
    llm_backend: { provider: "none", model: "none" },
    settings: {
      labels: { bug: ["crash", "exception", "error"], question: ["how do I", "how to"] },
      stale_days: 30,
      allow_close: false,
      ...changes.settings
    }
  }
})
