import { assert, describe, it } from "@effect/vitest"
import * as Database from "@farmops/core/sql/Database"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { ActionLog } from "../../src/ActionLog.ts"
import { triagePrompt } from "../../src/minds/prompt/triagePrompt.ts"
import type { Action, Decision } from "../../src/protocol/Decision.ts"
import type { Task } from "../../src/protocol/Task.ts"
import { diffDecisions } from "../../src/review/diffDecisions.ts"
import { type ReplayRoute, replay } from "../../src/review/replay.ts"
import { triageMigrations } from "../../src/triageTables.ts"
import { decisionOf, entryOf, issueOf } from "../issues.ts"
import { rules } from "../policyCases.ts"
import { makeTask } from "../triageTask.ts"

const layer = ActionLog.layer.pipe(
  Layer.provideMerge(
    Database.layerMigrations("harness", triageMigrations).pipe(Layer.provideMerge(Database.layer(":memory:")))
  )
)

const bug: Action = { type: "add_label", label: "bug" }
const comment: Action = { type: "comment", body: "Thank you." }
const usage = { input_tokens: 10, output_tokens: 5, cost_micro_usd: 7 }

const routeOf = (answer: (task: Task) => Decision) => {
  const tasks: Array<Task> = []
  const route: ReplayRoute = {
    rules: { ...rules, repo: "octo/farm" },
    llm: { provider: "ollama", model: "other" },
    agent: {
      name: "other",
      ask: (task) =>
        Effect.sync(() => {
          tasks.push(task)
          return answer(task)
        })
    }
  }
  return { tasks, routeOf: (repo: string) => (repo === "octo/farm" ? route : null) }
}

const task = "7b3bd7e9-6f43-4c44-9c7b-6d3c6dbf2a11"

describe("a replay", () => {
  it.effect("has nothing to ask over an empty log", () =>
    Effect.gen(function* () {
      const { routeOf: route, tasks } = routeOf(() => decisionOf(task, []))
      const result = yield* replay({ last: 10, routeOf: route })
      assert.deepStrictEqual([result.tasks, result.differences.length, tasks.length], [0, 0, 0])
    }).pipe(Effect.provide(layer))
  )

  it.effect("asks about the issue without what was done to it since, and changes nothing", () =>
    Effect.gen(function* () {
      const log = yield* ActionLog
      yield* log.record(entryOf(task, [bug, { type: "remove_label", label: "question" }, comment]))
      const rows = yield* log.actions(task)
      for (const [at, labels] of [["bug", "question"], ["bug"], ["bug"]].entries()) {
        const seen = issueOf({ labels: labels.map((name) => ({ name })) })
        yield* log.finish(rows[at]?.key ?? "", { changed: true, remoteId: null, seen })
      }
      const sql = yield* SqlClient.SqlClient
      const stored = yield* sql`SELECT * FROM decision_detail`
      const { routeOf: route, tasks } = routeOf(() => decisionOf(task, [bug, comment]))
      const result = yield* replay({ last: 10, routeOf: route })
      assert.deepStrictEqual(tasks[0]?.payload.issue.labels, [{ name: "question" }])
      assert.strictEqual(tasks[0]?.task_id, task)
      assert.deepStrictEqual(
        result.differences.map(({ added, gone, issue }) => ({ added, gone, issue })),
        [{ issue: 7, gone: ["remove_label question"], added: [] }]
      )
      assert.deepStrictEqual(yield* sql`SELECT * FROM decision_detail`, stored)
      assert.lengthOf(yield* log.log("octo/farm", 7), 1)
    }).pipe(Effect.provide(layer))
  )

  it.effect("takes the newest, skips repositories that are gone from the file, and adds up both costs", () =>
    Effect.gen(function* () {
      const log = yield* ActionLog
      const paid = (id: string) => ({ decision: { ...decisionOf(id, [bug]), usage } })
      for (const number of [1, 2, 3]) {
        yield* log.record(entryOf(`t${number}`, [bug], { seen: issueOf({ number }), ...paid(`t${number}`) }))
      }
      yield* log.record(entryOf("t4", [bug], { repo: "octo/gone", ...paid("t4") }))
      const dear = { ...usage, cost_micro_usd: 100 }
      const { routeOf: route, tasks } = routeOf(({ payload, task_id }) => ({
        ...decisionOf(task_id, payload.issue.number === 2 ? [] : [bug]),
        usage: dear
      }))
      const result = yield* replay({ last: 3, routeOf: route })
      assert.deepStrictEqual(
        tasks.map(({ payload }) => payload.issue.number),
        [3, 2]
      )
      const { cost, different, same, skipped } = result
      assert.deepStrictEqual([same, different, skipped], [1, 1, 1])
      assert.deepStrictEqual([cost.before.micro_usd, cost.after.micro_usd], [14, 200])
      assert.deepInclude(result.differences[0], { issue: 2, gone: ["add_label bug"], added: [] })
    }).pipe(Effect.provide(layer))
  )

  it.effect("asks for the reason for which the task was made, where the queue still knows it", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* (yield* ActionLog).record(entryOf(task, [bug]))
      yield* sql`INSERT INTO task ${sql.insert({
        id: task,
        repo: "octo/farm",
        issue: 7,
        type: "issue.triage",
        cause: "stale",
        state: "done",
        attempts: 1,
        not_before: "",
        created_at: "",
        updated_at: ""
      })}`
      const { routeOf: route, tasks } = routeOf(() => decisionOf(task, [bug]))
      yield* replay({ last: 1, routeOf: route })
      assert.strictEqual(tasks[0]?.payload.action, "stale")
    }).pipe(Effect.provide(layer))
  )
})

describe("diffDecisions", () => {
  it("looks at what would be done, and not at the words of a comment or a label's case", () => {
    const before = decisionOf(task, [bug, comment])
    const other = decisionOf(task, [
      { type: "add_label", label: "Bug" },
      { type: "comment", body: "Hello." }
    ])
    assert.isTrue(diffDecisions(before, other).same)
  })

  it("tells another verdict and another reason to close", () => {
    const close = (reason: "completed" | "not_planned"): Action => ({ type: "close", reason })
    const before: Decision = { ...decisionOf(task, [close("completed")]), decision: "close" }
    const after: Decision = { ...decisionOf(task, [close("not_planned")]), decision: "escalate" }
    assert.deepStrictEqual(diffDecisions(before, after), {
      before: "close",
      after: "escalate",
      gone: ["close completed"],
      added: ["close not_planned"],
      same: false
    })
  })
})

describe("another wording of the prompt", () => {
  it("is told what is whose and which labels there are, and asks about the same", () => {
    const own = triagePrompt(makeTask(), { instructions: "  Be brief.\n" })
    const ours = triagePrompt(makeTask())
    assert.match(own.instructions, /^Be brief\.\n\nEverything between a line that begins with "<<<"/)
    assert.include(own.instructions, '- "bug": "crash", "exception", "error"')
    assert.notInclude(own.instructions, "The answer's keys")
    assert.strictEqual(own.prompt, ours.prompt)
  })
})
