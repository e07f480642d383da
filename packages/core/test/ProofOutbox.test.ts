import { assert, describe, expect, it } from "@effect/vitest"
import { type LogEntry, ProofLog, ProofLogUnavailable } from "@farmops/proof/ProofLog"
import { Clock, Effect, Fiber, Layer, Ref, Stream, SubscriptionRef } from "effect"
import { TestClock } from "effect/testing"
import { type OutboxState, ProofOutbox } from "../src/delivery/ProofOutbox.ts"
import { type SubmitResult, TrackerRefused, TrackerUnavailable } from "../src/delivery/submission.ts"
import { TrackerClient } from "../src/delivery/TrackerClient.ts"

const entry = (sequence: number): LogEntry => ({
  sequence,
  proofId: `id-${sequence}`,
  hash: `hash-${sequence}`,
  line: `line-${sequence}`,
  observationId: `observation-${sequence}`,
  evidenceSalt: new Uint8Array(32)
})

const append = (count: number) =>
  Effect.gen(function* () {
    const log = yield* ProofLog
    const first = yield* log.count
    for (let at = 0; at < count; at++) yield* log.append(entry(first + at))
  })

const refusal = (code: string): SubmitResult => ({ coins: 0, pending: false, already: false, code, detail: "" })

/** What the fake tracker does with one call instead of its duty. */
type Fault =
  | { readonly fails: TrackerUnavailable | TrackerRefused; readonly afterStoring?: boolean }
  | { readonly refuses: string; readonly at: number }
  | { readonly answersOnly: number }

/** A FAKE tracker: keeps lines in memory in order, knows them again, and misbehaves as a test tells it to, one fault a call. */
class FakeTracker {
  readonly stored: Array<string> = []
  readonly calls: Array<number> = []
  readonly times: Array<number> = []
  faults: Array<Fault | null> = []
  /** Given to every proof while set, as by a tracker whose owner has not decided. */
  refusesAll: string | null = null
  /** What it says to a proof whose parent it has not. */
  saysWhenBehind = "gap"

  readonly submit = (lines: ReadonlyArray<string>) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      this.times.push(now)
      const fault = this.faults.shift() ?? null
      this.calls.push(lines.length)
      if (fault !== null && "fails" in fault) {
        if (fault.afterStoring === true) this.#take(lines)
        return Effect.fail(fault.fails)
      }
      if (fault !== null && "answersOnly" in fault) return Effect.succeed(this.#take(lines.slice(0, fault.answersOnly)))
      if (fault !== null) {
        return Effect.succeed([...this.#take(lines.slice(0, fault.at)), refusal(fault.refuses)])
      }
      return Effect.succeed(this.#take(lines))
    })

  #take(lines: ReadonlyArray<string>): ReadonlyArray<SubmitResult> {
    const results: Array<SubmitResult> = []
    for (const line of lines) {
      if (this.refusesAll !== null) return [...results, refusal(this.refusesAll)]
      const already = this.stored.includes(line)
      if (!already && line !== `line-${this.stored.length}`) return [...results, refusal(this.saysWhenBehind)]
      if (!already) this.stored.push(line)
      results.push({ coins: 10, pending: false, already, code: null, detail: "" })
    }
    return results
  }
}

const away = (retryAfterMs: number | null = null) => new TrackerUnavailable({ reason: "unreachable", retryAfterMs })

const layerWith = (tracker: FakeTracker) =>
  ProofOutbox.layer.pipe(
    Layer.provideMerge(ProofLog.layerMemory),
    Layer.provide(Layer.succeed(TrackerClient, { enroll: () => Effect.die("not used"), submit: tracker.submit }))
  )

const until = (is: (state: OutboxState) => boolean) =>
  Effect.flatMap(ProofOutbox, ({ state }) => Stream.runHead(Stream.filter(SubscriptionRef.changes(state), is)))
const delivered = (count: number) => until((state) => state.delivered === count && state.pending === 0)

const withOutbox = <A, E>(
  tracker: FakeTracker,
  test: (outbox: ProofOutbox["Service"], log: ProofLog["Service"]) => Effect.Effect<A, E, ProofLog | ProofOutbox>
) =>
  Effect.gen(function* () {
    const outbox = yield* ProofOutbox
    return yield* test(outbox, yield* ProofLog)
  }).pipe(Effect.provide(layerWith(tracker)))

const lines = (count: number) => Array.from({ length: count }, (_, at) => `line-${at}`)

describe("delivery", () => {
  it.effect("brings everything in order, in batches of at most 256, and then what comes new", () => {
    const tracker = new FakeTracker()
    return withOutbox(tracker, (outbox, log) =>
      Effect.gen(function* () {
        yield* append(600)
        yield* Effect.forkChild(outbox.run)
        yield* delivered(600)
        expect(tracker.calls).toEqual([256, 256, 88])
        yield* append(2)
        yield* outbox.wake
        yield* delivered(602)
        expect(tracker.stored).toEqual(lines(602))
        expect(yield* log.deliveredThrough).toBe(601)
        expect(outbox.state.value).toMatchObject({ lastError: null, stopped: null })
      })
    )
  })

  it.effect(
    "moves its cursor only after the tracker's answer, so an answer that is lost costs a repeated request",
    () => {
      const tracker = new FakeTracker()
      tracker.faults = [{ fails: away(), afterStoring: true }]
      return withOutbox(tracker, (outbox, log) =>
        Effect.gen(function* () {
          yield* append(3)
          yield* Effect.forkChild(outbox.run)
          yield* until((state) => state.lastError === "TrackerUnavailable")
          expect(tracker.stored).toEqual(lines(3))
          expect(yield* log.deliveredThrough).toBe(-1)
          expect(outbox.state.value).toMatchObject({ delivered: 0, pending: 3 })
          yield* TestClock.adjust("2 seconds")
          yield* delivered(3)
          expect(tracker.stored).toEqual(lines(3))
          expect(outbox.state.value.lastError).toBeNull()
        })
      )
    }
  )

  it.effect("goes on after a restart where the last one stopped", () => {
    const tracker = new FakeTracker()
    return withOutbox(tracker, (outbox) =>
      Effect.gen(function* () {
        yield* append(5)
        const first = yield* Effect.forkChild(outbox.run)
        yield* delivered(5)
        yield* Fiber.interrupt(first)
        yield* append(2)
        yield* Effect.forkChild(outbox.run)
        yield* delivered(7)
        expect(tracker.calls).toEqual([5, 2])
      })
    )
  })

  it.effect(
    "waits from 1 second up to a minute between tries, for as long as it takes, and begins anew after a success",
    () => {
      const tracker = new FakeTracker()
      tracker.faults = Array.from({ length: 12 }, () => ({ fails: away() }))
      return withOutbox(tracker, (outbox) =>
        Effect.gen(function* () {
          yield* append(1)
          yield* Effect.forkChild(outbox.run)
          yield* until((state) => state.lastError !== null)
          yield* TestClock.adjust("20 minutes")
          yield* delivered(1)
          // Each is spread by a fifth.
          const pauses = tracker.times.slice(1).map((time, at) => time - (tracker.times[at] ?? 0))
          const expected = [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60]
          expect(pauses).toHaveLength(expected.length)
          for (const [at, seconds] of expected.entries()) {
            expect(pauses[at]).toBeGreaterThanOrEqual(seconds * 800)
            expect(pauses[at]).toBeLessThanOrEqual(seconds * 1200)
          }
          expect(new Set(pauses.slice(6)).size).toBeGreaterThan(1)
          tracker.faults = [{ fails: away() }]
          yield* append(1)
          yield* outbox.wake
          yield* until((state) => state.lastError !== null)
          yield* TestClock.adjust(1300)
          yield* delivered(2)
        })
      )
    }
  )

  it.effect("waits longer where the tracker asks for it", () => {
    const tracker = new FakeTracker()
    tracker.faults = [{ fails: away(30_000) }]
    return withOutbox(tracker, (outbox) =>
      Effect.gen(function* () {
        yield* append(1)
        yield* Effect.forkChild(outbox.run)
        yield* until((state) => state.lastError !== null)
        yield* TestClock.adjust(29_000)
        expect(tracker.calls).toHaveLength(1)
        yield* TestClock.adjust(2000)
        yield* delivered(1)
      })
    )
  })

  const passing = ["agent_unknown", "agent_pending", "agent_frozen", "pending_full", "future_timestamp"]
  it.effect.each(passing)("waits for what the owner or time will cure (%s)", (code) => {
    const tracker = new FakeTracker()
    tracker.refusesAll = code
    return withOutbox(tracker, (outbox) =>
      Effect.gen(function* () {
        yield* append(2)
        yield* Effect.forkChild(outbox.run)
        yield* until((state) => state.lastError === code)
        yield* TestClock.adjust("5 minutes")
        expect(outbox.state.value).toMatchObject({ delivered: 0, pending: 2, lastError: code, stopped: null })
        tracker.refusesAll = null
        yield* TestClock.adjust("2 minutes")
        yield* delivered(2)
      })
    )
  })

  it.effect(
    "stops, and shows why, when a proof is refused for good; what was accepted before it stays delivered",
    () => {
      const tracker = new FakeTracker()
      tracker.faults = [{ refuses: "bad_signature", at: 2 }]
      return withOutbox(tracker, (outbox, log) =>
        Effect.gen(function* () {
          yield* append(4)
          yield* Effect.forkChild(outbox.run)
          yield* until((state) => state.stopped !== null)
          expect(outbox.state.value).toEqual({
            delivered: 2,
            pending: 2,
            lastError: "bad_signature",
            stopped: "bad_signature"
          })
          expect(yield* log.deliveredThrough).toBe(1)
          yield* append(1)
          yield* outbox.wake
          yield* TestClock.adjust("1 hour")
          expect(tracker.calls).toEqual([4])
        })
      )
    }
  )

  it.effect("stops when the tracker refuses the whole request for good", () => {
    const tracker = new FakeTracker()
    tracker.faults = [{ fails: new TrackerRefused({ status: 403, code: "forbidden", detail: "" }) }]
    return withOutbox(tracker, (outbox) =>
      Effect.gen(function* () {
        yield* append(1)
        yield* Effect.forkChild(outbox.run)
        yield* until((state) => state.stopped !== null)
        expect(outbox.state.value).toMatchObject({ delivered: 0, pending: 1, stopped: "forbidden" })
      })
    )
  })

  it.effect("goes on from where the tracker's answer ended", () => {
    const tracker = new FakeTracker()
    tracker.faults = [{ answersOnly: 2 }, { answersOnly: 0 }]
    return withOutbox(tracker, (outbox) =>
      Effect.gen(function* () {
        yield* append(5)
        yield* Effect.forkChild(outbox.run)
        // No answer at all counts as a failure, or it would be asked again at once and for ever.
        yield* until((state) => state.lastError !== null)
        expect(tracker.calls).toEqual([5, 3])
        yield* TestClock.adjust("2 seconds")
        yield* delivered(5)
        expect(tracker.stored).toEqual(lines(5))
      })
    )
  })

  it.effect.each(["gap", "bad_signature"])("sends all of its log again to a restored tracker that says %s", (code) => {
    const tracker = new FakeTracker()
    tracker.saysWhenBehind = code
    return withOutbox(tracker, (outbox) =>
      Effect.gen(function* () {
        yield* append(300)
        yield* Effect.forkChild(outbox.run)
        yield* delivered(300)
        tracker.stored.length = 280
        yield* append(1)
        yield* outbox.wake
        yield* until((state) => state.lastError === code)
        yield* TestClock.adjust("2 seconds")
        yield* delivered(301)
        expect(tracker.stored).toEqual(lines(301))
      })
    )
  })

  it.effect.each(["gap", "bad_signature"])("stops when a tracker still says %s after it was sent the first", (code) => {
    const tracker = new FakeTracker()
    return withOutbox(tracker, (outbox) =>
      Effect.gen(function* () {
        yield* append(1)
        yield* Effect.forkChild(outbox.run)
        yield* delivered(1)
        tracker.refusesAll = code
        yield* append(1)
        yield* outbox.wake
        yield* until((state) => state.lastError === code)
        yield* TestClock.adjust("2 seconds")
        yield* until((state) => state.stopped === code)
        expect(tracker.calls).toEqual([1, 1, 2])
      })
    )
  })

  it.effect("outlives a log that cannot be read now", () =>
    Effect.gen(function* () {
      const tracker = new FakeTracker()
      const broken = yield* Ref.make(true)
      const layerLog = Layer.effect(
        ProofLog,
        Effect.gen(function* () {
          const log = yield* ProofLog
          return {
            ...log,
            deliveredThrough: Effect.flatMap(Ref.get(broken), (is) =>
              is ? Effect.fail(new ProofLogUnavailable({ cause: new Error("disk") })) : log.deliveredThrough
            )
          }
        })
      ).pipe(Layer.provide(ProofLog.layerMemory))
      const layer = ProofOutbox.layer.pipe(
        Layer.provideMerge(layerLog),
        Layer.provide(Layer.succeed(TrackerClient, { enroll: () => Effect.die("not used"), submit: tracker.submit }))
      )
      yield* Effect.gen(function* () {
        const outbox = yield* ProofOutbox
        yield* append(1)
        yield* Effect.forkChild(outbox.run)
        yield* until((state) => state.lastError === "ProofLogUnavailable")
        yield* Ref.set(broken, false)
        yield* TestClock.adjust("2 seconds")
        yield* delivered(1)
        assert.deepStrictEqual(tracker.stored, lines(1))
      }).pipe(Effect.provide(layer))
    })
  )
})
