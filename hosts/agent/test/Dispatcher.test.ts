import { describe, expect, it } from "@effect/vitest"
import { type OutboxState, ProofOutbox } from "@farmops/core/delivery/ProofOutbox"
import type { ObservationSink } from "@farmops/plugin-sdk/contract/Source"
import {
  type ObservationLimits,
  ObservationStore,
  ObservationStoreUnavailable
} from "@farmops/plugin-sdk/runtime/ObservationStore"
import { ProofLog } from "@farmops/proof/ProofLog"
import { Effect, Fiber, Layer, SubscriptionRef } from "effect"
import { TestClock } from "effect/testing"
import { AgentStatus } from "../src/AgentStatus.ts"
import { makeDispatcher } from "../src/Dispatcher.ts"
import { OutboxGate } from "../src/OutboxGate.ts"
import { layerChain, makeRuntime, observation, proved } from "./agentFixture.ts"

type Runtime = Effect.Success<ReturnType<typeof makeRuntime>>

const layer = (
  runtime: Runtime,
  options: { readonly limits?: Partial<ObservationLimits>; readonly gate?: Layer.Layer<OutboxGate> } = {}
) =>
  Layer.mergeAll(
    layerChain(),
    AgentStatus.layer("local"),
    ObservationStore.layerMemory(options.limits),
    runtime.layer,
    options.gate ?? OutboxGate.layerOpen
  )

const started = Effect.map(makeDispatcher("local", Effect.void), ({ sink }) => sink)

// Plugins answer and SQLite writes in the event loop's own time, which a test clock does not move.
const turns = Effect.repeat(
  Effect.promise(() => new Promise<void>((done) => setImmediate(done))),
  { times: 40 }
)
// Second by second, so that what a sleep ends in has its turn before the next one.
const pass = (seconds: number) =>
  Effect.repeat(Effect.andThen(TestClock.adjust("1 second"), turns), { times: seconds - 1 })

const offerAll = (sink: ObservationSink, names: ReadonlyArray<string>, subject: string | null = null) =>
  Effect.forEach(names, (name) => sink.offer(observation(name, {}, { subject })), { discard: true })

const pending = Effect.map(ObservationStore, (store) => store.usage.value.pending)

const twoPlugins = makeRuntime({ "a/one": { fields: ["/do"] }, "a/two": { fields: ["/secret", "/id"] } })

describe("the dispatcher", () => {
  it.effect("brings an observation to each plugin that wants it, cut to what it may see, and lets go of it then", () =>
    Effect.gen(function* () {
      const runtime = yield* makeRuntime({
        "a/one": { fields: ["/do"] },
        "a/two": { fields: ["/secret"] },
        "a/other": { source: "other" }
      })
      yield* Effect.gen(function* () {
        const sink = yield* started
        yield* sink.offer(observation("o1", { do: "it", secret: "s" }))
        yield* pass(1)
        expect(runtime.plugin("a/one").sent).toEqual([{ do: "it" }])
        expect(runtime.plugin("a/two").sent).toEqual([{ secret: "s" }])
        expect(runtime.plugin("a/other").asked).toEqual([])
        expect((yield* proved).toSorted()).toEqual(["a/one o1: Did it", "a/two o1: Did it"])
        expect(yield* pending).toBe(0)
        yield* sink.offer(observation("o1", { do: "it", secret: "s" }))
        yield* pass(1)
        expect(runtime.plugin("a/one").asked).toEqual(["o1"])
      }).pipe(Effect.provide(layer(runtime)))
    }).pipe(Effect.scoped)
  )

  it.effect("files a proof of the git plugin under the observation alone, as earlier logs have it", () =>
    Effect.gen(function* () {
      const runtime = yield* makeRuntime({ "farmops/git-history": {} })
      yield* Effect.gen(function* () {
        yield* offerAll(yield* started, ["o1"])
        yield* pass(1)
        expect(yield* proved).toEqual(["o1: Did it"])
      }).pipe(Effect.provide(layer(runtime)))
    }).pipe(Effect.scoped)
  )

  it.effect(
    "keeps what a plugin that fails has not answered, while the other goes on, and delivers it in order later",
    () =>
      Effect.gen(function* () {
        const runtime = yield* twoPlugins
        yield* Effect.gen(function* () {
          const { state } = yield* AgentStatus
          const sink = yield* started
          runtime.plugin("a/one").failsOn(() => true)
          yield* offerAll(sink, ["o1", "o2", "o3"], "subject")
          yield* pass(60)
          expect(yield* proved).toEqual(["a/two o1: Did it", "a/two o2: Did it", "a/two o3: Did it"])
          expect(yield* pending).toBe(3)
          expect(new Set(runtime.plugin("a/one").asked)).toEqual(new Set(["o1"]))
          expect(state.value).toMatchObject({ phase: "degraded", last_error: { code: "plugin_crashed" } })
          runtime.plugin("a/one").failsOn(() => false)
          yield* pass(120)
          expect((yield* proved).slice(3)).toEqual(["a/one o1: Did it", "a/one o2: Did it", "a/one o3: Did it"])
          expect(yield* pending).toBe(0)
          expect(state.value.phase).not.toBe("degraded")
        }).pipe(Effect.provide(layer(runtime)))
      }).pipe(Effect.scoped)
  )

  it.effect("lets one that fails hold up its own subject and no other", () =>
    Effect.gen(function* () {
      const runtime = yield* makeRuntime({ "a/one": {} })
      yield* Effect.gen(function* () {
        const sink = yield* started
        runtime.plugin("a/one").failsOn((id) => id === "bad")
        yield* offerAll(sink, ["bad", "behind"], "s1")
        for (let at = 0; at < 40; at++) yield* offerAll(sink, [`o${at}`], at % 2 === 0 ? "s2" : null)
        yield* pass(30)
        expect((yield* proved).length).toBe(40)
        expect(runtime.plugin("a/one").asked).not.toContain("behind")
        const evens = Array.from({ length: 20 }, (_, at) => `o${2 * at}`)
        expect(runtime.plugin("a/one").asked.filter((id) => evens.includes(id))).toEqual(evens)
      }).pipe(Effect.provide(layer(runtime)))
    }).pipe(Effect.scoped)
  )

  it.effect(
    "hands a plugin what it remembers of the subject, one observation after another, and forgets when it says so",
    () =>
      Effect.gen(function* () {
        const runtime = yield* makeRuntime({ "a/one": {} })
        yield* Effect.gen(function* () {
          const sink = yield* started
          for (const [at, act] of ["fire", "fire", "fire", "over", "over"].entries()) {
            for (const subject of ["s1", "s2"]) {
              if (subject === "s2" && at === 0) continue
              yield* sink.offer(observation(`${subject}-${at}`, { do: act }, { subject }))
            }
          }
          yield* pass(1)
          expect((yield* proved).toSorted()).toEqual([
            "a/one s1-3: Ended 3 fires",
            "a/one s1-4: Ended 0 fires",
            "a/one s2-3: Ended 2 fires",
            "a/one s2-4: Ended 0 fires"
          ])
          expect((yield* AgentStatus).state.value).toMatchObject({ proved: 4, rejected: 5 })
        }).pipe(Effect.provide(layer(runtime)))
      }).pipe(Effect.scoped)
  )

  it.effect("gives the same proof and the same memory when a crash came between the two", () =>
    Effect.gen(function* () {
      const runtime = yield* makeRuntime({ "a/one": {} })
      let away = true
      const flaky = Layer.effect(
        ObservationStore,
        Effect.map(ObservationStore, (store) => ({
          ...store,
          settle: (...given: Parameters<typeof store.settle>) =>
            Effect.suspend(() =>
              away && given[1].observationId === "o2"
                ? Effect.fail(new ObservationStoreUnavailable({ cause: "disk full" }))
                : store.settle(...given)
            )
        }))
      ).pipe(Layer.provide(ObservationStore.layerMemory()))
      yield* Effect.gen(function* () {
        const sink = yield* started
        yield* sink.offer(observation("o1", { do: "fire" }, { subject: "s" }))
        yield* sink.offer(observation("o2", { do: "over" }, { subject: "s" }))
        yield* sink.offer(observation("o3", { do: "over" }, { subject: "s" }))
        yield* pass(5)
        expect(yield* proved).toEqual(["a/one o2: Ended 1 fires"])
        expect(yield* pending).toBe(2)
        away = false
        yield* pass(60)
        expect(yield* proved).toEqual(["a/one o2: Ended 1 fires", "a/one o3: Ended 0 fires"])
        expect(yield* pending).toBe(0)
        expect((yield* AgentStatus).state.value.proved).toBe(2)
      }).pipe(Effect.provide(Layer.merge(layer(runtime), flaky)))
    }).pipe(Effect.scoped)
  )

  it.effect("finds what waits after a restart, and asks only those who have not answered", () =>
    Effect.gen(function* () {
      const runtime = yield* twoPlugins
      yield* Effect.gen(function* () {
        runtime.plugin("a/one").failsOn(() => true)
        yield* Effect.scoped(
          Effect.gen(function* () {
            yield* offerAll(yield* started, ["o1"])
            yield* pass(2)
          })
        )
        expect(yield* pending).toBe(1)
        runtime.plugin("a/one").failsOn(() => false)
        yield* started
        yield* pass(1)
        expect(yield* proved).toEqual(["a/two o1: Did it", "a/one o1: Did it"])
        expect(runtime.plugin("a/two").asked).toEqual(["o1"])
        expect(yield* pending).toBe(0)
      }).pipe(Effect.provide(layer(runtime)))
    }).pipe(Effect.scoped)
  )

  it.effect("lets go at once of what no plugin wants, and keeps it for one that has not described itself yet", () =>
    Effect.gen(function* () {
      const runtime = yield* twoPlugins
      yield* Effect.gen(function* () {
        const sink = yield* started
        yield* sink.offer(observation("o1", {}, { sourceType: "other" }))
        expect(yield* pending).toBe(0)
        yield* runtime.change("a/two", { version: null, sources: [], state: "starting" })
        yield* pass(1)
        yield* sink.offer(observation("o2"))
        yield* pass(1)
        expect(yield* proved).toEqual(["a/one o2: Did it"])
        expect(yield* pending).toBe(1)
        yield* runtime.change("a/two", { version: "1.0.0", sources: ["test"], state: "ready" })
        yield* pass(1)
        expect(yield* proved).toEqual(["a/one o2: Did it", "a/two o2: Did it"])
        expect(yield* pending).toBe(0)
      }).pipe(Effect.provide(layer(runtime)))
    }).pipe(Effect.scoped)
  )

  it.effect(
    "does not ask a deactivated plugin, waits for its return, and waits no more once it is out of the manifest",
    () =>
      Effect.gen(function* () {
        const runtime = yield* twoPlugins
        yield* Effect.gen(function* () {
          const sink = yield* started
          yield* runtime.change("a/one", { state: "deactivated", reason: "crash_budget" })
          yield* pass(1)
          yield* offerAll(sink, ["o1"])
          yield* pass(600)
          expect(runtime.plugin("a/one").asked).toEqual([])
          expect(yield* proved).toEqual(["a/two o1: Did it"])
          expect(yield* pending).toBe(1)
          yield* runtime.change("a/one", { state: "ready", reason: null })
          yield* pass(1)
          expect(yield* proved).toEqual(["a/two o1: Did it", "a/one o1: Did it"])
          yield* runtime.change("a/one", { state: "deactivated", reason: "crash_budget" })
          yield* pass(1)
          yield* offerAll(sink, ["o2"])
          yield* pass(1)
          expect(yield* pending).toBe(1)
          yield* runtime.change("a/one", null)
          yield* pass(1)
          expect(yield* pending).toBe(0)
        }).pipe(Effect.provide(layer(runtime)))
      }).pipe(Effect.scoped)
  )

  it.effect("makes no proof of a leak, blames the plugin, and goes on", () =>
    Effect.gen(function* () {
      const runtime = yield* makeRuntime({ "a/one": {} })
      yield* Effect.gen(function* () {
        const sink = yield* started
        yield* sink.offer(observation("o1", { do: "leak" }))
        yield* sink.offer(observation("o2"))
        yield* pass(1)
        expect(yield* proved).toEqual(["a/one o2: Did it"])
        expect(runtime.plugin("a/one").blamed).toEqual(["leak"])
        expect((yield* AgentStatus).state.value).toMatchObject({
          refused: 1,
          last_error: { code: "description_not_a_template" }
        })
        expect(yield* pending).toBe(0)
      }).pipe(Effect.provide(layer(runtime)))
    }).pipe(Effect.scoped)
  )

  it.effect("says that it is full, lets a source that asks wait, and takes more once there is room", () =>
    Effect.gen(function* () {
      const runtime = yield* makeRuntime({ "a/one": {} })
      yield* Effect.gen(function* () {
        const { state } = yield* AgentStatus
        const sink = yield* started
        runtime.plugin("a/one").failsOn(() => true)
        yield* offerAll(sink, ["o1", "o2"])
        expect((yield* Effect.flip(sink.offer(observation("o3"))))._tag).toBe("ObservationsFull")
        expect(state.value.warnings).toEqual(["observations_full"])
        const waits = yield* Effect.forkChild(sink.put(observation("o4")))
        yield* pass(20)
        expect(waits.pollUnsafe()).toBeUndefined()
        runtime.plugin("a/one").failsOn(() => false)
        yield* pass(60)
        yield* Fiber.join(waits)
        yield* pass(1)
        expect((yield* proved).length).toBe(3)
        expect(state.value.warnings).toEqual([])
      }).pipe(Effect.provide(layer(runtime, { limits: { pendingMax: 2 } })))
    }).pipe(Effect.scoped)
  )

  it.effect("lets what waits for a deactivated plugin alone give way when it is full, and counts it", () =>
    Effect.gen(function* () {
      const runtime = yield* twoPlugins
      yield* Effect.gen(function* () {
        const store = yield* ObservationStore
        const sink = yield* started
        yield* runtime.change("a/one", { state: "deactivated", reason: "crash_budget" })
        yield* pass(1)
        yield* offerAll(sink, ["o1", "o2"])
        yield* pass(1)
        expect(store.usage.value).toMatchObject({ pending: 2, expired: 0 })
        yield* offerAll(sink, ["o3"])
        yield* pass(1)
        expect(store.usage.value).toMatchObject({ pending: 1, expired: 2 })
        expect(yield* proved).toEqual(["a/two o1: Did it", "a/two o2: Did it", "a/two o3: Did it"])
        expect((yield* AgentStatus).state.value.last_error?.code).toBe("observations_expired")
        runtime.plugin("a/two").failsOn(() => true)
        yield* offerAll(sink, ["o4"])
        yield* pass(1)
        yield* offerAll(sink, ["o5"])
        expect((yield* Effect.flip(sink.offer(observation("o6"))))._tag).toBe("ObservationsFull")
      }).pipe(Effect.provide(layer(runtime, { limits: { pendingMax: 2 } })))
    }).pipe(Effect.scoped)
  )

  it.effect("lets go of what waited for longer than the window, and shows that it did", () =>
    Effect.gen(function* () {
      const runtime = yield* makeRuntime({ "a/one": {} })
      yield* Effect.gen(function* () {
        const store = yield* ObservationStore
        runtime.plugin("a/one").failsOn(() => true)
        yield* offerAll(yield* started, ["o1"])
        yield* Effect.repeat(TestClock.adjust("5 minutes"), { times: 15 })
        expect(store.usage.value).toMatchObject({ pending: 0, expired: 1 })
        const asked = runtime.plugin("a/one").asked.length
        yield* Effect.repeat(TestClock.adjust("5 minutes"), { times: 5 })
        expect(runtime.plugin("a/one").asked.length).toBeLessThanOrEqual(asked + 1)
      }).pipe(Effect.provide(layer(runtime, { limits: { windowMs: 3_600_000 } })))
    }).pipe(Effect.scoped)
  )
})

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
