import { assert, describe, it } from "@effect/vitest"
import * as Database from "@farmops/core/sql/Database"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { ActionLog } from "../src/ActionLog.ts"
import { addSpend, readTallies } from "../src/actionCounts.ts"
import { actionKey } from "../src/actionKey.ts"
import { tallyNone } from "../src/policy/TriageSituation.ts"
import type { Action } from "../src/protocol/Decision.ts"
import { triageMigrations } from "../src/triageTables.ts"
import { entryOf, issueOf, planned } from "./issues.ts"

const database = Database.layerMigrations("harness", triageMigrations).pipe(
  Layer.provideMerge(Database.layer(":memory:"))
)
const onLog = <A, E>(effect: Effect.Effect<A, E, ActionLog | SqlClient.SqlClient>) =>
  effect.pipe(Effect.provide(ActionLog.layer.pipe(Layer.provideMerge(database))))

const task = "0b0b8a86-4f0a-4f4e-8a53-1d2a4c1c8a11"
const other = "0b0b8a86-4f0a-4f4e-8a53-1d2a4c1c8a12"
const label: Action = { type: "add_label", label: "bug" }
const comment: Action = { type: "comment", body: "Thank you." }

const start = Date.parse("2026-01-31T12:00:00Z")

describe("ActionLog", () => {
  it.effect("writes the decision in the specification's columns and its actions beside it", () =>
    onLog(
      Effect.gen(function* () {
        yield* TestClock.setTime(start)
        const log = yield* ActionLog
        const id = yield* log.record(entryOf(task, [label, comment]))
        assert.deepStrictEqual(yield* log.log("octo/farm", 7), [
          {
            id,
            repo: "octo/farm",
            issue_id: 7,
            task_type: "issue.triage",
            decision: "label_and_respond",
            rationale: "it names a crash",
            actions: JSON.stringify([label, comment]),
            timestamp: "2026-01-31 12:00:00"
          }
        ])
        const actions = yield* log.actions(task)
        assert.deepStrictEqual(
          actions.map(({ action, key, state }) => ({ action, key, state })),
          [
            { action: label, key: actionKey(task, 0), state: "planned" },
            { action: comment, key: actionKey(task, 1), state: "planned" }
          ]
        )
      })
    )
  )

  it.effect("keeps one decision for a task, however often it is recorded", () =>
    onLog(
      Effect.gen(function* () {
        const log = yield* ActionLog
        const first = yield* log.record(entryOf(task, [label]))
        assert.strictEqual(yield* log.record(entryOf(task, [comment, comment])), first)
        assert.lengthOf(yield* log.actions(task), 1)
        assert.lengthOf(yield* log.log("octo/farm", 7), 1)
      })
    )
  )

  it.effect("keeps nothing of a decision that cannot be written whole", () =>
    onLog(
      Effect.gen(function* () {
        const log = yield* ActionLog
        const sql = yield* SqlClient.SqlClient
        yield* log.record(entryOf(task, [label]))
        // Another task's action stands where the second one of this decision would: the key is taken.
        yield* sql`UPDATE "action" SET key = ${actionKey(other, 1)} WHERE task_id = ${task}`
        const error = yield* Effect.flip(log.record(entryOf(other, [label, comment])))
        assert.strictEqual(error._tag, "StoreUnavailable")
        assert.lengthOf(yield* log.actions(other), 0)
        assert.lengthOf(yield* log.log("octo/farm", 7), 1)
        assert.isNull(yield* log.detail(other))
      })
    )
  )

  it.effect("moves an action from planned over executing to done, and never back", () =>
    onLog(
      Effect.gen(function* () {
        const log = yield* ActionLog
        const key = actionKey(task, 0)
        yield* log.record(entryOf(task, [comment]))
        yield* log.begin(key)
        assert.strictEqual((yield* log.actions(task))[0]?.state, "executing")
        yield* log.finish(key, { remoteId: 91, changed: true, seen: issueOf({ comments: 1 }) })
        const [done] = yield* log.actions(task)
        assert.deepInclude(done, { state: "done", remote_id: 91, changed: 1, tries: 1 })
        assert.strictEqual((yield* log.detail(task))?.seen.comments, 1)
        assert.strictEqual((yield* Effect.flip(log.begin(key)))._tag, "ActionNotOpen")
        assert.strictEqual((yield* Effect.flip(log.refuse(key, "no")))._tag, "ActionNotOpen")
        assert.deepStrictEqual(yield* log.pending, [])
      })
    )
  )

  it.effect("lets an action be begun by one of two who read it at once", () =>
    onLog(
      Effect.gen(function* () {
        const log = yield* ActionLog
        const key = actionKey(task, 0)
        yield* log.record(entryOf(task, [comment]))
        yield* log.begin(key, 0)
        assert.strictEqual((yield* Effect.flip(log.begin(key, 0)))._tag, "ActionNotOpen")
        yield* log.begin(key, 1)
        assert.strictEqual((yield* log.actions(task))[0]?.tries, 2)
      })
    )
  )

  it.effect("lists the tasks whose actions are open, the oldest first, and none that was denied or is for show", () =>
    onLog(
      Effect.gen(function* () {
        const log = yield* ActionLog
        yield* log.record(entryOf(other, [label]))
        yield* log.record(entryOf(task, [label, comment]))
        const third = "0b0b8a86-4f0a-4f4e-8a53-1d2a4c1c8a13"
        yield* log.record(
          entryOf(third, [label, comment], {
            actions: [
              { ...planned(label), verdict: "label_unknown", state: "denied" },
              { ...planned(comment), mode: "shadow", state: "shadow" }
            ]
          })
        )
        yield* log.begin(actionKey(task, 0))
        yield* log.unknown(actionKey(task, 0), "no_answer")
        assert.deepStrictEqual(yield* log.pending, [other, task])
        assert.strictEqual((yield* Effect.flip(log.begin(actionKey(third, 0))))._tag, "ActionNotOpen")
      })
    )
  )

  it.effect("does a proposal only after it was approved", () =>
    onLog(
      Effect.gen(function* () {
        const log = yield* ActionLog
        const key = actionKey(task, 0)
        yield* log.record(
          entryOf(task, [label], { actions: [{ ...planned(label), mode: "propose", state: "proposed" }] })
        )
        assert.deepStrictEqual(yield* log.pending, [])
        yield* log.approve(key)
        assert.deepStrictEqual(yield* log.pending, [task])
        assert.strictEqual((yield* Effect.flip(log.approve(key)))._tag, "ActionNotOpen")
      })
    )
  )

  it.effect("counts what is done or will be, for the caps, and forgets it after a day", () =>
    onLog(
      Effect.gen(function* () {
        yield* TestClock.setTime(start)
        const log = yield* ActionLog
        yield* log.record(entryOf(task, [label, comment, { type: "close", reason: "completed" }]))
        yield* log.record(
          entryOf(other, [label], { seen: issueOf({ number: 8 }), actions: [{ ...planned(label), state: "shadow" }] })
        )
        const now = { actionsLastHour: 3, actionsLastDay: 3, closesLastDay: 1, microUsdToday: 0 }
        assert.deepStrictEqual(yield* readTallies("octo/farm"), { repository: now, harness: now })
        assert.deepStrictEqual(yield* readTallies("octo/barn"), { repository: tallyNone, harness: now })
        yield* TestClock.adjust("2 hours")
        const later = { ...now, actionsLastHour: 0 }
        assert.deepStrictEqual(yield* readTallies("octo/farm"), { repository: later, harness: later })
        yield* TestClock.adjust("23 hours")
        assert.deepStrictEqual(yield* readTallies("octo/farm"), { repository: tallyNone, harness: tallyNone })
      })
    )
  )

  it.effect("adds up what a day cost", () =>
    onLog(
      Effect.gen(function* () {
        yield* TestClock.setTime(start)
        const log = yield* ActionLog
        const one = { micro_usd: 1200, input_tokens: 900, output_tokens: 40, calls: 1 }
        const today = new Date(start).toISOString().slice(0, 10)
        yield* addSpend(today, one)
        yield* addSpend(today, one)
        assert.deepInclude(yield* log.spentToday, { micro_usd: 2400, input_tokens: 1800, output_tokens: 80, calls: 2 })
        yield* TestClock.adjust("12 hours")
        assert.deepInclude(yield* log.spentToday, { micro_usd: 0, calls: 0 })
      })
    )
  )
})
