/** The farm's state as it changes, for everybody who watches: computed once, at most five times a second, however many watch. */
import { Context, Deferred, Effect, Layer, PubSub, Schema, Stream } from "effect"
import type { FarmState } from "./FarmState.ts"
import { Ledger } from "./Ledger.ts"
import { ProofIntake } from "./ProofIntake.ts"

/** Too many watch already; one of them has to leave first. */
export class FeedFull extends Schema.TaggedError<FeedFull>()("FeedFull", { watchersMax: Schema.Int }) {}

/** Each watcher holds a connection; a farm has a handful of screens. */
export const watchersMax = 64

/** The shortest time between two states: five a second look fluid and cost little. */
const pauseMs = 200

/** Without new proofs the state still changes with the farm-day, which is noticed this often. */
const idleMs = 60_000

/** What a watcher's connection may take to close. */
const goodbyeMs = 250

const make = Effect.gen(function* () {
  const ledger = yield* Ledger
  const intake = yield* ProofIntake
  const states = yield* PubSub.sliding<FarmState>(1)
  const closed = yield* Deferred.make<void>()
  const left = yield* Deferred.make<void>()
  let watchers = 0
  let last = ""

  const publish = Effect.gen(function* () {
    const state = yield* ledger.farm
    const text = JSON.stringify(state)
    if (text === last) return
    last = text
    yield* PubSub.publish(states, state)
  }).pipe(
    // The next change publishes again; until then watchers keep what they have.
    Effect.catchTag("LedgerUnavailable", () => Effect.logWarning("the farm's state could not be read for its watchers"))
  )

  const commits = yield* PubSub.subscribe(intake.committed)
  yield* Effect.forkScoped(
    Effect.forever(
      PubSub.take(commits).pipe(
        Effect.timeoutOption(idleMs),
        Effect.andThen(publish),
        Effect.andThen(Effect.sleep(pauseMs))
      )
    )
  )

  const join = Effect.suspend(() => {
    if (watchers >= watchersMax) return Effect.fail(new FeedFull({ watchersMax }))
    watchers++
    return Effect.addFinalizer(() =>
      Effect.suspend(() => {
        watchers--
        return watchers === 0 && Deferred.isDoneUnsafe(closed) ? Deferred.succeed(left, undefined) : Effect.void
      })
    )
  })

  /** The present state at once, then each new one. Ends with the scope. */
  const watch = Effect.gen(function* () {
    yield* join
    // Subscribed before the state is read, so that no change falls in between.
    const subscription = yield* PubSub.subscribe(states)
    const now = yield* ledger.farm
    // The first watcher has seen this state: it is no news.
    if (last === "") last = JSON.stringify(now)
    return Stream.concat(Stream.succeed(now), Stream.fromSubscription(subscription)).pipe(
      Stream.interruptWhen(Deferred.await(closed))
    )
  })

  /**
   * Ends every view, present and later, and waits a moment for the watchers to be gone: a view has no end of its own, and
   * a server that stops would otherwise wait for all of them.
   */
  const close = Effect.gen(function* () {
    yield* Deferred.succeed(closed, undefined)
    if (watchers > 0) yield* Effect.timeoutOption(Deferred.await(left), goodbyeMs)
  })

  return { watch, close } as const
})

/** Live views of the farm. */
export class FarmFeed extends Context.Service<FarmFeed>()("@farmops/core/farm/FarmFeed", { make }) {
  static readonly layer: Layer.Layer<FarmFeed, never, Ledger | ProofIntake> = Layer.effect(this, this.make)
}
