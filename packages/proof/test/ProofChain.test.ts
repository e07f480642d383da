import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer } from "effect"
import { AgentKey } from "../src/AgentKey.ts"
import * as Ed25519Node from "../src/Ed25519Node.ts"
import { FarmSalt } from "../src/FarmSalt.ts"
import { KeyFileUnreadable } from "../src/KeyFile.ts"
import { nodeBackend } from "../src/NodeBackend.ts"
import { ProofBuilder } from "../src/ProofBuilder.ts"
import { ProofChain } from "../src/ProofChain.ts"
import { ProofLog, ProofLogUnavailable } from "../src/ProofLog.ts"
import { makeSigningKey } from "../src/SigningKey.ts"
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

const linesOf = Effect.flatMap(ProofLog, (log) =>
  Effect.map(log.entriesAfter(-1, 1000), (entries) => entries.map(({ line }) => line))
)

describe("ProofChain rotation", () => {
  it.effect("hands over to a fresh key in one chain that verifies from the first key on", () =>
    Effect.gen(function* () {
      const chain = yield* ProofChain
      const key = yield* AgentKey
      const first = key.publicKey
      yield* chain.append(work(), "one")
      const receipt = yield* chain.rotate("prod-eu-1")
      assert.strictEqual(receipt.sequence, 1)
      assert.deepInclude(JSON.parse(receipt.line), {
        action: {
          plugin: "farmops/agent",
          action_type: "configure",
          category: "security",
          subcategory: "key-rotation",
          description: "Handed this agent's chain over to a new key"
        },
        scoring_hints: { complexity: "low", impact_radius: 1, artifacts_touched: 1, time_spent_seconds: null }
      })
      assert.deepInclude(JSON.parse(receipt.line).outcome, { status: "success", verified: true })
      const second = key.publicKey
      yield* chain.append(work(), "two")
      yield* chain.rotate("prod-eu-1")
      yield* chain.append(work(), "three")
      const verdict = verifyChain(yield* linesOf, first, nodeBackend)
      assert.deepStrictEqual(verdict.ok ? verdict.epochs : verdict, [
        { firstSequence: 0, publicKey: first },
        { firstSequence: 2, publicKey: second },
        { firstSequence: 4, publicKey: key.publicKey }
      ])
      assert.isFalse(verifyChain(yield* linesOf, second, nodeBackend).ok)
    }).pipe(Effect.provide(chainOn(ProofLog.layerMemory)))
  )

  it.effect("keeps its order among appends that come at the same time", () =>
    Effect.gen(function* () {
      const chain = yield* ProofChain
      const first = (yield* AgentKey).publicKey
      const appends = Array.from({ length: 20 }, (_, at) => Effect.asVoid(chain.append(work(), `observation-${at}`)))
      const rotations = Array.from({ length: 5 }, () => Effect.asVoid(chain.rotate("prod-eu-1")))
      const mixed = appends.flatMap((append, at) => [
        append,
        ...(at % 4 === 0 ? rotations.slice(at / 4, at / 4 + 1) : [])
      ])
      yield* Effect.all(mixed, { concurrency: "unbounded", discard: true })
      const verdict = verifyChain(yield* linesOf, first, nodeBackend)
      assert.deepInclude(verdict, { ok: true, count: 25 })
      assert.lengthOf(verdict.ok ? verdict.epochs : [], 6)
    }).pipe(Effect.provide(chainOn(yieldingLog)))
  )

  it.effect("finishes at the next start what died between the record and the key", () =>
    Effect.gen(function* () {
      const log = yield* ProofLog
      const key = yield* AgentKey
      const first = key.publicKey
      const restart = Layer.fresh(ProofChain.layer.pipe(Layer.provide(Layer.succeed(ProofLog, log))))
      const dying = Layer.succeed(AgentKey, {
        agentId: key.agentId,
        publicKey: first,
        fingerprint: key.fingerprint,
        sign: key.sign,
        next: key.next,
        prepareNext: key.prepareNext,
        adoptNext: Effect.die("killed")
      })
      const exit = yield* Effect.exit(
        Effect.provide(
          Effect.flatMap(ProofChain, (chain) => chain.rotate("prod-eu-1")),
          Layer.fresh(ProofChain.layer.pipe(Layer.provide([Layer.succeed(ProofLog, log), dying])))
        )
      )
      assert.strictEqual(exit._tag, "Failure")
      assert.strictEqual(key.publicKey, first)
      yield* Effect.provide(
        Effect.flatMap(ProofChain, (chain) => chain.append(work(), "after")),
        restart
      )
      assert.notStrictEqual(key.publicKey, first)
      assert.deepInclude(verifyChain(yield* linesOf, first, nodeBackend), { ok: true, count: 2 })
    }).pipe(Effect.provide(Layer.fresh(ProofLog.layerMemory)), Effect.provide(Layer.fresh(agentLayer)))
  )

  it.effect("signs nothing with a retired key where the new one could not be put in its place", () =>
    Effect.gen(function* () {
      const log = yield* ProofLog
      const key = yield* AgentKey
      const first = key.publicKey
      let full = true
      const failing = {
        agentId: key.agentId,
        get publicKey() {
          return key.publicKey
        },
        get fingerprint() {
          return key.fingerprint
        },
        sign: key.sign,
        next: key.next,
        prepareNext: key.prepareNext,
        adoptNext: Effect.suspend(() =>
          full
            ? Effect.fail(new KeyFileUnreadable({ path: "agent.key", reason: "unavailable", message: "disk full" }))
            : key.adoptNext
        )
      }
      const layer = ProofChain.layer.pipe(
        Layer.provide(ProofBuilder.layer),
        Layer.provide([Layer.succeed(ProofLog, log), Layer.succeed(AgentKey, failing)])
      )
      const chain = yield* Effect.provide(ProofChain, Layer.fresh(layer))
      assert.strictEqual((yield* Effect.flip(chain.rotate("prod-eu-1")))._tag, "KeyFileUnreadable")
      assert.strictEqual((yield* Effect.flip(chain.append(work(), "one")))._tag, "KeyFileUnreadable")
      assert.strictEqual(yield* log.count, 1)
      full = false
      yield* chain.append(work(), "one")
      assert.deepInclude(verifyChain(yield* linesOf, first, nodeBackend), { ok: true, count: 2 })
    }).pipe(
      Effect.provide(Layer.fresh(ProofLog.layerMemory)),
      Effect.provide(Layer.fresh(agentLayer)),
      Effect.provide(Layer.fresh(FarmSalt.layerMemory))
    )
  )

  it.effect("goes on with the old key when it died before the record", () =>
    Effect.gen(function* () {
      const key = yield* AgentKey
      const first = key.publicKey
      yield* key.prepareNext
      const chain = yield* Effect.provide(ProofChain, Layer.fresh(ProofChain.layer))
      yield* chain.append(work(), "one")
      assert.strictEqual(key.publicKey, first)
      assert.deepInclude(verifyChain(yield* linesOf, first, nodeBackend), { ok: true, count: 1 })
    }).pipe(Effect.provide(Layer.fresh(ProofLog.layerMemory)), Effect.provide(Layer.fresh(agentLayer)))
  )

  it.effect("adopts no other key than the one that the log was rotated to", () =>
    Effect.gen(function* () {
      const key = yield* AgentKey
      const log = yield* ProofLog
      const chain = yield* Effect.provide(ProofChain, Layer.fresh(ProofChain.layer))
      const next = yield* Effect.provide(makeSigningKey, Ed25519Node.layer)
      let adopted = false
      const stale = {
        agentId: key.agentId,
        publicKey: key.publicKey,
        fingerprint: key.fingerprint,
        sign: key.sign,
        next: Effect.succeed(next),
        prepareNext: Effect.succeed(next),
        adoptNext: Effect.sync(() => {
          adopted = true
        })
      }
      yield* chain.rotate("prod-eu-1")
      const restart = ProofChain.layer.pipe(
        Layer.provide([Layer.succeed(ProofLog, log), Layer.succeed(AgentKey, stale)])
      )
      const error = yield* Effect.flip(Effect.provide(ProofChain, Layer.fresh(restart)))
      assert.strictEqual(error._tag, "ChainOfAnotherAgent")
      assert.isFalse(adopted)
    }).pipe(Effect.provide(Layer.fresh(ProofLog.layerMemory)), Effect.provide(Layer.fresh(agentLayer)))
  )

  it.effect("refuses a log of the same key under another agent's name, and one that ends in no proof", () =>
    Effect.gen(function* () {
      const key = yield* AgentKey
      const log = yield* ProofLog
      const open = (as: AgentKey["Service"]) =>
        Effect.provide(
          ProofChain,
          Layer.fresh(ProofChain.layer.pipe(Layer.provide([Layer.succeed(ProofLog, log), Layer.succeed(AgentKey, as)])))
        )
      const renamed = {
        agentId: "0b5d3f6a-8c1e-4f7a-9a55-1d2c3b4a5f60",
        publicKey: key.publicKey,
        fingerprint: key.fingerprint,
        sign: key.sign,
        next: key.next,
        prepareNext: key.prepareNext,
        adoptNext: key.adoptNext
      }
      const chain = yield* open(key)
      const receipt = yield* chain.append(work(), "one")
      yield* open(key)
      assert.deepInclude(yield* Effect.flip(open(renamed)), {
        _tag: "ChainOfAnotherAgent",
        agentId: renamed.agentId,
        publicKey: key.publicKey
      })
      const torn = { sequence: 1, proofId: "torn", hash: "torn", line: receipt.line.slice(0, -1) }
      yield* log.append({ ...torn, observationId: "torn", evidenceSalt: new Uint8Array(32) })
      assert.strictEqual((yield* Effect.flip(open(key)))._tag, "ChainOfAnotherAgent")
    }).pipe(Effect.provide(Layer.fresh(ProofLog.layerMemory)), Effect.provide(Layer.fresh(agentLayer)))
  )

  it.effect("refuses a log that was rotated to a key which is not here", () =>
    Effect.gen(function* () {
      const key = yield* AgentKey
      const log = yield* ProofLog
      const chain = yield* Effect.provide(ProofChain, Layer.fresh(ProofChain.layer))
      const stale = {
        agentId: key.agentId,
        publicKey: key.publicKey,
        fingerprint: key.fingerprint,
        sign: key.sign,
        next: Effect.succeed(null),
        prepareNext: key.prepareNext,
        adoptNext: Effect.void
      }
      yield* chain.rotate("prod-eu-1")
      const restart = ProofChain.layer.pipe(
        Layer.provide([Layer.succeed(ProofLog, log), Layer.succeed(AgentKey, stale)])
      )
      const error = yield* Effect.flip(Effect.provide(ProofChain, Layer.fresh(restart)))
      assert.deepInclude(error, { _tag: "ChainOfAnotherAgent", publicKey: stale.publicKey })
    }).pipe(Effect.provide(Layer.fresh(ProofLog.layerMemory)), Effect.provide(Layer.fresh(agentLayer)))
  )
})

describe("ProofChain recovery", () => {
  it.effect("goes back to a trusted proof, and only the recovery key makes that chain good", () =>
    Effect.gen(function* () {
      const chain = yield* ProofChain
      const log = yield* ProofLog
      const key = yield* AgentKey
      const first = key.publicKey
      const recoveryKey = yield* Effect.provide(makeSigningKey, Ed25519Node.layer)
      for (const id of ["one", "two", "three"]) yield* chain.append(work(), id)
      const receipt = yield* chain.recover("prod-eu-1", recoveryKey, 0)
      assert.strictEqual(receipt.sequence, 1)
      // What was proved in the thief's reach is proved again.
      yield* chain.append(work(), "two")
      assert.isFalse(yield* log.hasObservation("three"))
      const anchor = { publicKey: first, recoveryKey: recoveryKey.publicKey }
      assert.deepInclude(verifyChain(yield* linesOf, anchor, nodeBackend), { ok: true, count: 3 })
      assert.isFalse(verifyChain(yield* linesOf, first, nodeBackend).ok)
      assert.notStrictEqual(key.publicKey, first)
    }).pipe(Effect.provide(chainOn(ProofLog.layerMemory)))
  )

  it.effect("is not made by the key in force, which would convict its own agent of a fork", () =>
    Effect.gen(function* () {
      const chain = yield* ProofChain
      const key = yield* AgentKey
      yield* chain.append(work(), "one")
      yield* chain.append(work(), "two")
      const own = { publicKey: key.publicKey, sign: key.sign }
      const error = yield* Effect.flip(chain.recover("prod-eu-1", own, 0))
      assert.deepInclude(error, { _tag: "RecoveryKeyUnfit", publicKey: key.publicKey })
      assert.lengthOf(yield* linesOf, 2)
    }).pipe(Effect.provide(chainOn(ProofLog.layerMemory)))
  )

  it.effect("starts at the very beginning when nothing is trusted, and nowhere that is not in the chain", () =>
    Effect.gen(function* () {
      const chain = yield* ProofChain
      const recoveryKey = yield* Effect.provide(makeSigningKey, Ed25519Node.layer)
      const tooEarly = yield* Effect.flip(chain.recover("prod-eu-1", recoveryKey, 0))
      assert.deepInclude(tooEarly, { _tag: "ChainForked", expected: 0, received: 1 })
      yield* chain.append(work(), "one")
      const error = yield* Effect.flip(chain.recover("prod-eu-1", recoveryKey, 1))
      assert.deepInclude(error, { _tag: "ChainForked", expected: 1, received: 2 })
      assert.strictEqual((yield* chain.recover("prod-eu-1", recoveryKey, -1)).sequence, 0)
      assert.lengthOf(yield* linesOf, 1)
    }).pipe(Effect.provide(chainOn(ProofLog.layerMemory)))
  )
})
