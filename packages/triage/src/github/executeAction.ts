/**
 * One action, from its row to GitHub and back into the row. What may have happened is looked for before it is done; what
 * somebody else overtook is not done; every step is on the disk before the next.
 */
import { Clock, Effect } from "effect"
import { ActionLog, type ActionNotOpen } from "../ActionLog.ts"
import type { ActionRow } from "../actionRows.ts"
import type { ReadFault, WriteFault } from "../GitHubErrors.ts"
import { GitHubReads } from "../GitHubReads.ts"
import type { GitHubIssue } from "../protocol/GitHubIssue.ts"
import type { StoreUnavailable } from "../StoreUnavailable.ts"
import type { GitHubWrites } from "./GitHubWrites.ts"
import { afterAction, looksSame, someoneElseSpoke } from "./issueDrift.ts"
import { findTrace, perform, type Trace } from "./remoteAction.ts"
import type { WriteTurn } from "./WriteQueue.ts"

/** How an attempt ended. */
export type Attempt =
  | { readonly _tag: "Done" }
  | { readonly _tag: "Refused" }
  | { readonly _tag: "Stale" }
  | { readonly _tag: "Waiting"; readonly retryAfterMs: number; readonly reason: string }

/** How often an action is begun before it is given up: each time it was seen not to have happened. */
const triesMax = 5

/** How long to leave GitHub, or a person with a new token, alone. */
const pauseMs = { unreachable: 30_000, token: 60_000 } as const

const waiting = (reason: string, retryAfterMs: number): Attempt => ({ _tag: "Waiting", reason, retryAfterMs })
const done: Attempt = { _tag: "Done" }
const refused: Attempt = { _tag: "Refused" }
const stale: Attempt = { _tag: "Stale" }

/** What an attempt works with. */
export interface AttemptSettings {
  readonly self: string
  /**
   * How long after a try whose end is not known GitHub may still be at it: only then its absence means something. GitHub
   * itself ends a request after 10 s.
   */
  readonly settleMs: number
}

type Faults = ActionNotOpen | StoreUnavailable

/** Makes the function that tries one open action, given the issue as it is expected to be. */
export const makeAttempt = Effect.gen(function* () {
  const log = yield* ActionLog
  const reads = yield* GitHubReads

  const refuse = (row: ActionRow, reason: string) => Effect.as(log.refuse(row.key, reason), refused)

  /** Nothing was done, and may be later. */
  const notRead = (row: ActionRow, fault: ReadFault): Effect.Effect<Attempt, Faults> => {
    switch (fault._tag) {
      case "GitHubRateLimited":
        return Effect.succeed(waiting("rate_limited", fault.retryAfterMs))
      case "GitHubTokenRefused":
        return Effect.succeed(waiting("token_refused", pauseMs.token))
      case "GitHubUnreachable":
        return Effect.succeed(waiting("unreachable", pauseMs.unreachable))
      case "GitHubRefused":
        return refuse(row, `read_refused_${fault.status}`)
      case "CallNotAllowed":
        return refuse(row, "call_not_allowed")
    }
  }

  /** By what GitHub said, or did not say, to a write. */
  const notWritten = Effect.fnUntraced(function* (row: ActionRow, fault: WriteFault, settleMs: number) {
    const now = yield* Clock.currentTimeMillis
    const postpone = (reason: string, ms: number) =>
      Effect.as(log.postpone(row.key, reason, new Date(now + ms)), waiting(reason, ms))
    switch (fault._tag) {
      case "GitHubRateLimited":
        return yield* postpone("rate_limited", fault.retryAfterMs)
      case "GitHubTokenRefused":
        return yield* postpone("token_refused", pauseMs.token)
      case "OutcomeUnknown":
        yield* log.unknown(row.key, fault.reason)
        return waiting(`outcome_unknown_${fault.reason}`, settleMs)
      case "GitHubRefused":
        return yield* refuse(row, `refused_${fault.status}: ${fault.detail}`)
      case "CallNotAllowed":
        return yield* refuse(row, "call_not_allowed")
    }
  })

  /** It is there already. Who else touched the issue meanwhile is for the next action to find out. */
  const found = (row: ActionRow, expected: GitHubIssue, { ours, remoteId }: Trace) =>
    Effect.as(log.finish(row.key, { remoteId, changed: ours, seen: afterAction(expected, row.action) }), done)

  /** We did it just now: what the issue is to look like from now on. */
  const finish = Effect.fnUntraced(function* (row: ActionRow, expected: GitHubIssue, remoteId: number | null) {
    const after = afterAction(expected, row.action)
    // Where GitHub cannot be read now, the next action finds out by the comments whether somebody else was there.
    const now = yield* Effect.orElseSucceed(reads.getIssue(row.repo, row.issue), () => after)
    const seen = looksSame(after, now) ? now : after
    yield* log.finish(row.key, { remoteId, changed: true, seen })
    return done
  })

  const isStale = Effect.fnUntraced(function* (
    row: ActionRow,
    expected: GitHubIssue,
    fresh: GitHubIssue,
    self: string
  ) {
    if (!looksSame(expected, fresh)) return true
    if (fresh.updated_at === expected.updated_at) return false
    // Touched since, and looks the same: our own write, a mention elsewhere, or an edited comment.
    const comments = yield* reads.listComments(row.repo, row.issue, { since: expected.updated_at })
    return someoneElseSpoke(comments, self, expected.updated_at)
  })

  const doIt = Effect.fnUntraced(function* (row: ActionRow, expected: GitHubIssue, settleMs: number) {
    // GitHub makes a label that it does not know; we never do.
    const label = row.action.type === "add_label" ? row.action.label : null
    if (label !== null && !(yield* reads.hasLabel(row.repo, label))) return yield* refuse(row, "label_missing")
    yield* log.begin(row.key)
    const result = yield* Effect.result(perform(row))
    if (result._tag === "Failure") return yield* notWritten(row, result.failure, settleMs)
    return yield* finish(row, expected, result.success)
  })

  const attempt = Effect.fnUntraced(function* (
    row: ActionRow,
    expected: GitHubIssue,
    { self, settleMs }: AttemptSettings
  ) {
    const mayHaveHappened = row.state !== "planned"
    const now = yield* Clock.currentTimeMillis
    const notBefore = mayHaveHappened ? Date.parse(row.tried_at ?? "") + settleMs : Date.parse(row.not_before ?? "")
    if (notBefore > now) return waiting(row.reason ?? "settling", notBefore - now)
    const fresh = yield* reads.getIssue(row.repo, row.issue)
    const trace = yield* findTrace(row, fresh, self)
    if (trace !== null && mayHaveHappened) return yield* found(row, expected, trace)
    if (yield* isStale(row, expected, fresh, self)) {
      if (mayHaveHappened) yield* log.postpone(row.key, "not_done", null)
      return stale
    }
    if (trace !== null) return yield* found(row, expected, trace)
    if (row.tries >= triesMax) return yield* refuse(row, "tries_exhausted")
    return yield* doIt(row, expected, settleMs)
  })

  return (
    row: ActionRow,
    expected: GitHubIssue,
    settings: AttemptSettings
  ): Effect.Effect<Attempt, Faults, GitHubReads | GitHubWrites | WriteTurn> =>
    attempt(row, expected, settings).pipe(
      Effect.catchTags({
        GitHubRateLimited: (fault) => notRead(row, fault),
        GitHubTokenRefused: (fault) => notRead(row, fault),
        GitHubUnreachable: (fault) => notRead(row, fault),
        GitHubRefused: (fault) => notRead(row, fault),
        CallNotAllowed: (fault) => notRead(row, fault)
      })
    )
})
