import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { type WritePace, WriteQueue, WriteTurn } from "../src/github/WriteQueue.ts"

const onQueue = <A, E>(effect: Effect.Effect<A, E, WriteQueue>, pace: Partial<WritePace> = {}) =>
  Effect.provide(effect, WriteQueue.layer({ pauseMs: 1000, waitingMax: 3, ...pace }))

const write = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.flatMap(WriteTurn, (turn) => turn.write(effect))

describe("WriteQueue", () => {
  it.effect("lets a pause pass between two writes, and none before the first", () =>
    onQueue(
      Effect.gen(function* () {
        const queue = yield* WriteQueue
        const times: Array<number> = []
        const note = Effect.map(Clock.currentTimeMillis, (now) => {
          times.push(now)
        })
        const all = yield* Effect.forkChild(
          Effect.all(
            [
              queue.inTurn(write(note)),
              queue.inTurn(write(Effect.andThen(note, Effect.fail("no")))),
              queue.inTurn(write(note))
            ].map(Effect.exit),
            { concurrency: 3 }
          )
        )
        yield* TestClock.adjust("10 seconds")
        const exits = yield* Fiber.join(all)
        // A write that failed may have reached GitHub: it counts.
        assert.deepStrictEqual(times, [0, 1000, 2000])
        assert.isTrue(Exit.isFailure(exits[1] ?? Exit.void))
      })
    )
  )

  it.effect("lets nobody write while another has the turn, and makes nobody wait who did not write", () =>
    onQueue(
      Effect.gen(function* () {
        const queue = yield* WriteQueue
        const [entered, open] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
        const order: Array<string> = []
        const say = (word: string) => Effect.sync(() => void order.push(word))
        const first = yield* Effect.forkChild(
          queue.inTurn(
            Effect.andThen(Deferred.succeed(entered, undefined), Effect.andThen(Deferred.await(open), say("first")))
          )
        )
        yield* Deferred.await(entered)
        const second = yield* Effect.forkChild(queue.inTurn(say("second")))
        yield* Effect.yieldNow
        assert.strictEqual(yield* queue.waiting, 2)
        yield* Deferred.succeed(open, undefined)
        yield* Fiber.join(first)
        yield* Fiber.join(second)
        assert.deepStrictEqual(order, ["first", "second"])
        assert.strictEqual(yield* Clock.currentTimeMillis, 0)
      })
    )
  )

  it.effect("refuses who would wait behind too many, and takes others again once they are through", () =>
    onQueue(
      Effect.gen(function* () {
        const queue = yield* WriteQueue
        const open = yield* Deferred.make<void>()
        const waiting = yield* Effect.forkChild(
          Effect.all(
            [1, 2, 3].map(() => queue.inTurn(Deferred.await(open))),
            { concurrency: 3 }
          )
        )
        yield* Effect.yieldNow
        assert.deepInclude(
          { ...(yield* Effect.flip(queue.inTurn(Effect.void))) },
          { _tag: "WriteQueueFull", waiting: 3 }
        )
        yield* Deferred.succeed(open, undefined)
        yield* Fiber.join(waiting)
        yield* queue.inTurn(Effect.void)
        assert.strictEqual(yield* queue.waiting, 0)
      })
    )
  )
})
