import { assert, describe, it } from "@effect/vitest"
import * as Database from "@farmops/core/sql/Database"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { ActionLog } from "../src/ActionLog.ts"
import { MemorySummaries } from "../src/memory/MemorySummaries.ts"
import { firstCursor, spellTime } from "../src/poll/nextPoll.ts"
import { PollStore } from "../src/poll/PollStore.ts"
import type { TriageRules } from "../src/TriageRules.ts"
import { triageMigrations } from "../src/triageTables.ts"
import { IssueFacts } from "../src/work/IssueFacts.ts"
import { IssueSweeps, sweepTasksMax } from "../src/work/IssueSweeps.ts"
import { TaskQueue } from "../src/work/TaskQueue.ts"
import type { TriageAgent } from "../src/work/TriageAgent.ts"
import { TriageDispatch } from "../src/work/TriageDispatch.ts"
import { DecisionProver, TriageRoutes, WordGuard } from "../src/work/triagePorts.ts"
import { issueOf } from "./issues.ts"
import { rules as allLive, close, stranger } from "./policyCases.ts"
import { standInExecutor } from "./standInExecutor.ts"
import { StandInGitHub } from "./standInGitHub.ts"

const repo = "my-org/my-repo"
const start = Date.parse("2026-03-10T12:00:00Z")
const day = 86_400_000
const at = (days: number) => spellTime(start + days * day)

const database = Database.layerMigrations("harness", triageMigrations).pipe(
  Layer.provideMerge(Database.layer(":memory:"))
)

const closer: TriageAgent = {
  name: "closer",
  ask: ({ task_id }) => Effect.succeed({ task_id, decision: "close", rationale: "stale", actions: [close] })
}

const inWorld = <A, E>(
  github: StandInGitHub,
  rules: TriageRules,
  effect: Effect.Effect<A, E, TriageDispatch | IssueSweeps | PollStore | TaskQueue | SqlClient.SqlClient>
) =>
  Effect.andThen(TestClock.setTime(start), effect).pipe(
    Effect.provide(
      Layer.mergeAll(TriageDispatch.layer, IssueSweeps.layer).pipe(
        Layer.provide(standInExecutor(github)),
        Layer.provide(IssueFacts.layer),
        Layer.provideMerge(Layer.mergeAll(ActionLog.layer, TaskQueue.layer, MemorySummaries.layer, PollStore.layer)),
        Layer.provide(github.layer),
        Layer.provide(
          Layer.mergeAll(
            Layer.succeed(
              TriageRoutes,
              new Map([[repo, { rules, agent: closer, llm: { provider: "none", model: "none" } }]])
            ),
            Layer.succeed(WordGuard, { isSuspicious: () => false, posted: (body) => body }),
            Layer.succeed(DecisionProver, { prove: () => Effect.void })
          )
        ),
        Layer.provideMerge(database)
      )
    )
  )

/** As after the first poll. */
const begun = Effect.flatMap(PollStore, (store) => store.advance(repo, { cursor: firstCursor(start), changed: [] }))

const turns = Effect.gen(function* () {
  const dispatch = yield* TriageDispatch
  while ((yield* dispatch.runOnce) > 0) yield* Effect.yieldNow
})

const queued = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => sql<{ issue: number; backlog: number }>`
    SELECT issue, json_extract(payload, '$.backlog') AS backlog FROM task WHERE state = 'waiting' ORDER BY rowid`
)

describe("the stale sweep", () => {
  it.effect("makes a task of what nobody touched, once, and knows the backlog", () => {
    const github = new StandInGitHub()
    github.put({ number: 1, updated_at: at(-40) })
    github.put({ number: 2, updated_at: at(1) })
    github.put({ number: 3, updated_at: at(1), labels: [{ name: "roadmap" }] })
    github.put({ number: 4, updated_at: at(20) })
    return inWorld(
      github,
      { ...allLive, staleExemptLabels: ["roadmap"] },
      Effect.gen(function* () {
        const sweeps = yield* IssueSweeps
        assert.strictEqual(yield* sweeps.stale({ ...allLive, repo }), 0)
        yield* begun
        yield* TestClock.setTime(start + 32 * day)
        const rules = { ...allLive, repo, staleExemptLabels: ["roadmap"] }
        assert.strictEqual(yield* sweeps.stale(rules), 2)
        assert.deepStrictEqual(yield* queued, [
          { issue: 1, backlog: 1 },
          { issue: 2, backlog: 0 }
        ])
        assert.strictEqual(yield* sweeps.stale(rules), 0)
        assert.strictEqual(yield* sweeps.stale({ ...rules, staleDays: null }), 0)
      })
    )
  })

  it.effect("takes a big backlog in parts, the oldest first", () => {
    const github = new StandInGitHub()
    for (let number = 1; number <= 60; number++) github.put({ number, updated_at: at(number / 100) })
    return inWorld(
      github,
      allLive,
      Effect.gen(function* () {
        yield* begun
        yield* TestClock.setTime(start + 60 * day)
        const sweeps = yield* IssueSweeps
        const sizes = []
        for (let sweep = 0; sweep < 4; sweep++) sizes.push(yield* sweeps.stale({ ...allLive, repo }))
        assert.deepStrictEqual(sizes, [sweepTasksMax, sweepTasksMax, 10, 0])
        assert.strictEqual((yield* queued)[0]?.issue, 1)
      })
    )
  })
})

describe("a closing", () => {
  const noticed = Effect.fnUntraced(function* (github: StandInGitHub) {
    yield* begun
    const issue = github.put(issueOf({ number: 7, user: stranger, updated_at: at(0) }))
    yield* (yield* TaskQueue).add([{ repo, issue, cause: "opened", backlog: false, rounds: 0 }])
    yield* turns
    assert.match(github.comments.get(7)?.[0]?.body ?? "", /will be closed in 3 days/)
    assert.strictEqual(github.issues.get(7)?.state, "open")
    return yield* IssueSweeps
  })
  const rules = { ...allLive, repo }

  it.effect("comes after its notice stood for the days, with its reason, and no agent is asked", () => {
    const github = new StandInGitHub()
    return inWorld(
      github,
      rules,
      Effect.gen(function* () {
        const sweeps = yield* noticed(github)
        yield* TestClock.adjust("71 hours")
        assert.strictEqual(yield* sweeps.closings(rules), 0)
        yield* TestClock.adjust("2 hours")
        assert.strictEqual(yield* sweeps.closings({ ...rules, allowClose: false }), 0)
        assert.strictEqual(yield* sweeps.closings(rules), 1)
        assert.strictEqual(yield* sweeps.closings(rules), 0)
        yield* turns
        assert.deepInclude(github.issues.get(7), { state: "closed", state_reason: "not_planned" })
        assert.lengthOf(github.comments.get(7) ?? [], 1)
        assert.strictEqual(yield* sweeps.closings(rules), 0)
      })
    )
  })

  it.effect.each(["reply", "reaction"] as const)("is vetoed for good by a %s", (veto) => {
    const github = new StandInGitHub()
    return inWorld(
      github,
      rules,
      Effect.gen(function* () {
        const sweeps = yield* noticed(github)
        const [notice] = github.comments.get(7) ?? []
        const issue = github.issues.get(7) ?? issueOf()
        if (notice === undefined) return assert.fail("there is no notice")
        if (veto === "reply") {
          const reply = { ...notice, id: notice.id + 1, user: stranger, body: "Still there.", updated_at: at(1) }
          github.comments.set(7, [notice, reply])
          github.put({ ...issue, comments: 2, updated_at: at(1) })
        } else github.comments.set(7, [{ ...notice, reactions: { "-1": 1 } }])
        yield* TestClock.adjust("4 days")
        assert.strictEqual(yield* sweeps.closings(rules), 1)
        yield* turns
        assert.strictEqual(github.issues.get(7)?.state, "open")
        assert.strictEqual(yield* sweeps.closings(rules), 0)
      })
    )
  })

  it.effect("is undone by nobody but people: an issue that is open again is left alone", () => {
    const github = new StandInGitHub()
    return inWorld(
      github,
      rules,
      Effect.gen(function* () {
        const sweeps = yield* noticed(github)
        yield* TestClock.adjust("4 days")
        yield* sweeps.closings(rules)
        yield* turns
        const closed = github.issues.get(7) ?? issueOf()
        const reopened = github.put({ ...closed, state: "open", state_reason: null, title: "Still broken" })
        yield* TestClock.adjust("2 days")
        yield* (yield* TaskQueue).add([{ repo, issue: reopened, cause: "edited", backlog: false, rounds: 0 }])
        yield* turns
        assert.lengthOf(github.comments.get(7) ?? [], 1)
        assert.strictEqual(github.issues.get(7)?.state, "open")
      })
    )
  })
})
