/** What the harness asks of an agent: one issue, what was done to it before, and what the owner configured. */
import { Schema } from "effect"
import { GitHubComment, GitHubIssue } from "./GitHubIssue.ts"

/** The newest version of the protocol that this package speaks. */
export const protocolVersion = 0

/** The header of a task that names its version of the protocol. An agent that does not know it reads version 0. */
export const protocolHeader = "farmops-agent-protocol"

/** The kinds of tasks of version 0. Others come with a version of their own. */
export const TaskType = Schema.Literals(["issue.triage"])

/** `owner/repo`. */
export const RepositoryName = Schema.String.check(Schema.isPattern(/^[A-Za-z0-9][A-Za-z0-9-]*\/[A-Za-z0-9._-]+$/u))

/** Why the issue is looked at: GitHub's `action` of an `issues` event, or `stale` where the sweep found it. */
export const IssueAction = Schema.Literals(["opened", "edited", "reopened", "closed", "commented", "labeled", "stale"])

/** The event, in GitHub's names, with the comments beside it. Untrusted: written by anybody on the internet. */
export const TriagePayload = Schema.Struct({
  action: IssueAction,
  issue: GitHubIssue,
  /** Oldest first, at most the newest hundred. */
  comments: Schema.Array(GitHubComment)
})

/** What the owner wrote for this agent, and the labels that it may use: those that exist and are configured. */
export const TriageSettings = Schema.Struct({
  /** For each label, the words that call for it. */
  labels: Schema.Record(Schema.String, Schema.Array(Schema.String)),
  stale_days: Schema.NullOr(Schema.Int),
  allow_close: Schema.Boolean
})

/** Which model the agent should ask, where it asks one. Never a key. */
export const LlmBackend = Schema.Struct({ provider: Schema.String, model: Schema.String })

/** `POST /task`. */
export const Task = Schema.Struct({
  /** A UUID; the decision repeats it. */
  task_id: Schema.String.check(Schema.isUUID()),
  type: TaskType,
  repo: RepositoryName,
  payload: TriagePayload,
  context: Schema.Struct({
    /** What was done to this issue before, in at most a thousand bytes. */
    memory_summary: Schema.String,
    llm_backend: LlmBackend,
    settings: TriageSettings
  })
})

/** See the schema of the same name. */
export type Task = typeof Task.Type
