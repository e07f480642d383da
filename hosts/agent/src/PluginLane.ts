/**
 * What waits for one plugin. Observations of one subject are taken one at a time and in order; different subjects go side by side,
 * a few at once. One that fails is tried again, further and further apart, and holds up its own subject only. One that the plugin
 * does not survive is set aside: it is tried seldom and alone, so that it takes neither the others nor the plugin down with it.
 */
import { Effect, Latch, Queue, type Scope } from "effect"
import { makeSoloGate } from "./soloGate.ts"

// Enough to keep a plugin's socket busy while the log syncs to disk.
const sideBySide = 8

const firstDelayMs = 100
// A cured plugin is noticed within this time even if nothing tells that it is.
const mostDelayMs = 60_000
// About six seconds outlast a plugin that is being restarted. After that a person should look.
const quickTries = 6

// What is in flight when a plugin ends looks guilty. Whoever is alone with it when it ends, twice, is: one end may be chance, and
// with the first that makes three, less than any plugin's crash budget but the smallest.
const fatalAloneMax = 2
// Far enough apart to leave the crash budget alone, near enough for a plugin that was mended to catch up within the hour.
const asideEveryMs = 10 * 60_000

/** A position in the store, and what it is about. */
export interface Waiting {
  readonly position: number
  readonly subject: string | null
}

/** One plugin's queue. */
export interface PluginLane {
  /** Adds one that is to be settled; harmless when repeated. `isSetAside`: it was set aside before. */
  readonly push: (waiting: Waiting, isSetAside?: boolean) => Effect.Effect<void>
  /** While closed nothing is tried: the plugin cannot be asked. Opening tries at once what had failed. */
  readonly setOpen: (open: boolean) => Effect.Effect<void>
  readonly size: () => number
}

/** Why something was not settled. */
export interface LaneFault {
  readonly code: string
  /** Whether the plugin ended over it, or had to be ended. */
  readonly isFatal: boolean
}

/** How a lane settles what is its turn, and whom it tells when a subject waits on a cure. */
export interface LaneOptions {
  /** Fails where the plugin, the store or the log did: the same one is then tried again. */
  readonly settle: (position: number) => Effect.Effect<void, LaneFault>
  readonly setAside: (position: number) => Effect.Effect<void>
  readonly fault: (code: string) => Effect.Effect<void>
  readonly stuck: Effect.Effect<void>
  readonly recovered: Effect.Effect<void>
}

interface Line {
  readonly positions: Array<number>
  tries: number
  /** Of its first position; null while it is not suspected. */
  fatalAlone: number | null
}

/** Works until its scope closes. */
export const makePluginLane = Effect.fnUntraced(function* (
  options: LaneOptions
): Effect.fn.Return<PluginLane, never, Scope.Scope> {
  const lines = new Map<string, Line>()
  const known = new Set<number>()
  // The subjects whose first is set aside, the one first whose turn it is.
  const aside: Array<string> = []
  // Holds each subject at most once, so it is bounded by what the store holds.
  const ready = yield* Queue.unbounded<string>()
  const gate = yield* Latch.make(false)
  // Opened for a moment to end every wait for another try.
  const hurry = yield* Latch.make(false)
  const scope = yield* Effect.scope
  const solo = makeSoloGate()

  const isStuck = (line: Line) => line.tries >= quickTries

  const tryLater = Effect.fnUntraced(function* (subject: string, line: Line) {
    line.tries++
    if (line.tries === quickTries) yield* options.stuck
    const delay = Math.min(firstDelayMs * 2 ** (line.tries - 1), mostDelayMs)
    yield* Effect.raceFirst(Effect.sleep(delay), hurry.await).pipe(
      Effect.andThen(Queue.offer(ready, subject)),
      Effect.forkIn(scope)
    )
  })

  const setAside = Effect.fnUntraced(function* (subject: string, line: Line, position: number) {
    aside.push(subject)
    if (!isStuck(line)) yield* options.stuck
    line.tries = quickTries
    yield* options.setAside(position)
  })

  const failed = Effect.fnUntraced(function* (subject: string, line: Line, position: number, fault: LaneFault) {
    yield* options.fault(fault.code)
    if (fault.isFatal) line.fatalAlone = line.fatalAlone === null ? 0 : line.fatalAlone + 1
    const isGuilty = fault.isFatal && line.fatalAlone === fatalAloneMax
    yield* isGuilty ? setAside(subject, line, position) : tryLater(subject, line)
  })

  const settled = Effect.fnUntraced(function* (subject: string, line: Line, position: number) {
    known.delete(position)
    line.positions.shift()
    if (isStuck(line)) yield* options.recovered
    line.tries = 0
    line.fatalAlone = null
    if (line.positions.length > 0) return yield* Queue.offer(ready, subject)
    lines.delete(subject)
  })

  const work = Effect.gen(function* () {
    const subject = yield* Queue.take(ready)
    yield* gate.await
    const line = lines.get(subject)
    const position = line?.positions[0]
    if (line === undefined || position === undefined) return
    const settle = options.settle(position)
    const result = yield* Effect.result(line.fatalAlone === null ? solo.together(settle) : solo.alone(settle))
    yield* result._tag === "Success"
      ? settled(subject, line, position)
      : failed(subject, line, position, result.failure)
  })

  /** Whether the next may be tried at once. */
  const tryAside = Effect.gen(function* () {
    const subject = aside[0]
    const line = lines.get(subject ?? "")
    const position = line?.positions[0]
    if (subject === undefined || line === undefined || position === undefined) return false
    yield* gate.await
    const result = yield* Effect.result(solo.alone(options.settle(position)))
    aside.shift()
    if (result._tag === "Success") {
      yield* settled(subject, line, position)
      return true
    }
    aside.push(subject)
    yield* options.fault(result.failure.code)
    return false
  })

  for (let worker = 0; worker < sideBySide; worker++) yield* Effect.forkIn(Effect.forever(work), scope)
  yield* Effect.repeat(tryAside, { while: (goOn) => goOn }).pipe(
    Effect.delay(asideEveryMs),
    Effect.forever,
    Effect.forkIn(scope)
  )
  yield* Effect.addFinalizer(() =>
    Effect.forEach([...lines.values()].filter(isStuck), () => options.recovered, { discard: true })
  )

  return {
    push: ({ position, subject }, isSetAside = false) =>
      Effect.suspend(() => {
        if (known.has(position)) return Effect.void
        known.add(position)
        const name = subject ?? `#${position}`
        const line = lines.get(name)
        if (line !== undefined) {
          line.positions.push(position)
          return Effect.void
        }
        lines.set(name, {
          positions: [position],
          tries: isSetAside ? quickTries : 0,
          fatalAlone: isSetAside ? 0 : null
        })
        if (!isSetAside) return Effect.asVoid(Queue.offer(ready, name))
        aside.push(name)
        return options.stuck
      }),
    setOpen: (open) => (open ? Effect.andThen(gate.open, Effect.asVoid(hurry.release)) : Effect.asVoid(gate.close)),
    size: () => known.size
  }
})
