/** One write to GitHub at a time, each a pause after the one before: GitHub shuts out who writes faster. */
import { Clock, Context, Effect, Layer, Semaphore } from "effect"
import { WriteQueueFull } from "../GitHubErrors.ts"

/** How writes are spaced. */
export interface WritePace {
  /** From the end of one write to the beginning of the next. GitHub asks for a second at least. */
  readonly pauseMs: number
  /** Writes that may wait; the pause makes it minutes. */
  readonly waitingMax: number
}

/** A second is GitHub's own rule; a hundred writes are two minutes of waiting. */
export const writePaceDefault: WritePace = { pauseMs: 1000, waitingMax: 100 }

const make = Effect.fnUntraced(function* ({ pauseMs, waitingMax }: WritePace) {
  const one = yield* Semaphore.make(1)
  let waiting = 0
  let endedAtMs = Number.NEGATIVE_INFINITY

  const paced = <A, E, R>(write: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      const restMs = endedAtMs + pauseMs - (yield* Clock.currentTimeMillis)
      if (restMs > 0) yield* Effect.sleep(restMs)
      // Also a write that failed may have reached GitHub.
      return yield* Effect.ensuring(
        write,
        Effect.map(Clock.currentTimeMillis, (now) => {
          endedAtMs = now
        })
      )
    }).pipe(one.withPermit)

  /** Runs a write when its turn comes. */
  const inTurn = <A, E, R>(write: Effect.Effect<A, E, R>): Effect.Effect<A, E | WriteQueueFull, R> =>
    Effect.suspend((): Effect.Effect<A, E | WriteQueueFull, R> => {
      if (waiting >= waitingMax) return Effect.fail(new WriteQueueFull({ waiting }))
      waiting++
      return Effect.ensuring(
        paced(write),
        Effect.sync(() => {
          waiting--
        })
      )
    })

  return { inTurn, waiting: Effect.sync(() => waiting) } as const
})

/** The one queue of a process, whatever the number of its repositories. */
export class WriteQueue extends Context.Service<WriteQueue, Effect.Success<ReturnType<typeof make>>>()(
  "@farmops/triage/WriteQueue"
) {
  static readonly layer = (pace: WritePace = writePaceDefault): Layer.Layer<WriteQueue> =>
    Layer.effect(this, make(pace))
}
