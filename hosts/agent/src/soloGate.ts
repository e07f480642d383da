/** Lets many in side by side, or one alone: whoever wants to be alone waits until the others have gone, and they wait for it. */
import { Effect, Latch, Semaphore } from "effect"

/** The gate. */
export interface SoloGate {
  readonly together: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  readonly alone: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

/** Nobody is in. */
export const makeSoloGate = (): SoloGate => {
  const turn = Semaphore.makeUnsafe(1)
  const open = Latch.makeUnsafe(true)
  const empty = Latch.makeUnsafe(true)
  let inside = 0

  const leave = Effect.sync(() => {
    inside--
    if (inside === 0) empty.openUnsafe()
  })

  return {
    together: (effect) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          // It may have been closed again before whoever waited has its turn.
          while (!open.isOpen()) yield* restore(open.await)
          inside++
          empty.closeUnsafe()
          return yield* Effect.ensuring(restore(effect), leave)
        })
      ),
    alone: (effect) =>
      turn.withPermits(1)(
        Effect.acquireUseRelease(
          Effect.sync(() => open.closeUnsafe()),
          () => Effect.andThen(empty.await, effect),
          () => Effect.sync(() => open.openUnsafe())
        )
      )
  }
}
