import { describe, expect, it } from "@effect/vitest"
import * as Database from "@farmops/core/sql/Database"
import { ObservationStore } from "@farmops/plugin-sdk/runtime/ObservationStore"
import * as ObservationStoreSql from "@farmops/plugin-sdk/runtime/ObservationStoreSql"
import { makeObservationKey } from "@farmops/plugin-sdk/runtime/observations/sealedRow"
import { Effect, Fiber, Layer, Logger, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { AgentStatus } from "../src/AgentStatus.ts"
import { layerStoreTables } from "../src/storedChain.ts"
import { makeRuntime, observation, proved } from "./agentFixture.ts"
import { layerAgent, offerAll, pass, started, twoPlugins } from "./dispatcherFixture.ts"

/** A store in a database of this process, and how to fill its disk: SQLite then takes no page more. */
const layerSql = ObservationStoreSql.layer({
  key: makeObservationKey(Redacted.make(new Uint8Array(32).fill(1))),
  keyFile: "observations.key"
}).pipe(Layer.provide(layerStoreTables), Layer.provideMerge(Database.layer(":memory:")))

const pagesMax = Effect.fnUntraced(function* (isFull: boolean) {
  const sql = yield* SqlClient.SqlClient
  const [now] = yield* sql<{ page_count: number }>`PRAGMA page_count`
  yield* sql.unsafe(`PRAGMA max_page_count = ${isFull ? (now?.page_count ?? 0) : 1_000_000}`)
})

describe("a dispatcher whose disk is full", () => {
  it.effect("takes nothing, says so in its status and once in the log, and goes on when there is room again", () =>
    Effect.gen(function* () {
      const runtime = yield* makeRuntime({ "a/one": {} })
      const said: Array<string> = []
      const logger = Logger.make(({ logLevel, message }) => {
        if (logLevel === "Warn") said.push(JSON.stringify(message))
      })
      yield* Effect.gen(function* () {
        const { state } = yield* AgentStatus
        const sink = yield* started
        yield* pagesMax(true)
        for (const name of ["o1", "o2"]) {
          const large = observation(name, { secret: "x".repeat(100_000) })
          expect((yield* Effect.flip(sink.offer(large)))._tag).toBe("ObservationsFull")
        }
        expect(state.value).toMatchObject({
          warnings: ["observations_unwritable"],
          last_error: { code: "ObservationStoreUnavailable" }
        })
        expect(said.length).toBe(1)
        expect(said[0]).toContain("observations_unwritable")
        yield* pagesMax(false)
        yield* offerAll(sink, ["o3"])
        yield* pass(1)
        expect(state.value.warnings).toEqual([])
        expect((yield* proved).length).toBe(1)
      }).pipe(Effect.provide(Layer.merge(layerAgent(runtime), layerSql)), Effect.provide(Logger.layer([logger])))
    }).pipe(Effect.scoped)
  )
})

describe("a dispatcher whose store is full", () => {
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
      }).pipe(Effect.provide(layerAgent(runtime, { limits: { pendingMax: 2 } })))
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
      }).pipe(Effect.provide(layerAgent(runtime, { limits: { pendingMax: 2 } })))
    }).pipe(Effect.scoped)
  )

  it.effect("takes room from what waits for a plugin that is away only when it has been away for a while", () =>
    Effect.gen(function* () {
      const runtime = yield* twoPlugins
      yield* Effect.gen(function* () {
        const store = yield* ObservationStore
        const sink = yield* started
        yield* runtime.change("a/one", { state: "away" })
        yield* pass(1)
        yield* offerAll(sink, ["o1", "o2"])
        yield* pass(1)
        expect((yield* Effect.flip(sink.offer(observation("o3"))))._tag).toBe("ObservationsFull")
        expect(store.usage.value).toMatchObject({ pending: 2, expired: 0 })
        yield* TestClock.adjust("10 minutes")
        yield* offerAll(sink, ["o3"])
        expect(store.usage.value).toMatchObject({ pending: 1, expired: 2 })
      }).pipe(Effect.provide(layerAgent(runtime, { limits: { pendingMax: 2 } })))
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
      }).pipe(Effect.provide(layerAgent(runtime, { limits: { windowMs: 3_600_000 } })))
    }).pipe(Effect.scoped)
  )
})
