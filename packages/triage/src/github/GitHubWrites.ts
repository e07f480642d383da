/** What the harness may change on GitHub. Only the ActionExecutor knows this port. */
import { Context, type Effect } from "effect"
import type { WriteFault } from "../GitHubErrors.ts"
import type { GitHubComment, GitHubIssue } from "../protocol/GitHubIssue.ts"

/** No write is ever repeated here; one at a time goes out, with a pause before the next. */
export class GitHubWrites extends Context.Service<
  GitHubWrites,
  {
    readonly createComment: (repo: string, issue: number, body: string) => Effect.Effect<GitHubComment, WriteFault>
    readonly deleteComment: (repo: string, comment: number) => Effect.Effect<void, WriteFault>
    /** The issue's labels afterwards. */
    readonly addLabel: (repo: string, issue: number, label: string) => Effect.Effect<ReadonlyArray<string>, WriteFault>
    readonly removeLabel: (
      repo: string,
      issue: number,
      label: string
    ) => Effect.Effect<ReadonlyArray<string>, WriteFault>
    readonly close: (
      repo: string,
      issue: number,
      reason: "completed" | "not_planned" | "duplicate"
    ) => Effect.Effect<GitHubIssue, WriteFault>
    readonly reopen: (repo: string, issue: number) => Effect.Effect<GitHubIssue, WriteFault>
  }
>()("@farmops/triage/GitHubWrites") {}
