/** The executor that speaks to GitHub. One action at a time, in its turn of the write queue, whatever task it is of. */
import { Effect, Layer } from "effect"
import { ActionExecutor, type Execution, type Undoing } from "../ActionExecutor.ts"
import { ActionLog } from "../ActionLog.ts"
import type { ActionRow } from "../actionRows.ts"
import { GitHubReads } from "../GitHubReads.ts"
import { type Attempt, makeAttempt } from "./executeAction.ts"
import { GitHubWrites } from "./GitHubWrites.ts"
import { withoutAction } from "./issueDrift.ts"
import { takeBack } from "./remoteAction.ts"
import { WriteQueue } from "./WriteQueue.ts"

/** How the executor waits. */
export interface ExecutorSettings {
  /** How long a write whose end is not known may still be under way; its absence before that means nothing. */
  readonly settleMs: number
}

/** GitHub ends a request after 10 s; half as much again for the way there and back. */
export const executorDefaults: ExecutorSettings = { settleMs: 15_000 }

const isOpen = ({ state }: ActionRow): boolean => state === "planned" || state === "executing" || state === "unknown"

/** How long to wait where the queue is full, or the token's account cannot be read. */
const busyMs = 30_000

/** Somebody else moved the row between two of our looks: it is read again. */
const takenMs = 1000

const make = Effect.fnUntraced(function* ({ settleMs }: ExecutorSettings) {
  const log = yield* ActionLog
  const queue = yield* WriteQueue
  const reads = yield* GitHubReads
  const writes = yield* GitHubWrites
  const attempt = yield* makeAttempt
  let login: string | null = null

  const onGitHub = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    effect.pipe(Effect.provideService(GitHubReads, reads), Effect.provideService(GitHubWrites, writes))

  // Asked once: an account does not change under its token, and a renamed one is read anew at the next start.
  const self = Effect.suspend(() =>
    login === null
      ? Effect.map(reads.viewer, (viewer) => {
          login = viewer.login
          return viewer.login
        })
      : Effect.succeed(login)
  )

  const settleStale = Effect.fnUntraced(
    function* (taskId: string) {
      for (const row of yield* log.actions(taskId)) {
        if (row.state === "planned") yield* log.stale(row.key, "the issue was changed by somebody else")
      }
      // Another step had the row first: it is for that one to settle it.
    },
    Effect.catchTag("ActionNotOpen", () => Effect.void)
  )

  /** The next step of a task: one action in one turn, or null where nothing is open. The rows are read in the turn: they may have moved. */
  const step = Effect.fnUntraced(function* (taskId: string) {
    const row = (yield* log.actions(taskId)).find(isOpen)
    const detail = yield* log.detail(taskId)
    if (row === undefined || detail === null) return null
    return yield* attempt(row, detail.seen, { self: yield* self, settleMs })
  })

  const busy = (reason: string, retryAfterMs: number) => (): Effect.Effect<Attempt> =>
    Effect.succeed({ _tag: "Waiting", reason, retryAfterMs })

  const nextStep = (taskId: string) =>
    onGitHub(queue.inTurn(step(taskId))).pipe(
      Effect.catchTags({
        WriteQueueFull: busy("queue_full", busyMs),
        ActionNotOpen: busy("taken", takenMs),
        GitHubUnreachable: busy("unreachable", busyMs),
        GitHubTokenRefused: busy("token_refused", busyMs),
        GitHubRefused: busy("account_refused", busyMs),
        CallNotAllowed: busy("call_not_allowed", busyMs),
        GitHubRateLimited: ({ retryAfterMs }) => busy("rate_limited", retryAfterMs)()
      })
    )

  const execute = Effect.fn("ActionExecutor.execute")(function* (taskId: string) {
    let [settled, declined] = [0, 0]
    for (;;) {
      const result = yield* nextStep(taskId)
      if (result === null) break
      if (result._tag === "Waiting") return result
      if (result._tag === "Stale") {
        yield* settleStale(taskId)
        const overtaken: Execution = { _tag: "Stale", done: settled }
        return overtaken
      }
      if (result._tag === "Done") settled++
      else declined++
    }
    const execution: Execution = { _tag: "Settled", done: settled, refused: declined }
    return execution
  })

  const undoOne = Effect.fnUntraced(function* (row: ActionRow) {
    if (row.state === "planned") yield* log.stale(row.key, "undone before it was done")
    if (row.state === "executing" || row.state === "unknown") return "its outcome is not known yet"
    if (row.state !== "done" || row.changed !== 1) return null
    const changed = yield* onGitHub(queue.inTurn(Effect.flatMap(self, (own) => takeBack(row, own))))
    // Our own change again: what others say next is told from it.
    yield* log.undone(row, (seen) => (changed ? withoutAction(seen, row.action) : seen))
    return "undone"
  })

  const undo = Effect.fn("ActionExecutor.undo")(function* (batch: string) {
    let undone = 0
    const left: Array<Undoing["left"][number]> = []
    for (const row of yield* log.batch(batch)) {
      const result = yield* Effect.result(undoOne(row))
      if (result._tag === "Success") {
        if (result.success === "undone") undone++
        else if (result.success !== null) left.push({ key: row.key, reason: result.success })
        continue
      }
      if (result.failure._tag === "StoreUnavailable") return yield* result.failure
      left.push({ key: row.key, reason: result.failure.message })
    }
    const undoing: Undoing = { undone, left }
    return undoing
  })

  return ActionExecutor.of({ execute, unfinished: log.pending, undo })
})

/** Needs the log, the one queue and one line to GitHub. */
export const layerGitHubExecutor = (
  settings: ExecutorSettings = executorDefaults
): Layer.Layer<ActionExecutor, never, ActionLog | GitHubReads | GitHubWrites | WriteQueue> =>
  Layer.effect(ActionExecutor, make(settings))
