/** What every ObservationStore must do. Each backend runs this one suite. */
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, type Layer, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { type ObservationLimits, ObservationStore, pendingListedMax } from "../src/runtime/ObservationStore.ts"
import { observation } from "./observation.ts"

const bytes = (text: string) => new TextEncoder().encode(text)

export const seen = (id: string, subject: string | null = null) => observation({ id }, { observationId: id, subject })

/** Takes it and gives its position. */
export const take = Effect.fnUntraced(function* (id: string, subject: string | null = null) {
  const taken = yield* (yield* ObservationStore).offer(seen(id, subject))
  if (taken === null) return yield* Effect.die(`${id} was known`)
  return taken.position
})

export const observationStoreSuite = (
  name: string,
  make: (limits?: Partial<ObservationLimits>) => Layer.Layer<ObservationStore, unknown>
) =>
  describe(`ObservationStore ${name}`, () => {
    const test = (
      what: string,
      run: Effect.Effect<void, unknown, ObservationStore>,
      limits: Partial<ObservationLimits> = {}
    ) => it.effect(what, () => Effect.provide(run, make(limits)))

    const pendingIds = Effect.gen(function* () {
      const store = yield* ObservationStore
      const ids: Array<string> = []
      for (const { position } of yield* store.pendingAfter(0)) {
        ids.push((yield* store.read(position))?.observationId ?? "gone")
      }
      return ids
    })

    test(
      "gives back exactly what was taken, in order",
      Effect.gen(function* () {
        const store = yield* ObservationStore
        const whole = observation(
          { marker: "é🌾 ", deep: [1, { a: null }] },
          {
            observationId: "one",
            subject: "é",
            occurredAt: DateTime.makeUnsafe("2026-02-20T01:02:03.456Z"),
            actor: { identifier: Redacted.make("Zoë"), type: "bot" }
          }
        )
        const taken = yield* store.offer(whole)
        yield* take("two")
        assert.deepStrictEqual(yield* pendingIds, ["one", "two"])
        const again = yield* store.read(taken?.position ?? 0)
        assert.deepStrictEqual({ ...again, actor: null }, { ...whole, actor: null })
        assert.strictEqual(again === null ? null : Redacted.value(again.actor.identifier), "Zoë")
        assert.strictEqual(again?.actor.type, "bot")
        assert.isNull(yield* store.read(99))
      })
    )

    test(
      "takes an observation once, and knows it for a window after it is finished",
      Effect.gen(function* () {
        const store = yield* ObservationStore
        const position = yield* take("one")
        assert.isNull(yield* store.offer(seen("one")))
        assert.deepStrictEqual([yield* store.knows("one"), yield* store.knows("two")], [true, false])
        yield* store.finish(position)
        yield* store.finish(position)
        assert.isNull(yield* store.offer(seen("one")))
        assert.isTrue(yield* store.knows("one"))
        assert.deepStrictEqual(yield* store.pendingAfter(0), [])
        yield* TestClock.adjust("2 seconds")
        yield* store.expire
        assert.isFalse(yield* store.knows("one"))
        assert.isAbove(yield* take("one"), position)
      }),
      { windowMs: 1000 }
    )

    test(
      "has room for so many, and for so many bytes, and has it again once something is finished",
      Effect.gen(function* () {
        const store = yield* ObservationStore
        const first = yield* take("one")
        yield* take("two")
        assert.strictEqual((yield* Effect.flip(store.offer(seen("three"))))._tag, "ObservationsFull")
        assert.isNull(yield* store.offer(seen("two")), "a known one is not in the way")
        yield* store.finish(first)
        yield* take("three")
        assert.deepInclude(store.usage.value, { pending: 2 })
        yield* store.finish(2)
        yield* store.finish(3, "lost")
        yield* store.finish(3, "lost")
        assert.deepInclude(store.usage.value, { pending: 0, bytes: 0, expired: 1 })
        const large = observation("x".repeat(5000), { observationId: "large" })
        assert.strictEqual((yield* Effect.flip(store.offer(large)))._tag, "ObservationsFull")
      }),
      { pendingMax: 2, bytesMax: 4000 }
    )

    test(
      "lets no two of many parallel offers take the last room, and gives each its own position",
      Effect.gen(function* () {
        const store = yield* ObservationStore
        const offers = Array.from({ length: 30 }, (_, at) => Effect.result(store.offer(seen(`o${at}`))))
        const taken = (yield* Effect.all(offers, { concurrency: "unbounded" })).flatMap((result) =>
          result._tag === "Success" && result.success !== null ? [result.success.position] : []
        )
        assert.strictEqual(new Set(taken).size, 10)
        assert.lengthOf(yield* store.pendingAfter(0), 10)
      }),
      { pendingMax: 10 }
    )

    test(
      "remembers who has answered, and that an answer was given twice does no harm",
      Effect.gen(function* () {
        const store = yield* ObservationStore
        yield* take("one")
        yield* take("two")
        for (const plugin of ["a/a", "a/b", "a/a"]) yield* store.settle(plugin, seen("one"), null)
        yield* store.settle("a/a", seen("nobody knows it"), null)
        const [one, two] = yield* store.pendingAfter(0)
        assert.sameMembers([...(one?.settledBy ?? [])], ["a/a", "a/b"])
        assert.deepStrictEqual(two?.settledBy, [])
      })
    )

    test(
      "knows for which plugins something is set aside until they answer or it is gone, and counts it",
      Effect.gen(function* () {
        const store = yield* ObservationStore
        const setAside = Effect.map(store.pendingAfter(0), (all) => all.map((one) => one.setAsideFor.toSorted()))
        const [one, two, late] = [yield* take("one"), yield* take("two"), yield* take("three")]
        for (const plugin of ["a/a", "a/b", "a/a"]) yield* store.setAside(plugin, one)
        yield* store.setAside("a/a", two)
        yield* store.setAside("a/a", late + 1)
        assert.deepStrictEqual(yield* setAside, [["a/a", "a/b"], ["a/a"], []])
        assert.deepInclude(store.usage.value, { setAside: 3, pending: 3 })
        yield* store.settle("a/a", seen("one"), null)
        assert.deepStrictEqual(yield* setAside, [["a/b"], ["a/a"], []])
        yield* store.finish(two, "lost")
        assert.deepInclude(store.usage.value, { setAside: 1 })
        yield* TestClock.adjust("2 seconds")
        yield* store.expire
        assert.deepInclude(store.usage.value, { setAside: 0, pending: 0 })
      }),
      { windowMs: 1000 }
    )

    test(
      "keeps one memory for each plugin and subject: replaced, left alone, or forgotten",
      Effect.gen(function* () {
        const store = yield* ObservationStore
        const recall = (plugin: string, subject: string) =>
          Effect.map(store.recall(plugin, subject), (found) => new TextDecoder().decode(found))
        yield* take("one", "s")
        yield* store.settle("a/a", seen("one", "s"), bytes("first"))
        yield* store.settle("a/a", seen("two", "s"), bytes("second"))
        yield* store.settle("a/a", seen("three", "s"), null)
        yield* store.settle("a/a", seen("four", "other"), bytes("other"))
        yield* store.settle("a/b", seen("five", null), bytes("of nothing"))
        assert.strictEqual(yield* recall("a/a", "s"), "second")
        assert.strictEqual(yield* recall("a/a", "other"), "other")
        assert.strictEqual(yield* recall("a/b", "s"), "")
        yield* store.settle("a/a", seen("six", "s"), new Uint8Array())
        assert.strictEqual(yield* recall("a/a", "s"), "")
      })
    )

    test(
      "lets the memory that was written longest ago give way, for each plugin by itself, and counts it",
      Effect.gen(function* () {
        const store = yield* ObservationStore
        const write = (plugin: string, subject: string) => store.settle(plugin, seen(subject, subject), bytes(subject))
        for (const subject of ["s1", "s2", "s1", "s3"]) yield* write("a/a", subject)
        yield* write("a/b", "s2")
        assert.lengthOf(yield* store.recall("a/a", "s1"), 2)
        assert.lengthOf(yield* store.recall("a/a", "s2"), 0)
        assert.lengthOf(yield* store.recall("a/a", "s3"), 2)
        assert.lengthOf(yield* store.recall("a/b", "s2"), 2)
        assert.deepInclude(store.usage.value, { evicted: 1 })
      }),
      { memoriesMax: 2 }
    )

    test(
      "lets go of what waited longer than the window, and counts it",
      Effect.gen(function* () {
        const store = yield* ObservationStore
        yield* take("one")
        yield* take("two")
        yield* TestClock.adjust("600 millis")
        yield* take("three")
        yield* TestClock.adjust("600 millis")
        assert.strictEqual(yield* store.expire, 2)
        assert.strictEqual(yield* store.expire, 0)
        assert.deepStrictEqual(yield* pendingIds, ["three"])
        assert.deepInclude(store.usage.value, { pending: 1, expired: 2 })
        assert.isNull(yield* store.offer(seen("one")), "it is still known")
      }),
      { windowMs: 1000 }
    )

    test(
      "lists in bounded parts",
      Effect.gen(function* () {
        const store = yield* ObservationStore
        for (let at = 0; at < pendingListedMax + 5; at++) yield* take(`o${at}`, `s${at % 7}`)
        const first = yield* store.pendingAfter(0)
        const rest = yield* store.pendingAfter(first.at(-1)?.position ?? 0)
        assert.deepStrictEqual([first.length, rest.length], [pendingListedMax, 5])
        assert.strictEqual(new Set(first.map(({ subject }) => subject)).size, 7)
      })
    )
  })
