/** Checks with many calls at once: a plugin has to go on whatever becomes of them. */
import { Effect } from "effect"
import { firstDifference, oneByOne, otherKind, type Subject } from "./Check.ts"
import { type Ask, askUnary, stillAnswers } from "./TestedPlugin.ts"

/** How many requests are on their way at once. */
export const manyAtOnce = 32

const all = { concurrency: "unbounded" } as const

// As many as are wanted, each an observation of its own.
const spread = (samples: ReadonlyArray<Ask>, count: number): ReadonlyArray<Ask> =>
  Array.from({ length: Math.ceil(count / samples.length) }, () => samples)
    .flat()
    .slice(0, count)

/** Many calls whose caller goes away after `afterMs`. */
export const givingUp = (afterMs: number, ask: typeof askUnary) =>
  Effect.fnUntraced(function* ({ samples, target }: Subject) {
    const asks = spread(samples, manyAtOnce)
    const before = yield* ask(target, samples[0])
    yield* Effect.all(
      asks.map((each) => Effect.timeoutOption(ask(target, each), afterMs)),
      all
    )
    const after = yield* ask(target, samples[0])
    return otherKind(before, after) ?? (yield* stillAnswers(target))
  })

/** Many calls with a deadline that nobody can keep. The plugin is told, and may give up by itself. */
export const deadline = Effect.fnUntraced(function* ({ samples, target }: Subject) {
  const before = yield* askUnary(target, samples[0])
  yield* Effect.all(
    spread(samples, manyAtOnce).map((each) => askUnary(target, each, 1)),
    all
  )
  const after = yield* askUnary(target, samples[0])
  return otherKind(before, after) ?? (yield* stillAnswers(target))
})

/** The same answers to many at once as to one after another. */
export const atOnce = (ask: typeof askUnary) =>
  Effect.fnUntraced(function* ({ samples, target }: Subject) {
    const asks = spread(samples, manyAtOnce)
    const calm = yield* oneByOne(target, asks, ask)
    const hurried = yield* Effect.all(
      asks.map((each) => ask(target, each)),
      all
    )
    return firstDifference(asks, calm, hurried)
  })
