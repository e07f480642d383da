/** An executor over a {@link StandInGitHub}: keeps the log as the real one does, and counts what reaches GitHub. */
import { Clock, Effect, Layer } from "effect"
import { ActionExecutor, type Execution } from "../src/ActionExecutor.ts"
import { ActionLog } from "../src/ActionLog.ts"
import { spellTime } from "../src/poll/nextPoll.ts"
import type { Action } from "../src/protocol/Decision.ts"
import type { GitHubIssue } from "../src/protocol/GitHubIssue.ts"
import { StoreUnavailable } from "../src/StoreUnavailable.ts"
import { bot } from "./policyCases.ts"
import type { StandInGitHub } from "./standInGitHub.ts"

const apply = (github: StandInGitHub, issue: GitHubIssue, action: Action, at: string): [GitHubIssue, number | null] => {
  const change = (part: Partial<GitHubIssue>) => github.put({ ...issue, ...part, updated_at: at })
  if (action.type === "add_label") return [change({ labels: [...issue.labels, { name: action.label }] }), null]
  if (action.type === "remove_label") {
    return [change({ labels: issue.labels.filter(({ name }) => name !== action.label) }), null]
  }
  if (action.type === "close") return [change({ state: "closed", state_reason: action.reason, closed_at: at }), null]
  const before = github.comments.get(issue.number) ?? []
  const id = 1000 + issue.number * 100 + before.length
  const words = { id, body: action.body, user: bot, author_association: "NONE", created_at: at, updated_at: at }
  github.comments.set(issue.number, [...before, words])
  return [change({ comments: before.length + 1 }), id]
}

/** `answer` may end an execution before anything is done. */
export const standInExecutor = (
  github: StandInGitHub,
  answer: (taskId: string) => Execution | null = () => null
): Layer.Layer<ActionExecutor, never, ActionLog> =>
  Layer.effect(
    ActionExecutor,
    Effect.gen(function* () {
      const log = yield* ActionLog
      const execute = Effect.fnUntraced(
        function* (taskId: string) {
          const early = answer(taskId)
          if (early !== null) return early
          let done = 0
          for (const row of yield* log.actions(taskId)) {
            const issue = github.issues.get(row.issue)
            if (row.state !== "planned" || issue === undefined) continue
            yield* log.begin(row.key)
            const at = spellTime(yield* Clock.currentTimeMillis)
            const [seen, remoteId] = apply(github, issue, row.action, at)
            yield* log.finish(row.key, { remoteId, changed: true, seen })
            done++
          }
          return { _tag: "Settled" as const, done, refused: 0 }
        },
        Effect.catchTag("ActionNotOpen", (cause) => Effect.fail(new StoreUnavailable({ cause })))
      )
      return {
        execute,
        unfinished: log.pending,
        undo: () => Effect.succeed({ undone: 0, left: [] })
      }
    })
  )
