import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer } from "effect"
import { AgentKey } from "../src/AgentKey.ts"
import { nodeBackend } from "../src/NodeBackend.ts"
import { ProofChain } from "../src/ProofChain.ts"
import { ProofLog, ProofLogUnavailable } from "../src/ProofLog.ts"
import { verifyChain } from "../src/verify.ts"
import { agentLayer, work } from "./work.ts"

/** A memory log that gives way to other fibers around every call, as a disk would. */
const yieldingLog = Layer.effect(
  ProofLog,
  Effect.map(ProofLog, (log) => ({
    ...log,
    head: Effect.tap(log.head, () => Effect.yieldNow),
    hasObservation: (id: string) => Effect.tap(log.hasObservation(id), () => Effect.yieldNow),
    append: (entry: Parameters<typeof log.append>[0]) => Effect.andThen(Effect.yieldNow, log.append(entry))
  }))
).pipe(Layer.provide(Layer.fresh(ProofLog.layerMemory)))

const chainOn = (log: Layer.Layer<ProofLog>) =>
  ProofChain.layer.pipe(Layer.provideMerge(Layer.fresh(log)), Layer.provideMerge(Layer.fresh(agentLayer)))

const verifyLog = Effect.gen(function* () {
  const entries = yield* (yield* ProofLog).entriesAfter(-1, 1000)
  const lines = entries.map(({ line }) => line)
  return verifyChain(lines, (yield* AgentKey).publicKey, nodeBackend)
})

describe("ProofChain", () => {
  it.effect("makes one chain of many parallel appends, each of which succeeds", () =>
    Effect.gen(function* () {
      const chain = yield* ProofChain
      const appends = Array.from({ length: 40 }, (_, at) => chain.append(work(), `observation-${at}`))
      const receipts = yield* Effect.all(appends, { concurrency: "unbounded" })
      assert.deepStrictEqual(
        receipts.map(({ sequence }) => sequence).toSorted((one, other) => one - other),
        receipts.map((_, at) => at)
      )
      const verdict = yield* verifyLog
      assert.deepInclude(verdict, { ok: true, count: 40 })
      assert.deepStrictEqual(verdict.ok && verdict.head, yield* chain.head)
    }).pipe(Effect.provide(chainOn(yieldingLog)))
  )

  it.effect("proves an observation once, however many report it at once", () =>
    Effect.gen(function* () {
      const chain = yield* ProofChain
      const appends = Array.from({ length: 10 }, () => Effect.result(chain.append(work(), "the same")))
      const results = yield* Effect.all(appends, { concurrency: "unbounded" })
      assert.lengthOf(
        results.filter((result) => result._tag === "Success"),
        1
      )
      for (const result of results) {
        if (result._tag === "Failure") assert.strictEqual(result.failure._tag, "ObservationAlreadyProved")
      }
      assert.deepInclude(yield* verifyLog, { ok: true, count: 1 })
    }).pipe(Effect.provide(chainOn(yieldingLog)))
  )

  it.effect("keeps the salt that shows the evidence beside the line", () =>
    Effect.gen(function* () {
      const receipt = yield* (yield* ProofChain).append(work(), "one")
      const [entry] = yield* (yield* ProofLog).entriesAfter(-1, 1)
      assert.deepInclude(entry, { ...receipt, observationId: "one" })
      assert.strictEqual(entry?.evidenceSalt.length, 32)
      assert.isFalse(receipt.line.includes(Buffer.from(entry?.evidenceSalt ?? []).toString("hex")))
    }).pipe(Effect.provide(chainOn(ProofLog.layerMemory)))
  )

  it.effect("does not move its head for refused work, a failed write or an interruption", () => {
    let failing = true
    const started = Deferred.makeUnsafe<void>()
    const log = Layer.effect(
      ProofLog,
      Effect.map(ProofLog, (memory) => ({
        ...memory,
        append: (entry: Parameters<typeof memory.append>[0]) => {
          if (entry.observationId === "stuck") return Effect.andThen(Deferred.succeed(started, undefined), Effect.never)
          return failing ? Effect.fail(new ProofLogUnavailable({ cause: "disk full" })) : memory.append(entry)
        }
      }))
    ).pipe(Layer.provide(Layer.fresh(ProofLog.layerMemory)))
    return Effect.gen(function* () {
      const chain = yield* ProofChain
      assert.strictEqual((yield* Effect.flip(chain.append(work(), "one")))._tag, "ProofLogUnavailable")
      assert.strictEqual((yield* Effect.flip(chain.append(work({ clusterAlias: "" }), "two")))._tag, "WorkRefused")
      const fiber = yield* Effect.forkChild(chain.append(work(), "stuck"))
      yield* Deferred.await(started)
      yield* Fiber.interrupt(fiber)
      assert.isNull(yield* chain.head)
      failing = false
      assert.strictEqual((yield* chain.append(work(), "one")).sequence, 0)
      assert.deepInclude(yield* verifyLog, { ok: true, count: 1 })
    }).pipe(Effect.provide(chainOn(log)))
  })

  it.effect("continues its own log after a restart, and refuses one that another key has signed", () =>
    Effect.gen(function* () {
      const log = yield* ProofLog
      const restart = ProofChain.layer.pipe(Layer.provide(Layer.succeed(ProofLog, log)))
      const append = (id: string) => Effect.flatMap(ProofChain, (chain) => chain.append(work(), id))
      yield* Effect.gen(function* () {
        yield* Effect.provide(append("one"), Layer.fresh(restart))
        const second = yield* Effect.provide(append("two"), Layer.fresh(restart))
        assert.strictEqual(second.sequence, 1)
        assert.deepInclude(yield* verifyLog, { ok: true, count: 2 })
      }).pipe(Effect.provide(Layer.fresh(agentLayer)))
      yield* Effect.gen(function* () {
        const error = yield* Effect.flip(Effect.provide(append("three"), Layer.fresh(restart)))
        const key = yield* AgentKey
        assert.deepInclude(error, { _tag: "ChainOfAnotherAgent", agentId: key.agentId, publicKey: key.publicKey })
      }).pipe(Effect.provide(Layer.fresh(agentLayer)))
      assert.strictEqual(yield* log.count, 2)
    }).pipe(Effect.provide(Layer.fresh(ProofLog.layerMemory)))
  )
})
