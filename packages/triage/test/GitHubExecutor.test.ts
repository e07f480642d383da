import { assert, describe, it } from "@effect/vitest"
import * as Database from "@farmops/core/sql/Database"
import { Duration, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { ActionExecutor } from "../src/ActionExecutor.ts"
import { ActionLog } from "../src/ActionLog.ts"
import {
  CallNotAllowed,
  GitHubRateLimited,
  GitHubRefused,
  GitHubTokenRefused,
  GitHubUnreachable,
  type ReadFault,
  type WriteFault
} from "../src/GitHubErrors.ts"
import { layerGitHubExecutor } from "../src/github/GitHubExecutor.ts"
import { WriteQueue } from "../src/github/WriteQueue.ts"
import type { Action } from "../src/protocol/Decision.ts"
import type { GitHubIssue } from "../src/protocol/GitHubIssue.ts"
import { triageMigrations } from "../src/triageTables.ts"
import { entryOf } from "./issues.ts"
import { type Fate, MemoryGitHub } from "./memoryGitHub.ts"

const task = "0b0b8a86-4f0a-4f4e-8a53-1d2a4c1c8a11"
const bug: Action = { type: "add_label", label: "bug" }
const unbug: Action = { type: "remove_label", label: "bug" }
const thanks: Action = { type: "comment", body: "Thank you." }
const close: Action = { type: "close", reason: "not_planned" }

const database = Database.layerMigrations("harness", triageMigrations).pipe(
  Layer.provideMerge(Database.layer(":memory:"))
)

interface Story {
  readonly before?: Partial<GitHubIssue>
  /** Between two writes; none where it is not what is looked at. */
  readonly pauseMs?: number
}

/** A decision for these actions on an issue as it is, and the executor. */
const decided = <A, E>(
  actions: ReadonlyArray<Action>,
  test: (github: MemoryGitHub) => Effect.Effect<A, E, ActionExecutor | ActionLog>,
  { before, pauseMs = 0 }: Story = {}
) => {
  const github = new MemoryGitHub()
  github.issue = { ...github.issue, ...before }
  const layers = layerGitHubExecutor().pipe(
    Layer.provideMerge(
      Layer.mergeAll(
        github.layer,
        WriteQueue.layer({ pauseMs, waitingMax: 10 }),
        Layer.provideMerge(ActionLog.layer, database)
      )
    )
  )
  return Effect.gen(function* () {
    yield* TestClock.setTime(Date.parse("2026-01-31T12:00:00Z"))
    yield* (yield* ActionLog).record(entryOf(task, actions, { seen: github.issue }))
    return yield* test(github)
  }).pipe(Effect.provide(layers))
}

const execute = Effect.flatMap(ActionExecutor, (executor) => executor.execute(task))

const rows = Effect.flatMap(ActionLog, (log) => log.actions(task))

describe("GitHubExecutor", () => {
  it.effect("does each action, a second after the one before, and knows them as its own", () =>
    decided(
      [bug, thanks, unbug, close],
      (github) =>
        Effect.gen(function* () {
          const running = yield* Effect.forkChild(execute)
          yield* TestClock.adjust("10 seconds")
          assert.deepStrictEqual(yield* Fiber.join(running), { _tag: "Settled", done: 4, refused: 0 })
          assert.deepInclude(github.issue, { state: "closed", labels: [], comments: 1 })
          const times = github.events.map(({ created_at }) => Date.parse(created_at))
          for (let at = 1; at < times.length; at++) assert.isAtLeast((times[at] ?? 0) - (times[at - 1] ?? 0), 1000)
          assert.deepStrictEqual((yield* (yield* ActionLog).detail(task))?.seen, github.issue)
        }),
      { pauseMs: 1000 }
    )
  )

  const fates: ReadonlyArray<Fate> = ["lost_after", "lost_before"]
  for (const action of [bug, unbug, thanks, close])
    for (const fate of fates)
      it.effect(`does ${action.type} once where its first outcome is ${fate}`, () =>
        decided(
          [action],
          (github) =>
            Effect.gen(function* () {
              github.fates.push(fate)
              const first = yield* execute
              assert.deepInclude(first, { _tag: "Waiting", reason: "outcome_unknown_no_answer", retryAfterMs: 15_000 })
              const early = yield* execute
              assert.strictEqual(early._tag, "Waiting")
              assert.strictEqual(github.writes, 1)
              yield* TestClock.adjust("15 seconds")
              assert.deepStrictEqual(yield* execute, { _tag: "Settled", done: 1, refused: 0 })
              assert.strictEqual(github.writes, fate === "lost_after" ? 1 : 2)
              assert.deepInclude((yield* rows)[0], { state: "done", changed: 1 })
              assert.isAtMost(github.comments.length, 1)
              assert.isAtMost(github.events.length, 1)
            }),
          { before: { labels: action === unbug ? [{ name: "bug" }] : [] } }
        )
      )

  it.effect("does nothing where it is as wanted already, and says that it was not its doing", () =>
    decided([unbug], (github) =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* execute, { _tag: "Settled", done: 1, refused: 0 })
        assert.strictEqual(github.writes, 0)
        assert.deepInclude((yield* rows)[0], { state: "done", changed: 0, tries: 0 })
        assert.deepStrictEqual(yield* (yield* ActionExecutor).undo("2026-01-31"), { undone: 0, left: [] })
      })
    )
  )

  const definite: ReadonlyArray<[WriteFault, string, "planned" | "refused"]> = [
    [new GitHubRateLimited({ route: "POST", kind: "primary", retryAfterMs: 1_800_000 }), "rate_limited", "planned"],
    [new GitHubTokenRefused({ route: "POST" }), "token_refused", "planned"],
    [new GitHubRefused({ route: "POST", status: 403, detail: "locked" }), "refused_403: locked", "refused"],
    [new CallNotAllowed({ route: "POST", repository: "octo/farm" }), "call_not_allowed", "refused"]
  ]
  for (const [fault, reason, state] of definite)
    it.effect(`leaves an action ${state} after a write met ${fault._tag}`, () =>
      decided([thanks], (github) =>
        Effect.gen(function* () {
          github.fates.push(fault)
          const result = yield* execute
          assert.deepInclude((yield* rows)[0], { state, reason })
          if (state === "refused") return assert.deepStrictEqual(result, { _tag: "Settled", done: 0, refused: 1 })
          const again = yield* execute
          assert.deepInclude(again, { _tag: "Waiting", reason })
          assert.strictEqual(github.writes, 1)
          yield* TestClock.adjust(Duration.millis(again._tag === "Waiting" ? again.retryAfterMs : 0))
          assert.deepStrictEqual(yield* execute, { _tag: "Settled", done: 1, refused: 0 })
        })
      )
    )

  const unread: ReadonlyArray<[ReadFault, string, string]> = [
    [new GitHubRateLimited({ route: "GET", kind: "secondary", retryAfterMs: 60_000 }), "rate_limited", "planned"],
    [new GitHubTokenRefused({ route: "GET" }), "token_refused", "planned"],
    [new GitHubUnreachable({ route: "GET", reason: "server_error" }), "unreachable", "planned"],
    [new GitHubRefused({ route: "GET", status: 410, detail: "deleted" }), "read_refused_410", "refused"],
    [new CallNotAllowed({ route: "GET", repository: "octo/farm" }), "call_not_allowed", "refused"]
  ]
  for (const [fault, reason, state] of unread)
    it.effect(`writes nothing where a read met ${fault._tag}`, () =>
      decided([thanks], (github) =>
        Effect.gen(function* () {
          // The account: nothing is said of the action.
          github.readFaults.push(fault)
          assert.strictEqual((yield* execute)._tag, "Waiting")
          assert.deepInclude((yield* rows)[0], { state: "planned", tries: 0 })
          // The issue.
          github.readFaults.push(null, fault)
          const result = yield* execute
          assert.strictEqual((yield* rows)[0]?.state, state)
          if (state === "refused") assert.deepInclude((yield* rows)[0], { reason })
          else assert.deepInclude(result, { _tag: "Waiting", reason })
          assert.strictEqual(github.writes, 0)
        })
      )
    )

  it.effect("stops a batch that is taken back before it was done, and leaves what nobody knows the end of", () =>
    decided([thanks, bug], (github) =>
      Effect.gen(function* () {
        github.fates.push("lost_after")
        yield* execute
        const undoing = yield* (yield* ActionExecutor).undo("2026-01-31")
        assert.strictEqual(undoing.undone, 0)
        assert.deepStrictEqual(
          undoing.left.map(({ reason }) => reason),
          ["its outcome is not known yet"]
        )
        assert.deepStrictEqual(
          (yield* rows).map(({ state }) => state),
          ["unknown", "stale"]
        )
      })
    )
  )
})
