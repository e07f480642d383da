/** What the harness may change on GitHub. Only the ActionExecutor knows this port. */
import { Context, type Effect } from "effect"
import type { WriteFault } from "../GitHubErrors.ts"
import type { GitHubComment, GitHubIssue } from "../protocol/GitHubIssue.ts"
import type { WriteTurn } from "./WriteQueue.ts"

/** A write of the harness: it needs a turn, and may have happened only where its fault says so. */
type Write<A> = Effect.Effect<A, WriteFault, WriteTurn>

/** No write is ever repeated here; each needs a turn of the one queue. */
export class GitHubWrites extends Context.Service<
  GitHubWrites,
  {
    readonly createComment: (repo: string, issue: number, body: string) => Write<GitHubComment>
    readonly deleteComment: (repo: string, comment: number) => Write<void>
    /** The issue's labels afterwards. */
    readonly addLabel: (repo: string, issue: number, label: string) => Write<ReadonlyArray<string>>
    readonly removeLabel: (repo: string, issue: number, label: string) => Write<ReadonlyArray<string>>
    readonly close: (
      repo: string,
      issue: number,
      reason: "completed" | "not_planned" | "duplicate"
    ) => Write<GitHubIssue>
    readonly reopen: (repo: string, issue: number) => Write<GitHubIssue>
  }
>()("@farmops/triage/GitHubWrites") {}
