import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import {
  type Arena,
  detectConfinement,
  eventually,
  fight,
  type Level,
  lacking,
  processesWith,
  type Setting,
  world
} from "./arena.ts"

const mib = 1024 * 1024

const hold = <E>(name: string, setting: Setting, body: (arena: Arena) => Effect.Effect<unknown, E>) =>
  it.live(`${name} (${setting.level})`, (context) =>
    Effect.gen(function* () {
      const lack = lacking(yield* detectConfinement, setting.level)
      if (lack !== null) return context.skip(lack)
      yield* fight(setting, body)
    })
  )

const walled: ReadonlyArray<Level> = ["permission", "bubblewrap"]

describe("a plugin that means harm", () => {
  hold(
    "that hangs is late once and replaced",
    { level: "process", limits: { callMsMax: 500 }, crashBudget: 3 },
    (arena) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* arena.outcome("hang"), "deadline")
        const { faults, last_fault } = yield* arena.status
        assert.strictEqual(faults.deadline, 1)
        assert.strictEqual(last_fault?.code, "deadline")
        const { starts } = (yield* arena.until(({ starts, state }) => starts === 2 && state === "degraded")) ?? {}
        assert.strictEqual(starts, 2)
        assert.strictEqual(yield* arena.outcome("work"), "verified")
      })
  )

  hold("that crashes again and again is given up", { level: "process", crashBudget: 2 }, (arena) =>
    Effect.gen(function* () {
      for (let crash = 0; crash < 3; crash++) assert.strictEqual(yield* arena.outcome("crash"), "crashed")
      const row = yield* arena.until(({ state }) => state === "deactivated")
      assert.deepInclude(row, { reason: "crash_budget", starts: 3, confinement: "process", pid: null })
      assert.strictEqual(row?.faults.crashed, 3)
      assert.strictEqual(yield* arena.outcome("work"), "deactivated")
    })
  )

  hold(
    "that asks for a gigabyte at once does not get it",
    { level: "process", limits: { memoryMibMax: 200 } },
    (arena) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* arena.outcome("allocate at once"), "error")
        assert.strictEqual(yield* arena.outcome("work"), "verified")
        assert.strictEqual((yield* arena.status).starts, 1)
      })
  )

  hold(
    "that stops itself is late and replaced",
    { level: "bubblewrap", limits: { callMsMax: 500 }, crashBudget: 3 },
    (arena) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* arena.outcome("stop"), "deadline")
        yield* arena.until(({ starts, state }) => starts === 2 && state === "degraded")
        assert.strictEqual(yield* arena.outcome("work"), "verified")
      })
  )

  for (const level of ["process", "bubblewrap"] as const) {
    hold("that grows to a gigabyte is killed at its limit", { level, limits: { memoryMibMax: 200 } }, (arena) =>
      Effect.gen(function* () {
        yield* arena.outcome("allocate")
        const row = yield* arena.until(({ state }) => state === "deactivated")
        assert.strictEqual(row?.reason, "memory_limit")
      })
    )

    hold("that burns the processor in the background is killed", { level, limits: { cpuPercentMax: 10 } }, (arena) =>
      Effect.gen(function* () {
        yield* arena.outcome("burn")
        const row = yield* arena.until(({ state }) => state === "deactivated")
        assert.strictEqual(row?.reason, "cpu_limit")
      })
    )

    hold(
      "that does not listen to SIGTERM is killed all the same",
      { level, temper: "deaf", limits: { stopMsMax: 300 } },
      (arena) =>
        Effect.gen(function* () {
          assert.strictEqual(yield* arena.outcome("work"), "verified")
          assert.isAbove(processesWith(arena.mark), 0)
        })
    )
  }

  for (const level of walled) {
    hold("reads neither the host's files nor the agent's key, and writes nowhere", { level }, (arena) =>
      Effect.gen(function* () {
        const { folder, key } = yield* world
        assert.strictEqual(yield* arena.outcome("read", { path: "/etc/passwd" }), "denied")
        assert.strictEqual(yield* arena.outcome("read", { path: key }), "denied")
        assert.strictEqual(yield* arena.outcome("reach out through a link", { path: key }), "denied")
        assert.strictEqual(yield* arena.outcome("write", { path: folder }), "denied")
        assert.deepInclude(yield* arena.status, { confinement: level, state: "ready" })
      }).pipe(Effect.scoped)
    )
  }

  for (const level of walled) {
    hold("fills the folder of its socket and is killed at the limit", { level }, (arena) =>
      Effect.gen(function* () {
        yield* arena.outcome("fill its folder")
        const row = yield* arena.until(({ state }) => state === "deactivated")
        assert.strictEqual(row?.reason, "disk_limit")
      })
    )
  }

  hold("opens no connection", { level: "bubblewrap" }, (arena) =>
    Effect.gen(function* () {
      const { port } = yield* world
      assert.strictEqual(yield* arena.outcome("connect", { port }), "denied")
    }).pipe(Effect.scoped)
  )

  hold("starts no other program", { level: "permission" }, (arena) =>
    Effect.gen(function* () {
      assert.strictEqual(yield* arena.outcome("start a program"), "denied")
      assert.strictEqual(yield* arena.outcome("leave a child and stay"), "error")
    })
  )

  for (const level of ["process", "bubblewrap"] as const) {
    hold(
      "forks without end and is killed with all it forked",
      { level, limits: { processesMax: 30, memoryMibMax: 8192 } },
      (arena) =>
        Effect.gen(function* () {
          yield* arena.outcome("fork")
          const row = yield* arena.until(({ state }) => state === "deactivated")
          assert.strictEqual(row?.reason, "process_limit")
          yield* eventually(() => processesWith(arena.mark) === 0)
        })
    )

    hold("leaves a child behind, which ends with it", { level, crashBudget: 5 }, (arena) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* arena.outcome("leave a child and stay"), "verified")
        yield* eventually(() => processesWith(arena.mark) > 1)
        assert.strictEqual(yield* arena.outcome("leave a child and crash"), "crashed")
        yield* arena.until(({ starts, state }) => starts === 2 && state === "degraded")
        assert.strictEqual(yield* arena.outcome("work"), "verified")
      })
    )
  }

  hold("leaves a child without parent, session or name behind, which ends with it", { level: "bubblewrap" }, (arena) =>
    Effect.gen(function* () {
      assert.strictEqual(yield* arena.outcome("leave a child without a name and crash"), "crashed")
      yield* eventually(() => processesWith(arena.mark) === 0)
      yield* arena.until(({ reason }) => reason === "crash_budget")
    })
  )

  hold("lies about its category and is given up the third time", { level: "process" }, (arena) =>
    Effect.gen(function* () {
      for (let lie = 0; lie < 3; lie++) {
        assert.strictEqual(yield* arena.proved("lie about the category"), "category_not_published")
      }
      assert.deepInclude(yield* arena.status, { state: "deactivated", reason: "leak" })
    })
  )

  hold("names a host in a description or a subcategory, and no proof is made of it", { level: "process" }, (arena) =>
    Effect.gen(function* () {
      assert.strictEqual(yield* arena.proved("name the host"), "description_not_a_template")
      assert.strictEqual(yield* arena.proved("name it in the subcategory"), "subcategory_not_published")
      assert.strictEqual((yield* arena.status).faults.leak, 2)
      assert.strictEqual(yield* arena.proved("work"), "proved")
    })
  )

  hold("answers with 5 MB or shouts at the log, and the agent stays as it is", { level: "process" }, (arena) =>
    Effect.gen(function* () {
      const before = process.memoryUsage().rss
      assert.strictEqual(yield* arena.outcome("answer with 5 MB"), "answer")
      assert.strictEqual(yield* arena.outcome("shout"), "verified")
      assert.strictEqual(yield* arena.outcome("work"), "verified")
      assert.isBelow(process.memoryUsage().rss - before, 200 * mib)
      assert.strictEqual((yield* arena.status).faults.answer, 1)
    })
  )
})

const session = (manner: string): Setting => ({
  level: "process",
  program: "hostileSession.ts",
  temper: manner,
  limits: { callMsMax: 5_000 },
  crashBudget: 5
})

describe("a plugin that means harm, over a Session,", () => {
  hold("floods the agent with 100,000 verdicts that nobody asked for, and is heard once", session("flood"), (arena) =>
    Effect.gen(function* () {
      const before = process.memoryUsage().rss
      assert.strictEqual(yield* arena.outcome("work"), "rejected")
      assert.deepStrictEqual((yield* arena.status).faults, {})
      assert.isBelow(process.memoryUsage().rss - before, 300 * mib)
    })
  )

  hold("answers another request than it was asked, and that is none", session("stranger"), (arena) =>
    Effect.gen(function* () {
      const outcomes = yield* Effect.all([arena.outcome("work"), arena.outcome("work")], { concurrency: "unbounded" })
      assert.include(outcomes, "deadline")
      assert.isAtLeast((yield* arena.status).faults.deadline ?? 0, 1)
    })
  )

  hold("answers one request three times, and is heard once", session("twice"), (arena) =>
    Effect.gen(function* () {
      for (let call = 0; call < 3; call++) assert.strictEqual(yield* arena.outcome("work"), "rejected")
    })
  )

  for (const manner of ["5 MB", "endless", "nonsense"]) {
    hold(`sends ${manner}, which is a fault and no verdict`, session(manner), (arena) =>
      Effect.gen(function* () {
        const before = process.memoryUsage().rss
        assert.strictEqual(yield* arena.outcome("work"), "answer")
        assert.deepStrictEqual((yield* arena.status).faults, { answer: 1 })
        assert.isBelow(process.memoryUsage().rss - before, 200 * mib)
      })
    )
  }
})
