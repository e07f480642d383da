import { describe, expect, it } from "@effect/vitest"
import type { Observation } from "@farmops/plugin-sdk/contract/Observation"
import { AgentKey } from "@farmops/proof/AgentKey"
import * as Ed25519Node from "@farmops/proof/Ed25519Node"
import { FarmSalt } from "@farmops/proof/FarmSalt"
import { ProofBuilder } from "@farmops/proof/ProofBuilder"
import { ProofChain } from "@farmops/proof/ProofChain"
import { ProofLog, ProofLogUnavailable } from "@farmops/proof/ProofLog"
import { DateTime, Effect, Fiber, Layer, Redacted, Ref, Stream } from "effect"
import { TestClock } from "effect/testing"
import { AgentStatus } from "../src/AgentStatus.ts"
import { OutboxGate } from "../src/OutboxGate.ts"
import { type Examined, type ExamineFault, Examiner, settleAll } from "../src/Pipeline.ts"

const now = DateTime.makeUnsafe("2026-01-05T10:00:00Z")

const observation = (id: string): Observation => ({
  observationId: id,
  sourceType: "test",
  rawData: new TextEncoder().encode(JSON.stringify({ id })),
  detectedAt: now,
  occurredAt: now,
  subject: null,
  actor: { identifier: Redacted.make("ann@example.org"), type: "human" }
})

const work = (seen: Observation): Examined => ({
  _tag: "Work",
  work: {
    timestamp: seen.occurredAt,
    clusterAlias: "local",
    actor: seen.actor,
    action: {
      plugin: "farmops/test",
      action_type: "fix",
      category: "toil",
      subcategory: null,
      description: "Fixed it"
    },
    status: "success",
    evidence: seen.rawData,
    hints: { complexity: "low", impact_radius: 1, artifacts_touched: 1, time_spent_seconds: null }
  }
})

type Answer = (seen: Observation) => Effect.Effect<Examined, ExamineFault>

const layer = (answer: Answer, log: Layer.Layer<ProofLog> = ProofLog.layerMemory) =>
  ProofChain.layer.pipe(
    Layer.provide(ProofBuilder.layer),
    Layer.provideMerge(
      Layer.mergeAll(
        log,
        AgentStatus.layer("local"),
        OutboxGate.layerOpen,
        Layer.succeed(Examiner, { examine: answer }),
        FarmSalt.layer(Redacted.make(new Uint8Array(32))),
        AgentKey.layerMemory.pipe(Layer.provide(Ed25519Node.layer))
      )
    )
  )

// Second by second, so that what a sleep ends in has its turn before the next one.
const pass = (seconds: number) => Effect.repeat(TestClock.adjust("1 second"), { times: seconds - 1 })

const ids = (count: number) => Array.from({ length: count }, (_, i) => `o${i}`)
const settle = (names: ReadonlyArray<string>) => settleAll(Stream.fromIterable(names.map(observation)), Effect.void)

const proved = Effect.gen(function* () {
  const log = yield* ProofLog
  return (yield* log.entriesAfter(-1, 1000)).map((entry) => entry.observationId)
})

describe("the agent's pipeline", () => {
  it.effect("proves observations in the source's order, however long each examination takes", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(settle(ids(20)))
      yield* pass(60)
      yield* Fiber.join(fiber)
      expect(yield* proved).toEqual(ids(20))
    }).pipe(
      Effect.provide(
        layer((seen) => Effect.delay(Effect.succeed(work(seen)), 20 - Number(seen.observationId.slice(1))))
      )
    )
  )

  it.effect("proves nothing twice when the backlog is run again", () =>
    Effect.gen(function* () {
      yield* settle(ids(5))
      yield* settle(ids(8))
      expect(yield* proved).toEqual(ids(8))
      const { state } = yield* AgentStatus
      expect(state.value.proved).toBe(8)
    }).pipe(Effect.provide(layer((seen) => Effect.succeed(work(seen)))))
  )

  it.effect("asks about a rejected observation once", () =>
    Effect.gen(function* () {
      const asked = yield* Ref.make(0)
      const reject = () =>
        Effect.as(
          Ref.update(asked, (n) => n + 1),
          { _tag: "Rejected" } as const
        )
      yield* Effect.gen(function* () {
        yield* settle(ids(1))
        yield* settle(ids(1))
        expect(yield* Ref.get(asked)).toBe(1)
        expect(yield* proved).toEqual([])
      }).pipe(Effect.provide(layer(reject)))
    })
  )

  it.effect("asks again about one on which the plugin could not decide", () =>
    Effect.gen(function* () {
      const asked = yield* Ref.make(0)
      const shrug = () =>
        Effect.as(
          Ref.update(asked, (n) => n + 1),
          { _tag: "Inconclusive" } as const
        )
      yield* Effect.andThen(settle(ids(1)), settle(ids(1))).pipe(Effect.provide(layer(shrug)))
      expect(yield* Ref.get(asked)).toBe(2)
    })
  )

  it.effect("settles what LeakGuard keeps back, counts it, and names the code only", () =>
    Effect.gen(function* () {
      yield* settle(["o0", "o1"])
      expect(yield* proved).toEqual(["o1"])
      const { state } = yield* AgentStatus
      expect(state.value).toMatchObject({ refused: 1, last_error: { code: "description_not_a_template" } })
      expect(yield* Effect.flatMap(ProofLog, (log) => log.hasObservation("o0"))).toBe(true)
    }).pipe(
      Effect.provide(
        layer((seen) =>
          Effect.succeed(
            seen.observationId === "o0" ? { _tag: "Refused", code: "description_not_a_template" } : work(seen)
          )
        )
      )
    )
  )

  it.effect(
    "lets nothing pass an observation whose plugin fails, shows it, and goes on in order when it is cured",
    () =>
      Effect.gen(function* () {
        const broken = yield* Ref.make(true)
        const answer: Answer = (seen) =>
          Effect.flatMap(Ref.get(broken), (isBroken) =>
            isBroken && seen.observationId !== "o0"
              ? Effect.fail({ code: "plugin_crashed" })
              : Effect.succeed(work(seen))
          )
        yield* Effect.gen(function* () {
          const { state, update } = yield* AgentStatus
          yield* update({ phase: "backfilling" })
          const fiber = yield* Effect.forkChild(settle(ids(4)))
          yield* pass(1)
          expect(state.value.phase).toBe("backfilling")
          yield* pass(60)
          expect(state.value).toMatchObject({ phase: "degraded", last_error: { code: "plugin_crashed" } })
          expect(yield* proved).toEqual(["o0"])
          yield* Ref.set(broken, false)
          yield* pass(60)
          yield* Fiber.join(fiber)
          expect(yield* proved).toEqual(ids(4))
          expect(state.value.phase).toBe("backfilling")
        }).pipe(Effect.provide(layer(answer)))
      })
  )

  it.effect("waits for a log that is away instead of losing what it has in hand", () =>
    Effect.gen(function* () {
      const away = yield* Ref.make(true)
      const flaky = Layer.effect(
        ProofLog,
        Effect.map(ProofLog, (log) => ({
          ...log,
          append: (entry: Parameters<typeof log.append>[0]) =>
            Effect.flatMap(Ref.get(away), (isAway) =>
              isAway ? Effect.fail(new ProofLogUnavailable({ cause: "disk full" })) : log.append(entry)
            )
        }))
      ).pipe(Layer.provide(ProofLog.layerMemory))
      yield* Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(settle(ids(3)))
        yield* pass(30)
        expect((yield* AgentStatus).state.value.phase).toBe("degraded")
        yield* Ref.set(away, false)
        yield* pass(30)
        yield* Fiber.join(fiber)
        expect(yield* proved).toEqual(ids(3))
      }).pipe(Effect.provide(layer((seen) => Effect.succeed(work(seen)), flaky)))
    })
  )
})
