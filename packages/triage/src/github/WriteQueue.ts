/**
 * One write to GitHub at a time, each a pause after the one before: GitHub shuts out who writes faster. A write needs a
 * {@link WriteTurn}, and only the queue gives one; what is looked at in a turn before its write still holds at the write.
 */
import { Clock, Context, Effect, Layer, Semaphore } from "effect"
import { WriteQueueFull } from "../GitHubErrors.ts"

/** How writes are spaced. */
export interface WritePace {
  /** From the end of one write to the beginning of the next. */
  readonly pauseMs: number
  /** Turns that may wait. */
  readonly waitingMax: number
}

/** A second is GitHub's own rule; a hundred writes are two minutes of waiting. */
export const writePaceDefault: WritePace = { pauseMs: 1000, waitingMax: 100 }

/** The right to write now. */
export class WriteTurn extends Context.Service<
  WriteTurn,
  {
    /** Runs a write, and lets the pause begin when it is over, however it ended: it may have reached GitHub. */
    readonly write: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  }
>()("@farmops/triage/WriteTurn") {}

const make = Effect.fnUntraced(function* ({ pauseMs, waitingMax }: WritePace) {
  const one = yield* Semaphore.make(1)
  let waiting = 0
  let endedAtMs = Number.NEGATIVE_INFINITY

  const rest = Effect.flatMap(Clock.currentTimeMillis, (now) => Effect.sleep(Math.max(endedAtMs + pauseMs - now, 0)))
  const ended = Effect.map(Clock.currentTimeMillis, (now) => {
    endedAtMs = now
  })
  const turn = WriteTurn.of({ write: (effect) => Effect.andThen(rest, Effect.ensuring(effect, ended)) })

  /** Runs a step in its turn, after the pause, so that nothing lies between what it looks at and what it writes. */
  const inTurn = <A, E, R>(step: Effect.Effect<A, E, R>): Effect.Effect<A, E | WriteQueueFull, Exclude<R, WriteTurn>> =>
    Effect.suspend((): Effect.Effect<A, E | WriteQueueFull, Exclude<R, WriteTurn>> => {
      if (waiting >= waitingMax) return Effect.fail(new WriteQueueFull({ waiting }))
      waiting++
      return Effect.andThen(rest, Effect.provideService(step, WriteTurn, turn)).pipe(
        one.withPermit,
        Effect.ensuring(
          Effect.sync(() => {
            waiting--
          })
        )
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
