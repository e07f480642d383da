/**
 * What waits for one plugin. Observations of one subject are taken one at a time and in order; different subjects go side by side,
 * a few at once. One that fails is tried again, further and further apart, and holds up its own subject only.
 */
import { Effect, Latch, Queue, type Scope } from "effect"

// Enough to keep a plugin's socket busy while the log syncs to disk.
const sideBySide = 8

const firstDelayMs = 100
// A cured plugin is noticed within this time even if nothing tells that it is.
const mostDelayMs = 60_000
// About six seconds outlast a plugin that is being restarted. After that a person should look.
const quickTries = 6

/** A position in the store, and what it is about. */
export interface Waiting {
  readonly position: number
  readonly subject: string | null
}

/** One plugin's queue. */
export interface PluginLane {
  /** Adds one that is to be settled; harmless when repeated. */
  readonly push: (waiting: Waiting) => Effect.Effect<void>
  /** While closed nothing is tried: the plugin cannot be asked. Opening tries at once what had failed. */
  readonly setOpen: (open: boolean) => Effect.Effect<void>
  readonly size: () => number
}

/** How a lane settles what is its turn, and whom it tells when a subject waits on a cure. */
export interface LaneOptions {
  /** Fails where the plugin, the store or the log did: the same one is then tried again. */
  readonly settle: (position: number) => Effect.Effect<void, { readonly code: string }>
  readonly fault: (code: string) => Effect.Effect<void>
  readonly stuck: Effect.Effect<void>
  readonly recovered: Effect.Effect<void>
}

interface Line {
  readonly positions: Array<number>
  tries: number
}

/** Works until its scope closes. */
export const makePluginLane = Effect.fnUntraced(function* (
  options: LaneOptions
): Effect.fn.Return<PluginLane, never, Scope.Scope> {
  const lines = new Map<string, Line>()
  const known = new Set<number>()
  // Holds each subject at most once, so it is bounded by what the store holds.
  const ready = yield* Queue.unbounded<string>()
  const gate = yield* Latch.make(false)
  // Opened for a moment to end every wait for another try.
  const hurry = yield* Latch.make(false)
  const scope = yield* Effect.scope

  const isStuck = (line: Line) => line.tries >= quickTries

  const tryLater = Effect.fnUntraced(function* (subject: string, line: Line, code: string) {
    yield* options.fault(code)
    line.tries++
    if (line.tries === quickTries) yield* options.stuck
    const delay = Math.min(firstDelayMs * 2 ** (line.tries - 1), mostDelayMs)
    yield* Effect.raceFirst(Effect.sleep(delay), hurry.await).pipe(
      Effect.andThen(Queue.offer(ready, subject)),
      Effect.forkIn(scope)
    )
  })

  const settled = Effect.fnUntraced(function* (subject: string, line: Line, position: number) {
    known.delete(position)
    line.positions.shift()
    if (isStuck(line)) yield* options.recovered
    line.tries = 0
    if (line.positions.length > 0) return yield* Queue.offer(ready, subject)
    lines.delete(subject)
  })

  const work = Effect.gen(function* () {
    const subject = yield* Queue.take(ready)
    yield* gate.await
    const line = lines.get(subject)
    const position = line?.positions[0]
    if (line === undefined || position === undefined) return
    const result = yield* Effect.result(options.settle(position))
    yield* result._tag === "Success" ? settled(subject, line, position) : tryLater(subject, line, result.failure.code)
  })

  for (let worker = 0; worker < sideBySide; worker++) yield* Effect.forkIn(Effect.forever(work), scope)
  yield* Effect.addFinalizer(() =>
    Effect.forEach([...lines.values()].filter(isStuck), () => options.recovered, { discard: true })
  )

  return {
    push: ({ position, subject }) =>
      Effect.suspend(() => {
        if (known.has(position)) return Effect.void
        known.add(position)
        const name = subject ?? `#${position}`
        const line = lines.get(name)
        if (line !== undefined) {
          line.positions.push(position)
          return Effect.void
        }
        lines.set(name, { positions: [position], tries: 0 })
        return Effect.asVoid(Queue.offer(ready, name))
      }),
    setOpen: (open) => (open ? Effect.andThen(gate.open, Effect.asVoid(hurry.release)) : Effect.asVoid(gate.close)),
    size: () => known.size
  }
})
