import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Logger, Random } from "effect"
import { TestClock } from "effect/testing"
import { inProcessLauncher } from "../src/runtime/launch/launchInProcess.ts"
import { startFailed, type UnitEnd, type UnitLauncher } from "../src/runtime/launch/UnitLaunch.ts"
import { defaultRestart, defaultUnitLimits, type RestartPolicy } from "../src/runtime/PluginManifest.ts"
import { makePluginBoard } from "../src/runtime/supervise/PluginBoard.ts"
import { superviseUnit } from "../src/runtime/supervise/superviseUnit.ts"
import { observation } from "./observation.ts"
import { oddPlugin } from "./oddPlugin.ts"

const id = "farmops/odd"

/** A unit in this process that ends, or does not start, when the test says so. */
const makeStage = Effect.fnUntraced(function* (restart: Partial<RestartPolicy> = {}) {
  const board = yield* makePluginBoard
  const state: {
    end: Deferred.Deferred<UnitEnd> | null
    starts: number
    fails: boolean
    dies: "start" | "end" | null
  } = { end: null, starts: 0, fails: false, dies: null }
  const inner = inProcessLauncher(oddPlugin)
  const launcher: UnitLauncher = {
    ...inner,
    launch: Effect.gen(function* () {
      state.starts++
      if (state.fails) return yield* startFailed(null)("not_ready", "not now")
      if (state.dies === "start") return yield* Effect.die(new Error("a bug"))
      yield* Effect.addFinalizer(() => (state.dies === "end" ? Effect.die(new Error("a bug")) : Effect.void))
      const end = yield* Deferred.make<UnitEnd>()
      state.end = end
      return { ...(yield* inner.launch), ended: Deferred.await(end) }
    })
  }
  const plugin = {
    id,
    sources: null,
    secrets: {},
    configuration: undefined,
    complain: (_: unknown, text: string) => text
  }
  const spec = { key: id, plugins: [plugin], limits: defaultUnitLimits, restart: { ...defaultRestart, ...restart } }
  const unit = yield* superviseUnit(spec, launcher, board)
  yield* unit.attach
  const end = (code: UnitEnd["code"] = "crashed") =>
    Effect.gen(function* () {
      if (state.end !== null) yield* Deferred.succeed(state.end, { code, detail: "it ended" })
      yield* TestClock.adjust(0)
    })
  return { end, state, unit, status: Effect.sync(() => board.status.value[0]) }
})

// With this luck a pause is as long as it can be.
const plain = { nextDoubleUnsafe: () => 1, nextIntUnsafe: () => 0 }

const quiet = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(Effect.provideService(Random.Random, plain), Effect.provide(Logger.layer([])))

describe("a unit that ends", () => {
  it.effect("is started again after a pause that doubles, up to its limit", () =>
    quiet(
      Effect.gen(function* () {
        const { end, state, status, unit } = yield* makeStage({
          backOff: { firstMs: 100, maxMs: 300 },
          crashBudget: 9
        })
        assert.deepStrictEqual(yield* unit.first, [])
        for (const pause of [100, 200, 300, 300]) {
          const { starts } = state
          yield* end()
          assert.strictEqual((yield* status)?.state, "backoff")
          yield* TestClock.adjust(pause - 1)
          assert.strictEqual(state.starts, starts)
          yield* TestClock.adjust(1)
          assert.strictEqual(state.starts, starts + 1)
          assert.strictEqual((yield* status)?.state, "degraded")
        }
      })
    )
  )

  it.effect("is given up when it has ended too often within the window, and only then", () =>
    quiet(
      Effect.gen(function* () {
        const { end, state, status } = yield* makeStage({ crashBudget: 1, windowMs: 60_000 })
        yield* TestClock.adjust(0)
        for (let round = 0; round < 4; round++) {
          yield* end()
          yield* TestClock.adjust("61 seconds")
        }
        assert.strictEqual(state.starts, 5)
        yield* end()
        yield* TestClock.adjust("1 second")
        yield* end()
        assert.deepInclude(yield* status, { state: "deactivated", reason: "crash_budget", faults: { crashed: 6 } })
        yield* TestClock.adjust("1 hour")
        assert.strictEqual(state.starts, 6)
      })
    )
  )

  it.effect.each<[UnitEnd["code"], string]>([
    ["crashed", "crash_budget"],
    ["stuck", "crash_budget"],
    ["memory_limit", "memory_limit"],
    ["cpu_limit", "cpu_limit"],
    ["process_limit", "process_limit"],
    ["disk_limit", "disk_limit"]
  ])("by %s is given up with %s where it may not be started again", ([code, reason]) =>
    quiet(
      Effect.gen(function* () {
        const { end, status } = yield* makeStage({ again: false })
        yield* TestClock.adjust(0)
        yield* end(code)
        const row = yield* status
        assert.strictEqual(row?.state, "deactivated")
        assert.strictEqual(row?.reason, reason)
      })
    )
  )

  it.effect.each<["start" | "end"]>([["start"], ["end"]])(
    "is started again after the agent's own failure at its %s",
    ([when]) =>
      quiet(
        Effect.gen(function* () {
          const { end, state, status } = yield* makeStage()
          yield* TestClock.adjust(0)
          state.dies = when
          yield* end()
          yield* TestClock.adjust("1 second")
          state.dies = null
          yield* TestClock.adjust("1 minute")
          yield* end()
          yield* TestClock.adjust("1 minute")
          assert.deepInclude(yield* status, { state: "degraded", reason: null })
          assert.isAtLeast(state.starts, 3)
        })
      )
  )

  it.effect("keeps a call waiting until it is back, but not for ever", () =>
    quiet(
      Effect.gen(function* () {
        const { end, state, unit } = yield* makeStage({ crashBudget: 9 })
        yield* TestClock.adjust(0)
        const version = unit.plugins()[0]?.version ?? ""
        const ask = Effect.forkChild(Effect.result(unit.verify(id, version, observation("work"))))
        yield* end()
        const first = yield* ask
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* Fiber.join(first))._tag, "Success")
        state.fails = true
        yield* end()
        const second = yield* ask
        yield* TestClock.adjust(defaultUnitLimits.readyMsMax)
        const answer = yield* Fiber.join(second)
        assert.strictEqual(
          answer._tag === "Failure" && answer.failure._tag === "PluginFault" && answer.failure.code,
          "not_ready"
        )
      })
    )
  )
})
