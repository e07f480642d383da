/** Work that follows the ledger while it grows: soon after a commit, seldom enough to cost nothing. */
import { Effect, PubSub } from "effect"

/** The shortest time between two rounds. */
export const pauseMs = 10_000

/** Without a word from this process's intake the ledger is looked at this often: another process may share it. */
export const idleMs = 60_000

/** Does it now, and again after commits, until it is interrupted. A subscription from before the first round misses none. */
export const afterCommits = <E, R>(round: Effect.Effect<void, E, R>, commits: PubSub.Subscription<void>) =>
  Effect.forever(
    round.pipe(
      Effect.andThen(Effect.sleep(pauseMs)),
      Effect.andThen(Effect.timeoutOption(PubSub.take(commits), idleMs))
    )
  )
