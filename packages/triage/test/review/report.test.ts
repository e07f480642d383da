import { assert, describe, it } from "@effect/vitest"
import * as Database from "@farmops/core/sql/Database"
import { Effect, Layer } from "effect"
import type { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { ActionLog } from "../../src/ActionLog.ts"
import { GitHubRefused } from "../../src/GitHubErrors.ts"
import type { GitHubReads, IssueEvent } from "../../src/GitHubReads.ts"
import type { Action } from "../../src/protocol/Decision.ts"
import type { GitHubIssue } from "../../src/protocol/GitHubIssue.ts"
import { reportRepository } from "../../src/review/report.ts"
import type { Modes, TriageRules } from "../../src/TriageRules.ts"
import { triageMigrations } from "../../src/triageTables.ts"
import { entryOf, issueOf } from "../issues.ts"
import { rules as live } from "../policyCases.ts"
import { away, StandInGitHub } from "../standInGitHub.ts"

const repo = "octo/farm"
const rules: TriageRules = {
  ...live,
  repo,
  modes: { add_label: "shadow", remove_label: "shadow", comment: "shadow", close: "shadow" }
}

const start = Date.parse("2026-01-31T12:00:00Z")
const later = "2026-02-01T09:00:00Z"
const before = "2026-01-31T11:00:00Z"

const layer = ActionLog.layer.pipe(
  Layer.provideMerge(
    Database.layerMigrations("harness", triageMigrations).pipe(Layer.provideMerge(Database.layer(":memory:")))
  )
)

const onLog = <A, E>(
  github: StandInGitHub,
  effect: Effect.Effect<A, E, ActionLog | GitHubReads | SqlClient.SqlClient>
) => Effect.andThen(TestClock.setTime(start), effect).pipe(Effect.provide(Layer.merge(layer, github.layer)))

const event = (name: string, change: Partial<IssueEvent> = {}): IssueEvent => ({
  id: 1,
  event: name,
  actor: { login: "octo", type: "User" },
  created_at: later,
  label: null,
  ...change
})

const bug: Action = { type: "add_label", label: "bug" }
const close: Action = { type: "close", reason: "not_planned" }

type State = "shadow" | "proposed" | "planned" | "denied"

const record = Effect.fnUntraced(function* (number: number, actions: ReadonlyArray<Action>, state: State = "shadow") {
  const task = `task-${number}`
  yield* (yield* ActionLog).record(
    entryOf(task, actions, {
      seen: issueOf({ number }),
      actions: actions.map((action) => ({ action, mode: "shadow", verdict: "allowed", state }))
    })
  )
  return task
})

const report = (change: Partial<TriageRules> = {}, ownModes: Partial<Modes> = {}, issuesMax = 100) =>
  reportRepository({ rules: { ...rules, ...change }, ownModes }, issuesMax)

/** What became of one action on one issue. */
const outcomeOf = (
  action: Action,
  now: Partial<GitHubIssue>,
  events: ReadonlyArray<IssueEvent>,
  state: "shadow" | "done" = "shadow"
) => {
  const github = new StandInGitHub()
  github.put({ number: 7, ...now })
  github.events.set(7, events)
  return onLog(
    github,
    Effect.gen(function* () {
      const task = yield* record(7, [action], state === "done" ? "planned" : "shadow")
      if (state === "done") {
        const log = yield* ActionLog
        const [row] = yield* log.actions(task)
        yield* log.finish(row?.key ?? "", { changed: true, remoteId: null, seen: issueOf(now) })
      }
      const found = (yield* report()).types.find(({ type }) => type === action.type)
      return found?.agreed === 1 ? "agreed" : found?.disagreed === 1 ? "disagreed" : "pending"
    })
  )
}

const hasBug = { labels: [{ name: "Bug" }] }
const labelled = event("labeled", { label: "bug" })
const closed = { state: "closed", state_reason: "not_planned" } as const

describe("the outcome of an action", () => {
  it.effect.each([
    ["agreed", "a person put the label on", bug, hasBug, [labelled]],
    ["pending", "nobody has touched the issue", bug, {}, []],
    [
      "pending",
      "our own account put it on",
      bug,
      hasBug,
      [event("labeled", { label: "bug", actor: { login: "Triage-Bot", type: "User" } })]
    ],
    [
      "pending",
      "a program put it on",
      bug,
      hasBug,
      [event("labeled", { label: "bug", actor: { login: "x[bot]", type: "Bot" } })]
    ],
    [
      "pending",
      "the author closed the issue",
      bug,
      {},
      [event("closed", { actor: { login: "stranger", type: "User" } })]
    ],
    ["pending", "a person touched it before", bug, {}, [event("labeled", { label: "question", created_at: before })]],
    ["pending", "a person only subscribed", bug, {}, [event("subscribed")]],
    [
      "disagreed",
      "a person put on another one",
      bug,
      { labels: [{ name: "question" }] },
      [event("labeled", { label: "question" })]
    ],
    ["disagreed", "a person closed it without the label", bug, closed, [event("closed")]],
    [
      "agreed",
      "a person took the label off",
      { type: "remove_label", label: "bug" },
      {},
      [event("unlabeled", { label: "bug" })]
    ],
    [
      "disagreed",
      "a person left it and put on another",
      { type: "remove_label", label: "bug" },
      hasBug,
      [event("labeled", { label: "question" })]
    ],
    ["agreed", "a person closed it as not planned", close, closed, [event("closed")]],
    ["disagreed", "a person closed it as done", close, { ...closed, state_reason: "completed" }, [event("closed")]],
    ["pending", "a program closed it", close, closed, [event("closed", { actor: { login: "x[bot]", type: "Bot" } })]],
    ["disagreed", "a person worked on it and left it open", close, hasBug, [labelled]]
  ] satisfies ReadonlyArray<[string, string, Action, Partial<GitHubIssue>, ReadonlyArray<IssueEvent>]>)(
    "is %s where %s",
    ([expected, , action, now, events]) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* outcomeOf(action, now, events), expected)
      })
  )

  it.effect.each([
    ["agreed", "a person worked on the issue and left the label", bug, hasBug, [event("assigned")]],
    ["pending", "nobody has looked", bug, hasBug, []],
    ["disagreed", "a person took the label off", bug, {}, [event("unlabeled", { label: "bug" })]],
    ["disagreed", "a person opened the issue again", close, {}, [event("reopened")]]
  ] satisfies ReadonlyArray<[string, string, Action, Partial<GitHubIssue>, ReadonlyArray<IssueEvent>]>)(
    "of what was done is %s where %s",
    ([expected, , action, now, events]) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* outcomeOf(action, now, events, "done"), expected)
      })
  )
})

describe("a report", () => {
  it.effect("is empty over an empty log, and says what is missing", () =>
    onLog(
      new StandInGitHub(),
      Effect.gen(function* () {
        const { issues, types } = yield* report({ modes: { ...rules.modes, close: "off" } })
        assert.strictEqual(issues, 0)
        assert.deepStrictEqual(
          types.map(({ flip, reason, type }) => [type, flip, reason]),
          [
            ["add_label", null, "0 of 20 decided by the maintainer so far"],
            ["remove_label", null, "0 of 20 decided by the maintainer so far"],
            ["comment", null, "a comment cannot be held against what a maintainer did: read some, and decide"],
            ["close", null, "off: nothing is recorded of it"]
          ]
        )
      })
    )
  )

  const agreedOn = Effect.fnUntraced(function* (github: StandInGitHub, agreed: number, all: number) {
    for (let number = 1; number <= all; number++) {
      github.put({ number, labels: number <= agreed ? [{ name: "bug" }] : [] })
      github.events.set(number, number <= agreed ? [labelled] : [event("closed")])
      yield* record(number, [bug])
    }
  })

  it.effect("names the line to flip from twenty decided and nine tenths on, with the other modes kept", () => {
    const github = new StandInGitHub()
    return onLog(
      github,
      Effect.gen(function* () {
        yield* agreedOn(github, 18, 20)
        const [labels] = (yield* report({}, { comment: "propose" })).types
        assert.strictEqual(labels?.flip, "modes: { add_label: live, comment: propose }")
        const [dry] = (yield* report({ dryRun: true })).types
        assert.strictEqual(dry?.flip, "modes: { add_label: live }")
        assert.strictEqual(dry?.reason, "18 of 20 agreed; dry_run: true still stands above it")
        const [done] = (yield* report({ modes: { ...rules.modes, add_label: "live" } })).types
        assert.deepStrictEqual([done?.flip, done?.reason], [null, "live already"])
      })
    )
  })

  it.effect("names none below them", () => {
    const github = new StandInGitHub()
    return onLog(
      github,
      Effect.gen(function* () {
        yield* agreedOn(github, 17, 20)
        const all = yield* report()
        assert.deepStrictEqual([all.types[0]?.flip, all.types[0]?.reason], [null, "agreement is 0.85; it takes 0.9"])
        assert.deepStrictEqual(
          all.disagreements.map(({ issue }) => issue),
          [18, 19, 20]
        )
        const some = (yield* report({}, {}, 19)).types[0]
        assert.deepStrictEqual([some?.flip, some?.reason], [null, "19 of 20 decided by the maintainer so far"])
      })
    )
  })

  it.effect("asks for the second lock too where closing has earned it", () => {
    const github = new StandInGitHub()
    return onLog(
      github,
      Effect.gen(function* () {
        for (let number = 1; number <= 20; number++) {
          github.put({ number, ...closed })
          github.events.set(number, [event("closed")])
          yield* record(number, [close])
        }
        const flip = (yield* report({ allowClose: false })).types.at(-1)?.flip
        assert.strictEqual(flip, "allow_close: true\nmodes: { close: live }")
      })
    )
  })

  it.effect("counts a wish once however often it came, and neither what was denied nor another repository's", () => {
    const github = new StandInGitHub()
    github.put({ number: 7, labels: [{ name: "bug" }] })
    github.events.set(7, [event("labeled", { label: "bug", created_at: "2026-01-31T12:30:00Z" })])
    return onLog(
      github,
      Effect.gen(function* () {
        const log = yield* ActionLog
        yield* record(7, [bug])
        yield* TestClock.adjust("1 hour")
        const again = { action: { type: "add_label", label: "BUG" }, mode: "shadow", verdict: "allowed" } as const
        yield* log.record(entryOf("again", [bug], { actions: [{ ...again, state: "shadow" }] }))
        yield* log.record(entryOf("denied", [bug], { actions: [{ ...again, verdict: "mode_off", state: "denied" }] }))
        yield* log.record(entryOf("other", [bug], { repo: "octo/other", actions: [{ ...again, state: "shadow" }] }))
        const [labels] = (yield* report()).types
        // From the first time on, or the maintainer's answer would seem to be older than the question.
        assert.deepStrictEqual([labels?.shadow, labels?.agreed], [1, 1])
      })
    )
  })

  it.effect("goes on without an issue that is gone, and stops where GitHub is away", () => {
    const github = new StandInGitHub()
    return onLog(
      github,
      Effect.gen(function* () {
        yield* record(7, [bug])
        const { gone, types } = yield* report()
        assert.deepStrictEqual([gone, types[0]?.shadow, types[0]?.pending], [1, 1, 0])
        github.readFault = away
        assert.strictEqual((yield* Effect.flip(report()))._tag, "GitHubUnreachable")
        github.readFault = new GitHubRefused({ route: "GET", status: 403, detail: "Forbidden" })
        assert.strictEqual((yield* Effect.flip(report()))._tag, "GitHubRefused")
      })
    )
  })
})
