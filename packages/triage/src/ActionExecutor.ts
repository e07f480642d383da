/** Does what a decision was allowed to do, once. The dispatch knows this port; the one that speaks to GitHub is `github/GitHubExecutor`. */
import { Context, type Effect } from "effect"
import type { StoreUnavailable } from "./StoreUnavailable.ts"

/** What became of the planned actions of one task. */
export type Execution =
  /** Each is settled: done, or refused for good, which is in the log. */
  | { readonly _tag: "Settled"; readonly done: number; readonly refused: number }
  /** Somebody else changed the issue since the decision: what was not done will not be, and the issue wants a new triage. */
  | { readonly _tag: "Stale"; readonly done: number }
  /** GitHub is away, asks for a pause, or an outcome is not known yet. Call again for this task, not before `retryAfterMs`. */
  | { readonly _tag: "Waiting"; readonly retryAfterMs: number; readonly reason: string }

/** What {@link ActionExecutor.undo} did. */
export interface Undoing {
  readonly undone: number
  /** Keys of actions that could not be undone, each with the reason. */
  readonly left: ReadonlyArray<{ readonly key: string; readonly reason: string }>
}

/** One implementation for GitHub, and memory ones in tests. */
export class ActionExecutor extends Context.Service<
  ActionExecutor,
  {
    /** Does the open actions of one task, in order. Safe to call at any time, also after a crash in the middle. */
    readonly execute: (taskId: string) => Effect.Effect<Execution, StoreUnavailable>
    /** The tasks with open actions, as after a restart; for each, `execute` goes on where it stopped. */
    readonly unfinished: Effect.Effect<ReadonlyArray<string>, StoreUnavailable>
    /** Takes back what a batch changed: its own labels and comments go, what it closed is open again. */
    readonly undo: (batch: string) => Effect.Effect<Undoing, StoreUnavailable>
  }
>()("@farmops/triage/ActionExecutor") {}
