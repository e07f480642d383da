import { describe, expect, it } from "@effect/vitest"
import { type OutboxState, ProofOutbox } from "@farmops/core/delivery/ProofOutbox"
import { ObservationStore } from "@farmops/plugin-sdk/runtime/ObservationStore"
import { ProofLog } from "@farmops/proof/ProofLog"
import { Effect, Fiber, Layer, SubscriptionRef } from "effect"
import { AgentStatus } from "../src/AgentStatus.ts"
import { OutboxGate } from "../src/OutboxGate.ts"
import { layerChain, makeRuntime, observation, proved } from "./agentFixture.ts"
import { offerAll, pass, started } from "./dispatcherFixture.ts"

const gatedAgent = Effect.gen(function* () {
  const runtime = yield* makeRuntime({ "a/one": {} })
  const state = yield* SubscriptionRef.make<OutboxState>({
    delivered: 0,
    pending: 0,
    lastError: null,
    stopped: null
  })
  const outbox = Layer.succeed(ProofOutbox, { state, wake: Effect.void, run: Effect.never })
  const gated = Layer.unwrap(
    Effect.gen(function* () {
      const log = Layer.succeed(ProofLog, yield* Effect.provide(ProofLog, ProofLog.layerMemory))
      const base = Layer.mergeAll(
        layerChain(log),
        AgentStatus.layer("local"),
        ObservationStore.layerMemory(),
        runtime.layer,
        outbox
      )
      return OutboxGate.layer(10).pipe(Layer.provideMerge(base))
    })
  )
  return { gated, runtime, state }
})

describe("a full outbox", () => {
  it.effect("pauses observation with a warning, drops nothing, and lets it go on when the tracker has taken some", () =>
    Effect.gen(function* () {
      const { gated, runtime, state } = yield* gatedAgent
      yield* Effect.gen(function* () {
        const status = (yield* AgentStatus).state
        const log = yield* ProofLog
        const sink = yield* started
        runtime.plugin("a/one").failsOn(() => true)
        const early = Array.from({ length: 60 }, (_, at) => `e${at}`)
        yield* offerAll(sink, early)
        yield* pass(1)
        runtime.plugin("a/one").failsOn(() => false)
        yield* pass(120)
        // What is in the store waits too; only what was in hand when the bound was met may pass it.
        const held = (yield* proved).length
        expect(held).toBeGreaterThanOrEqual(10)
        expect(held).toBeLessThan(30)
        yield* log.markDelivered(held - 1)
        yield* SubscriptionRef.update(state, (now) => ({ ...now, delivered: held }))
        runtime.plugin("a/one").failsOn((id) => id.startsWith("e"))
        yield* pass(1)
        expect(status.value.warnings).toEqual([])
      }).pipe(Effect.provide(gated))
    }).pipe(Effect.scoped)
  )

  it.effect("lets a source wait, or tells it to come later", () =>
    Effect.gen(function* () {
      const { gated, state } = yield* gatedAgent
      yield* Effect.gen(function* () {
        const status = (yield* AgentStatus).state
        const log = yield* ProofLog
        const sink = yield* started
        for (let at = 0; at < 10; at++) yield* Effect.andThen(offerAll(sink, [`o${at}`]), pass(1))
        expect((yield* Effect.flip(sink.offer(observation("late"))))._tag).toBe("ObservationsFull")
        expect(status.value).toMatchObject({ phase: "degraded", warnings: ["outbox_full"] })
        const waits = yield* Effect.forkChild(sink.put(observation("o10")))
        yield* pass(30)
        expect((yield* proved).length).toBe(10)
        // One more than that would close it again at once.
        yield* log.markDelivered(0)
        yield* SubscriptionRef.update(state, (now) => ({ ...now, delivered: 1 }))
        yield* pass(2)
        yield* Fiber.join(waits)
        yield* pass(1)
        expect((yield* proved).length).toBe(11)
        yield* log.markDelivered(10)
        yield* SubscriptionRef.update(state, (now) => ({ ...now, delivered: 11 }))
        yield* pass(1)
        expect(status.value.warnings).toEqual([])
        expect(status.value.phase).not.toBe("degraded")
        yield* offerAll(sink, ["late"])
        yield* pass(1)
        expect((yield* proved).length).toBe(12)
      }).pipe(Effect.provide(gated))
    }).pipe(Effect.scoped)
  )
})
