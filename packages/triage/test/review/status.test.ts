import { assert, describe, it } from "@effect/vitest"
import * as Database from "@farmops/core/sql/Database"
import { Effect, Layer } from "effect"
import type { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { ActionLog } from "../../src/ActionLog.ts"
import { layerWordGuard } from "../../src/layerWordGuard.ts"
import { approveProposal } from "../../src/review/approve.ts"
import { readStatus } from "../../src/review/status.ts"
import type { TriageRules } from "../../src/TriageRules.ts"
import { triageMigrations } from "../../src/triageTables.ts"
import { IssueFacts } from "../../src/work/IssueFacts.ts"
import { TaskQueue } from "../../src/work/TaskQueue.ts"
import { entryOf, issueOf } from "../issues.ts"
import { addBug, rules, say } from "../policyCases.ts"
import { StandInGitHub } from "../standInGitHub.ts"

const start = Date.parse("2026-01-31T12:00:00Z")

const layer = Layer.mergeAll(ActionLog.layer, TaskQueue.layer).pipe(
  Layer.provideMerge(
    Database.layerMigrations("harness", triageMigrations).pipe(Layer.provideMerge(Database.layer(":memory:")))
  )
)

const onMemory = <A, E>(effect: Effect.Effect<A, E, ActionLog | TaskQueue | SqlClient.SqlClient>) =>
  Effect.andThen(TestClock.setTime(start), effect).pipe(Effect.provide(layer))

/** A decided and finished task with a label that was done and a comment that waits for a yes. */
const proposed = Effect.gen(function* () {
  const queue = yield* TaskQueue
  const log = yield* ActionLog
  const issue = issueOf({ number: 7 })
  yield* queue.add([{ repo: rules.repo, issue, cause: "opened", backlog: false, rounds: 0 }])
  const [task] = yield* queue.take(1, [])
  if (task === undefined) return assert.fail("the task is taken")
  const entry = entryOf(task.id, [addBug, say], {
    repo: rules.repo,
    seen: issue,
    batch: "2026-01-31",
    actions: [
      { action: addBug, mode: "live", verdict: "allowed", state: "planned" },
      { action: say, mode: "propose", verdict: "allowed", state: "proposed" }
    ]
  })
  const cost = { micro_usd: 2500, input_tokens: 10, output_tokens: 5, calls: 1 }
  yield* queue.decide(task, entry.decision, cost)
  yield* log.record(entry)
  const [label] = yield* log.actions(task.id)
  if (label === undefined) return assert.fail("the label is planned")
  yield* log.begin(label.key, 0)
  yield* log.finish(label.key, { changed: true, remoteId: null, seen: issue })
  yield* queue.finish(task.id)
  return task.id
})

describe("the status of a harness", () => {
  it.effect("of an empty memory is empty, and names every repository with its caps", () =>
    onMemory(
      Effect.gen(function* () {
        const status = yield* readStatus([rules])
        assert.deepInclude(status, { queue: [], proposals: [], escalations: [], failed: [], batches: [] })
        assert.deepInclude(status.repositories[0], {
          repo: rules.repo,
          followed_to: null,
          hour: { done: 0, cap: rules.caps.actionsPerHour }
        })
      })
    )
  )

  it.effect("counts what was done against the caps, and shows what waits for a yes", () =>
    onMemory(
      Effect.gen(function* () {
        yield* proposed
        const status = yield* readStatus([rules])
        assert.deepStrictEqual(
          status.queue.map(({ count, state }) => [state, count]),
          [["done", 1]]
        )
        assert.strictEqual(status.hour.done, 1)
        assert.strictEqual(status.repositories[0]?.day.done, 1)
        assert.deepInclude(status.spent, { micro_usd: 2500, calls: 1 })
        assert.deepStrictEqual(
          status.proposals.map(({ action, issue }) => [issue, action.type]),
          [[7, "comment"]]
        )
        assert.deepStrictEqual(status.batches, [{ batch: "2026-01-31", decisions: 1, done: 1, undone: 0 }])
      })
    )
  )

  it.effect("shows what was handed to a person of late, and what no agent answered", () =>
    onMemory(
      Effect.gen(function* () {
        const log = yield* ActionLog
        const queue = yield* TaskQueue
        const entry = entryOf("escalated", [], { repo: rules.repo, seen: issueOf({ number: 8 }) })
        yield* log.record({ ...entry, decision: { ...entry.decision, decision: "escalate" } })
        yield* queue.add([
          { repo: rules.repo, issue: issueOf({ number: 9 }), cause: "opened", backlog: false, rounds: 0 }
        ])
        const [task] = yield* queue.take(1, [])
        yield* queue.fail(task?.id ?? "")
        const status = yield* readStatus([rules])
        assert.deepStrictEqual(
          [status.escalations, status.failed].map((rows) => rows.map(({ issue }) => issue)),
          [[8], [9]]
        )
        yield* TestClock.adjust("40 days")
        assert.deepStrictEqual((yield* readStatus([rules])).escalations, [])
      })
    )
  )
})

describe("a person's yes", () => {
  const proposing: TriageRules = { ...rules, modes: { ...rules.modes, comment: "propose" } }

  /** Says yes with the issue as `github` has it. */
  const agree = (key: string, github: StandInGitHub, now: TriageRules = proposing) =>
    approveProposal(key, [now]).pipe(
      Effect.provide(IssueFacts.layer.pipe(Layer.provide(github.layer))),
      Effect.provide(layerWordGuard)
    )

  const githubWith = (change: Parameters<StandInGitHub["put"]>[0] = {}) => {
    const github = new StandInGitHub()
    github.put({ number: 7, ...change })
    return github
  }

  const keyOf = Effect.map(readStatus([rules]), ({ proposals }) => proposals[0]?.key ?? "")

  it.effect("plans the proposal and gives its task another turn, once", () =>
    onMemory(
      Effect.gen(function* () {
        const taskId = yield* proposed
        const log = yield* ActionLog
        const key = yield* keyOf
        assert.strictEqual(yield* agree(key, githubWith()), taskId)
        const states = (yield* log.actions(taskId ?? "")).map(({ state }) => state)
        assert.deepStrictEqual(states, ["done", "planned"])
        const [turn] = yield* (yield* TaskQueue).take(5, [])
        assert.deepInclude(turn, { id: taskId, state: "decided" })
        const again = yield* Effect.flip(agree(key, githubWith()))
        assert.deepInclude(again, { _tag: "ProposalUnknown", key })
      })
    )
  )

  it.effect("to what was never proposed changes nothing", () =>
    onMemory(
      Effect.gen(function* () {
        const taskId = yield* proposed
        const [done] = yield* (yield* ActionLog).actions(taskId ?? "")
        for (const key of ["", "nothing", done?.key ?? ""]) {
          assert.strictEqual((yield* Effect.flip(agree(key, githubWith())))._tag, "ProposalUnknown")
        }
        assert.deepStrictEqual(yield* (yield* TaskQueue).take(5, []), [])
      })
    )
  )

  it.effect.each<[string, Parameters<StandInGitHub["put"]>[0], Partial<TriageRules>]>([
    ["issue_closed", { state: "closed" }, {}],
    ["issue_locked", { locked: true }, {}],
    ["issue_assigned", { assignees: [{ login: "octo", type: "User" }] }, {}],
    ["mode_off", {}, { modes: { ...rules.modes, comment: "off" } }],
    ["mode_shadow", {}, { modes: { ...rules.modes, comment: "shadow" } }],
    ["mode_shadow", {}, { dryRun: true }],
    ["mode_off", {}, { repo: "octo/other" }]
  ])("overrules no rule: %s", ([reason, issue, now]) =>
    onMemory(
      Effect.gen(function* () {
        yield* proposed
        const key = yield* keyOf
        const denied = yield* Effect.flip(agree(key, githubWith(issue), { ...proposing, ...now }))
        assert.deepInclude(denied, { _tag: "ProposalDenied", reason })
        assert.strictEqual(yield* keyOf, key)
        assert.deepStrictEqual(yield* (yield* TaskQueue).take(5, []), [])
      })
    )
  )
})
