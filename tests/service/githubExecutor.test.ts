/** Decisions carried out on a stateful GitHub, with everything that can go wrong on the way to it and back. */
import { assert, describe, it } from "@effect/vitest"
import { ActionExecutor } from "@farmops/triage/ActionExecutor"
import { ActionLog } from "@farmops/triage/ActionLog"
import { actionKey, markerOf } from "@farmops/triage/actionKey"
import { GitHubReads } from "@farmops/triage/GitHubReads"
import type { Action } from "@farmops/triage/protocol/Decision"
import { Effect, type Scope } from "effect"
import { installHint, isInstalled } from "../parts/github/emulator.ts"
import { botLogin, type GitHubPart, githubPart, repository } from "../parts/github/GitHubPart.ts"
import { decide, type HarnessPace, harnessLayers } from "../parts/github/harnessLayers.ts"

if (!isInstalled) console.warn(`skipped: the emulator of GitHub, which \`${installHint}\` installs`)

const task = "0b0b8a86-4f0a-4f4e-8a53-1d2a4c1c8a11"
const later = "0b0b8a86-4f0a-4f4e-8a53-1d2a4c1c8a12"
const bug: Action = { type: "add_label", label: "bug" }
const thanks: Action = { type: "comment", body: "Thank you." }
const close: Action = { type: "close", reason: "not_planned" }

type Harness = ActionExecutor | ActionLog | GitHubReads

/** A stranger's issue, and a harness that may act on it. */
const onIssue = <A, E>(
  test: (github: GitHubPart, issue: number) => Effect.Effect<A, E, Harness | Scope.Scope>,
  pace: HarnessPace = {}
) =>
  Effect.gen(function* () {
    const github = yield* githubPart
    const issue = yield* Effect.promise(() => github.stranger.openIssue("It crashes", "boom"))
    return yield* Effect.provide(test(github, issue), harnessLayers(github.url, ":memory:", pace))
  })

/** Executes until nothing waits any more: what a dispatcher does, without its patience. */
const untilSettled = (taskId: string, rounds = 20) =>
  Effect.gen(function* () {
    const executor = yield* ActionExecutor
    for (let round = 0; round < rounds; round++) {
      const result = yield* executor.execute(taskId)
      if (result._tag !== "Waiting") return result
      // The time is the harness's own answer, and its bound is the test's.
      yield* Effect.sleep(Math.min(result.retryAfterMs, 2000))
    }
    return assert.fail("it waits for ever")
  })

const states = (taskId: string) =>
  Effect.map(
    Effect.flatMap(ActionLog, (log) => log.actions(taskId)),
    (rows) => rows.map(({ state }) => state)
  )

const look = (github: GitHubPart, issue: number) =>
  Effect.gen(function* () {
    const comments = yield* Effect.promise(() => github.comments(issue))
    const ours = comments.filter(({ login }) => login === botLogin)
    return { ...(yield* Effect.promise(() => github.issue(issue))), comments: ours.map(({ body }) => body) }
  })

const ourComment = `Thank you.\n\n${markerOf(actionKey(task, 1))}`

const writesTo = (github: GitHubPart) =>
  github.proxy.exchanges.filter(({ method }) => method !== "GET").map(({ method }) => method)

describe.skipIf(!isInstalled)("the executor on GitHub", () => {
  it.live("labels, answers and closes an issue, and says in the log what it did", () =>
    onIssue((github, issue) =>
      Effect.gen(function* () {
        yield* decide(task, issue, [bug, thanks, close])
        const executor = yield* ActionExecutor
        assert.deepStrictEqual(yield* executor.unfinished, [task])
        assert.deepStrictEqual(yield* executor.execute(task), { _tag: "Settled", done: 3, refused: 0 })
        const now = yield* look(github, issue)
        assert.deepStrictEqual(now, { state: "closed", labels: ["bug"], comments: [ourComment] })
        const rows = yield* (yield* ActionLog).actions(task)
        assert.deepStrictEqual(
          rows.map(({ changed, state, tries }) => ({ changed, state, tries })),
          Array.from({ length: 3 }, () => ({ changed: 1, state: "done" as const, tries: 1 }))
        )
        const [there] = yield* Effect.promise(() => github.comments(issue))
        assert.strictEqual(rows[1]?.remote_id, there?.id)
        assert.deepStrictEqual(yield* executor.unfinished, [])
        assert.deepStrictEqual(yield* executor.execute(task), { _tag: "Settled", done: 0, refused: 0 })
        assert.lengthOf(writesTo(github), 3)
      })
    )
  )

  for (const kind of [
    "bad_gateway_before",
    "bad_gateway_after",
    "reset_before",
    "reset_after",
    "cut_after",
    "silent_after"
  ] as const)
    it.live(`makes each change once where every first write meets ${kind}`, () =>
      onIssue(
        (github, issue) =>
          Effect.gen(function* () {
            yield* decide(task, issue, [bug, thanks, close])
            for (const [method, path] of [
              ["POST", /\/labels/],
              ["POST", /\/comments/],
              ["PATCH", /\/issues/]
            ] as const)
              github.proxy.inject({ kind }, method, path)
            assert.deepStrictEqual(yield* untilSettled(task), { _tag: "Settled", done: 1, refused: 0 })
            const now = yield* look(github, issue)
            assert.deepStrictEqual(now, { state: "closed", labels: ["bug"], comments: [ourComment] })
            const rows = yield* (yield* ActionLog).actions(task)
            assert.deepStrictEqual(
              rows.map(({ changed, state }) => ({ changed, state })),
              Array.from({ length: 3 }, () => ({ changed: 1, state: "done" as const }))
            )
            const repeated = kind.endsWith("_before")
            assert.deepStrictEqual(
              rows.map(({ tries }) => tries),
              repeated ? [2, 2, 2] : [1, 1, 1]
            )
          }),
        { timeoutMs: 500 }
      )
    )

  it.live("writes nothing while it cannot read back what it may have done", () =>
    onIssue((github, issue) =>
      Effect.gen(function* () {
        yield* decide(task, issue, [thanks])
        const executor = yield* ActionExecutor
        github.proxy.inject({ kind: "reset_after" }, "POST", /\/comments/)
        assert.strictEqual((yield* executor.execute(task))._tag, "Waiting")
        yield* Effect.sleep(100)
        github.proxy.inject({ kind: "answer", status: 200, body: {} }, "GET", /\/comments/)
        const blind = yield* executor.execute(task)
        assert.deepInclude(blind, { _tag: "Waiting", reason: "unreachable" })
        assert.deepStrictEqual(yield* states(task), ["unknown"])
        assert.deepStrictEqual(yield* executor.execute(task), { _tag: "Settled", done: 1, refused: 0 })
        assert.lengthOf((yield* look(github, issue)).comments, 1)
      })
    )
  )

  it.live("leaves GitHub time to end what it may be at, before it believes that nothing happened", () =>
    onIssue(
      (github, issue) =>
        Effect.gen(function* () {
          yield* decide(task, issue, [thanks])
          const executor = yield* ActionExecutor
          github.proxy.inject({ kind: "reset_before" }, "POST", /\/comments/)
          yield* executor.execute(task)
          const before = github.proxy.exchanges.length
          const waiting = yield* executor.execute(task)
          if (waiting._tag !== "Waiting") return assert.fail(waiting._tag)
          assert.isAtLeast(waiting.retryAfterMs, 50_000)
          assert.strictEqual(github.proxy.exchanges.length, before)
        }),
      { settleMs: 60_000 }
    )
  )

  it.live("finds a comment that GitHub makes only after it was given up", () =>
    onIssue(
      (github, issue) =>
        Effect.gen(function* () {
          yield* decide(task, issue, [thanks])
          const executor = yield* ActionExecutor
          const held = Promise.withResolvers<void>()
          const made = Promise.withResolvers<void>()
          github.proxy.onMoment = async (moment, method) => {
            if (method !== "POST") return
            if (moment === "before") await held.promise
            else made.resolve()
          }
          assert.deepInclude(yield* executor.execute(task), { _tag: "Waiting", reason: "outcome_unknown_timed_out" })
          assert.strictEqual((yield* executor.execute(task))._tag, "Waiting")
          held.resolve()
          yield* Effect.promise(() => made.promise)
          assert.deepStrictEqual(yield* untilSettled(task), { _tag: "Settled", done: 1, refused: 0 })
          assert.lengthOf((yield* look(github, issue)).comments, 1)
          assert.lengthOf(writesTo(github), 1)
        }),
      { timeoutMs: 1000, settleMs: 6000 }
    )
  )

  it.live("does not take a copy of its mark by somebody else for its own comment", () =>
    onIssue((github, issue) =>
      Effect.gen(function* () {
        yield* decide(task, issue, [thanks])
        const executor = yield* ActionExecutor
        github.proxy.inject({ kind: "reset_before" }, "POST", /\/comments/)
        yield* executor.execute(task)
        yield* Effect.promise(() => github.stranger.comment(issue, `Mine. ${markerOf(actionKey(task, 0))}`))
        assert.strictEqual((yield* untilSettled(task))._tag, "Stale")
        assert.deepStrictEqual(yield* states(task), ["stale"])
      })
    )
  )

  it.live("keeps a pause that GitHub asks for, and acts after it", () =>
    onIssue((github, issue) =>
      Effect.gen(function* () {
        yield* decide(task, issue, [thanks])
        const executor = yield* ActionExecutor
        github.proxy.inject({ kind: "retry_after", status: 403, seconds: 1 }, "POST", /\/comments/)
        const limited = yield* executor.execute(task)
        assert.deepInclude(limited, { _tag: "Waiting", reason: "rate_limited" })
        assert.deepStrictEqual(yield* states(task), ["planned"])
        assert.deepStrictEqual(yield* untilSettled(task), { _tag: "Settled", done: 1, refused: 0 })
        assert.lengthOf((yield* look(github, issue)).comments, 1)
      })
    )
  )

  it.live("stops at a definite no, and goes on with the next action", () =>
    onIssue((github, issue) =>
      Effect.gen(function* () {
        yield* decide(task, issue, [thanks, bug])
        const executor = yield* ActionExecutor
        github.proxy.inject(
          { kind: "answer", status: 403, body: { message: "Resource not accessible" } },
          "POST",
          /\/comments/
        )
        assert.deepStrictEqual(yield* executor.execute(task), { _tag: "Settled", done: 1, refused: 1 })
        const [refused] = yield* (yield* ActionLog).actions(task)
        assert.deepInclude(refused, { state: "refused", reason: "refused_403: Resource not accessible", tries: 1 })
        assert.deepStrictEqual(yield* look(github, issue), { state: "open", labels: ["bug"], comments: [] })
      })
    )
  )

  it.live("makes no label that the repository has not", () =>
    onIssue((github, issue) =>
      Effect.gen(function* () {
        yield* decide(task, issue, [{ type: "add_label", label: "invented" }])
        assert.deepStrictEqual(yield* (yield* ActionExecutor).execute(task), { _tag: "Settled", done: 0, refused: 1 })
        assert.lengthOf(writesTo(github), 0)
      })
    )
  )

  it.live("gives an action up that five times did not happen", () =>
    onIssue((github, issue) =>
      Effect.gen(function* () {
        yield* decide(task, issue, [thanks])
        github.proxy.inject({ kind: "bad_gateway_before" }, "POST", /\/comments/, 100)
        assert.deepStrictEqual(yield* untilSettled(task), { _tag: "Settled", done: 0, refused: 1 })
        const [row] = yield* (yield* ActionLog).actions(task)
        assert.deepInclude(row, { state: "refused", reason: "tries_exhausted", tries: 5 })
      })
    )
  )

  const changes: ReadonlyArray<[string, (github: GitHubPart, issue: number) => Promise<unknown>]> = [
    ["edits it", ({ stranger }, issue) => stranger.send("PATCH", `/issues/${issue}`, { body: "no, it was my fault" })],
    ["answers it", ({ owner }, issue) => owner.comment(issue, "I am on it.")],
    ["labels it", ({ owner }, issue) => owner.send("POST", `/issues/${issue}/labels`, { labels: ["question"] })],
    ["closes it", ({ owner }, issue) => owner.send("PATCH", `/issues/${issue}`, { state: "closed" })]
  ]
  for (const [what, change] of changes)
    it.live(`does nothing more once somebody else ${what}`, () =>
      onIssue((github, issue) =>
        Effect.gen(function* () {
          yield* decide(task, issue, [bug, thanks])
          github.proxy.onMoment = async (moment, method) => {
            // After our first write and before our second.
            if (moment === "after" && method === "POST") await change(github, issue)
          }
          assert.deepStrictEqual(yield* (yield* ActionExecutor).execute(task), { _tag: "Stale", done: 1 })
          assert.deepStrictEqual(yield* states(task), ["done", "stale"])
          assert.deepStrictEqual((yield* look(github, issue)).comments, [])
        })
      )
    )

  it.live("does nothing once somebody else rewrote a comment on which the decision rests", () =>
    onIssue((github, issue) =>
      Effect.gen(function* () {
        const comment = yield* Effect.promise(() => github.stranger.comment(issue, "it crashes"))
        yield* decide(task, issue, [thanks])
        // GitHub's times are whole seconds: an edit within one is none.
        yield* Effect.sleep(1100)
        yield* Effect.promise(() =>
          github.stranger.send("PATCH", `/issues/comments/${comment}`, { body: "solved, thank you" })
        )
        // The emulator does not say on the issue that a comment was edited; GitHub does.
        yield* Effect.promise(() => github.owner.send("PATCH", `/issues/${issue}`, { state: "open" }))
        assert.deepStrictEqual(yield* (yield* ActionExecutor).execute(task), { _tag: "Stale", done: 0 })
      })
    )
  )

  it.live("is not disturbed by its own writes", () =>
    onIssue((github, issue) =>
      Effect.gen(function* () {
        yield* decide(task, issue, [
          thanks,
          bug,
          { type: "comment", body: "And thank you again." },
          { type: "remove_label", label: "bug" }
        ])
        assert.deepStrictEqual(yield* (yield* ActionExecutor).execute(task), { _tag: "Settled", done: 4, refused: 0 })
        assert.lengthOf((yield* look(github, issue)).comments, 2)
      })
    )
  )

  it.live("takes a batch back: its labels and comments, and what it closed, and nothing of anybody else", () =>
    onIssue((github, issue) =>
      Effect.gen(function* () {
        yield* Effect.promise(() => github.owner.send("POST", `/issues/${issue}/labels`, { labels: ["question"] }))
        yield* decide(task, issue, [{ type: "add_label", label: "question" }, bug, thanks, close])
        const executor = yield* ActionExecutor
        yield* executor.execute(task)
        yield* decide(later, issue, [{ type: "comment", body: "Another day." }], "batch-2")
        yield* executor.execute(later)
        assert.deepStrictEqual(yield* executor.undo("batch-1"), { undone: 3, left: [] })
        // What it took back is no news to it.
        const seen = (yield* (yield* ActionLog).detail(later))?.seen
        const fresh = yield* (yield* GitHubReads).getIssue(repository, issue)
        assert.deepStrictEqual({ ...seen, updated_at: "" }, { ...fresh, updated_at: "" })
        yield* Effect.promise(() => github.stranger.comment(issue, "But why?"))
        const now = yield* look(github, issue)
        assert.deepInclude(now, { state: "open", labels: ["question"] })
        assert.deepStrictEqual(now.comments, [`Another day.\n\n${markerOf(actionKey(later, 0))}`])
        assert.lengthOf(yield* Effect.promise(() => github.comments(issue)), 2)
        assert.deepStrictEqual(yield* states(task), ["done", "undone", "undone", "undone"])
        assert.deepStrictEqual(yield* executor.undo("batch-1"), { undone: 0, left: [] })
      })
    )
  )

  it.live("leaves what a person did after it as it is when a batch is taken back", () =>
    onIssue((github, issue) =>
      Effect.gen(function* () {
        yield* decide(task, issue, [bug, close])
        const executor = yield* ActionExecutor
        yield* executor.execute(task)
        const path = `/issues/${issue}`
        yield* Effect.promise(async () => {
          await github.owner.send("PATCH", path, { state: "open" })
          await github.owner.send("PATCH", path, { state: "closed" })
          await github.owner.send("DELETE", `${path}/labels/bug`)
          await github.owner.send("POST", `${path}/labels`, { labels: ["bug"] })
        })
        yield* executor.undo("batch-1")
        assert.deepInclude(yield* look(github, issue), { state: "closed", labels: ["bug"] })
      })
    )
  )

  it.live("says what it could not take back, and takes it back the next time", () =>
    onIssue((github, issue) =>
      Effect.gen(function* () {
        yield* decide(task, issue, [thanks])
        const executor = yield* ActionExecutor
        yield* executor.execute(task)
        github.proxy.inject({ kind: "reset_after" }, "DELETE", /\/comments/)
        const first = yield* executor.undo("batch-1")
        assert.deepInclude(first, { undone: 0 })
        assert.deepStrictEqual(
          first.left.map(({ key }) => key),
          [actionKey(task, 0)]
        )
        assert.deepStrictEqual(yield* executor.undo("batch-1"), { undone: 1, left: [] })
        assert.deepStrictEqual((yield* look(github, issue)).comments, [])
      })
    )
  )
})
