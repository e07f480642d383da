/** What every ProofLog must do. Each backend runs this one suite. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Layer } from "effect"
import { entriesMax, type LogEntry, ProofLog } from "../src/ProofLog.ts"

export const entry = (sequence: number, change: Partial<LogEntry> = {}): LogEntry => ({
  sequence,
  proofId: `proof-${sequence}`,
  hash: `hash-${sequence}`,
  line: `{"sequence":${sequence},"text":"é🌾\\u2028"}`,
  observationId: `observation-${sequence}`,
  evidenceSalt: new Uint8Array(32).fill(sequence % 256),
  ...change
})

/** `live` for a backend that waits for a server: a test clock would stop its timeouts, and it with them. */
export const proofLogSuite = (name: string, layer: Layer.Layer<ProofLog, unknown>, clock: "test" | "live" = "test") =>
  describe(`ProofLog ${name}`, () => {
    const test = (what: string, run: Effect.Effect<void, unknown, ProofLog>) =>
      (clock === "live" ? it.live : it.effect)(what, () => Effect.provide(run, layer))

    test(
      "is empty at first",
      Effect.gen(function* () {
        const log = yield* ProofLog
        assert.isNull(yield* log.head)
        assert.strictEqual(yield* log.count, 0)
        assert.strictEqual(yield* log.deliveredThrough, -1)
        assert.deepStrictEqual(yield* log.entriesAfter(-1, 10), [])
        assert.isFalse(yield* log.hasObservation("observation-0"))
      })
    )

    test(
      "gives back exactly what was appended, in order",
      Effect.gen(function* () {
        const log = yield* ProofLog
        const entries = [0, 1, 2, 3].map((sequence) => entry(sequence))
        for (const next of entries) yield* log.append(next)
        assert.deepStrictEqual(yield* log.entriesAfter(-1, 10), entries)
        assert.deepStrictEqual(yield* log.entriesAfter(0, 2), entries.slice(1, 3))
        assert.deepStrictEqual(yield* log.entriesAfter(3, 10), [])
        assert.deepStrictEqual(yield* log.entriesAfter(-1, 0), [])
        assert.deepStrictEqual(yield* log.head, { sequence: 3, proofId: "proof-3", hash: "hash-3" })
        assert.strictEqual(yield* log.count, 4)
      })
    )

    test(
      "refuses any sequence but the next, and keeps its head and the observation open",
      Effect.gen(function* () {
        const log = yield* ProofLog
        yield* log.append(entry(0))
        for (const received of [0, 2, 7]) {
          const change = { observationId: "other", proofId: "other", hash: "other" }
          const error = yield* Effect.flip(log.append(entry(received, change)))
          assert.deepInclude(error, { _tag: "ChainForked", expected: 1, received })
        }
        assert.strictEqual((yield* log.head)?.sequence, 0)
        assert.isFalse(yield* log.hasObservation("other"))
        yield* log.append(entry(1, { observationId: "other" }))
      })
    )

    test(
      "settles an observation once, by proof or by refusal",
      Effect.gen(function* () {
        const log = yield* ProofLog
        yield* log.append(entry(0))
        yield* log.markSeen("refused")
        yield* log.markSeen("refused")
        yield* log.markSeen("observation-0")
        for (const observationId of ["observation-0", "refused"]) {
          assert.isTrue(yield* log.hasObservation(observationId))
          const error = yield* Effect.flip(log.append(entry(1, { observationId })))
          assert.deepInclude(error, { _tag: "ObservationAlreadyProved", observationId })
        }
        assert.strictEqual(yield* log.count, 1)
      })
    )

    test(
      "puts a recovery in the place of later proofs, opens their observations again and steps the cursor back",
      Effect.gen(function* () {
        const log = yield* ProofLog
        for (const sequence of [0, 1, 2, 3]) yield* log.append(entry(sequence))
        yield* log.markDelivered(3)
        const recovery = entry(2, { proofId: "recovery", hash: "recovery", observationId: "recovery" })
        yield* log.replaceAfter(1, recovery)
        assert.deepStrictEqual(yield* log.entriesAfter(-1, 10), [entry(0), entry(1), recovery])
        assert.deepStrictEqual(yield* log.head, { sequence: 2, proofId: "recovery", hash: "recovery" })
        assert.strictEqual(yield* log.deliveredThrough, 1)
        assert.isTrue(yield* log.hasObservation("observation-1"))
        assert.isFalse(yield* log.hasObservation("observation-2"))
        yield* log.append(entry(3, { proofId: "again", hash: "again", observationId: "observation-2" }))
        assert.strictEqual(yield* log.count, 4)
      })
    )

    test(
      "takes a recovery before the first proof, and leaves a cursor that has not come so far alone",
      Effect.gen(function* () {
        const log = yield* ProofLog
        yield* log.append(entry(0))
        yield* log.replaceAfter(-1, entry(0, { proofId: "recovery", hash: "recovery", observationId: "recovery" }))
        assert.strictEqual((yield* log.head)?.proofId, "recovery")
        assert.strictEqual(yield* log.deliveredThrough, -1)
        assert.strictEqual(yield* log.count, 1)
      })
    )

    test(
      "takes a recovery that has nothing to take out",
      Effect.gen(function* () {
        const log = yield* ProofLog
        yield* log.append(entry(0))
        yield* log.replaceAfter(0, entry(1))
        assert.deepStrictEqual(yield* log.entriesAfter(-1, 10), [entry(0), entry(1)])
      })
    )

    test(
      "refuses a recovery out of place or of a settled observation, and loses nothing by it",
      Effect.gen(function* () {
        const log = yield* ProofLog
        for (const sequence of [0, 1, 2]) yield* log.append(entry(sequence))
        yield* log.markDelivered(2)
        const fresh = { proofId: "recovery", hash: "recovery" }
        for (const [after, sequence] of [
          [0, 2],
          [0, 0],
          [7, 8]
        ] as const) {
          const error = yield* Effect.flip(log.replaceAfter(after, entry(sequence, { ...fresh, observationId: "new" })))
          const expected = Math.min(after + 1, 3)
          assert.deepInclude(error, { _tag: "ChainForked", expected, received: sequence })
        }
        const settled = yield* Effect.flip(log.replaceAfter(0, entry(1, { ...fresh, observationId: "observation-0" })))
        assert.deepInclude(settled, { _tag: "ObservationAlreadyProved", observationId: "observation-0" })
        assert.deepStrictEqual(yield* log.entriesAfter(-1, 10), [entry(0), entry(1), entry(2)])
        assert.strictEqual(yield* log.deliveredThrough, 2)
        assert.isTrue(yield* log.hasObservation("observation-2"))
      })
    )

    test(
      "moves the delivery cursor forward only",
      Effect.gen(function* () {
        const log = yield* ProofLog
        for (const [mark, expected] of [
          [0, 0],
          [5, 5],
          [3, 5],
          [5, 5],
          [6, 6]
        ] as const) {
          yield* log.markDelivered(mark)
          assert.strictEqual(yield* log.deliveredThrough, expected)
        }
      })
    )

    test(
      "gives a bounded number of entries whatever is asked",
      Effect.gen(function* () {
        const log = yield* ProofLog
        for (let sequence = 0; sequence <= entriesMax; sequence++) yield* log.append(entry(sequence))
        assert.lengthOf(yield* log.entriesAfter(-1, 1_000_000), entriesMax)
      })
    )

    test(
      "lets one of many parallel appends of the same sequence through, and tells the others that they came too late",
      Effect.gen(function* () {
        const log = yield* ProofLog
        // Several rounds: on a server the racers meet in the middle of a transaction only sometimes.
        for (const sequence of [0, 1, 2, 3, 4]) {
          const attempts = Array.from({ length: 20 }, (_, at) => {
            const name = `racer-${sequence}-${at}`
            const late = log.append(entry(sequence, { observationId: name, proofId: name, hash: name }))
            return Effect.match(late, { onFailure: (error) => error, onSuccess: () => null })
          })
          const errors = (yield* Effect.all(attempts, { concurrency: "unbounded" })).filter((error) => error !== null)
          assert.lengthOf(errors, 19)
          const expected = sequence + 1
          for (const error of errors) assert.deepInclude(error, { _tag: "ChainForked", expected, received: sequence })
        }
        assert.strictEqual(yield* log.count, 5)
      })
    )
  })
