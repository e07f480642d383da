import { assert, describe, it } from "@effect/vitest"
import type { IssuesAnswer } from "../src/GitHubReads.ts"
import { causeOf, isStale, isWorthAsking } from "../src/poll/causeOf.ts"
import { firstCursor, planPoll, settlePoll, spellTime } from "../src/poll/nextPoll.ts"
import type { GitHubIssue } from "../src/protocol/GitHubIssue.ts"
import { issueOf } from "./issues.ts"

const t0 = Date.parse("2026-03-01T00:00:00Z")
const minute = 60_000
const at = (minutes: number) => spellTime(t0 + minutes * minute)
const repo = "octo/farm"
const cursor = firstCursor(t0)

const page = (...issues: ReadonlyArray<GitHubIssue>): Extract<IssuesAnswer, { _tag: "Page" }> => ({
  _tag: "Page",
  issues,
  etag: 'W/"one"',
  hasNext: false,
  pollIntervalSeconds: null
})

const changedAt = (number: number, minutes: number, change: Partial<GitHubIssue> = {}) =>
  issueOf({ number, updated_at: at(minutes), ...change })

describe("a poll", () => {
  it("asks for changes of every state, newest first, since the newest that was seen", () => {
    assert.deepStrictEqual(planPoll(repo, cursor, t0).query, {
      repo,
      since: at(0),
      state: "all",
      sort: "updated",
      direction: "desc",
      perPage: 100
    })
  })

  it("takes the cursor from the answer and never from a clock, and never moves it back", () => {
    const plan = planPoll(repo, cursor, t0)
    const moved = settlePoll(cursor, plan, [page(changedAt(1, 5), changedAt(2, 3))], t0 + 60 * minute).cursor
    assert.strictEqual(moved.since, at(5))
    assert.strictEqual(settlePoll(moved, plan, [page(changedAt(2, 3))], t0 + 61 * minute).cursor.since, at(5))
    assert.strictEqual(settlePoll(moved, plan, [page()], t0 + 62 * minute).cursor.since, at(5))
  })

  it("knows again what it saw of the cursor's second, and misses nothing that joins it", () => {
    const plan = planPoll(repo, cursor, t0)
    const first = settlePoll(cursor, plan, [page(changedAt(1, 5))], t0)
    const again = settlePoll(first.cursor, plan, [page(changedAt(1, 5), changedAt(2, 5))], t0)
    assert.deepStrictEqual(
      again.changed.map(({ number }) => number),
      [2]
    )
    const edited = settlePoll(again.cursor, plan, [page(changedAt(1, 5, { title: "Other" }), changedAt(2, 5))], t0)
    assert.deepStrictEqual(
      edited.changed.map(({ title }) => title),
      ["Other"]
    )
    assert.isEmpty(settlePoll(edited.cursor, plan, [page(changedAt(1, 5, { title: "Other" }))], t0).changed)
  })

  it("leaves pull requests out, yet moves past them", () => {
    const step = settlePoll(cursor, planPoll(repo, cursor, t0), [page(changedAt(3, 9, { pull_request: {} }))], t0)
    assert.isEmpty(step.changed)
    assert.strictEqual(step.cursor.since, at(9))
  })

  it("takes an issue that changes during the pass once, as it was last", () => {
    const step = settlePoll(
      cursor,
      planPoll(repo, cursor, t0),
      [page(changedAt(1, 5, { title: "new" })), page(changedAt(1, 2, { title: "old" }))],
      t0
    )
    assert.deepStrictEqual(
      step.changed.map(({ title }) => title),
      ["new"]
    )
  })

  it("shows the first page's ETag only for the question that it answered, and not for ever", () => {
    const plan = planPoll(repo, cursor, t0)
    const idle = settlePoll(cursor, plan, [page()], t0).cursor
    assert.strictEqual(planPoll(repo, idle, t0 + minute).query.etag, 'W/"one"')
    assert.isUndefined(planPoll("octo/other", idle, t0 + minute).query.etag)
    assert.isUndefined(planPoll(repo, idle, t0 + 61 * minute).query.etag)
    const moved = settlePoll(cursor, plan, [page(changedAt(1, 5))], t0).cursor
    assert.isUndefined(planPoll(repo, moved, t0 + minute).query.etag)
  })

  it("reads the last day again once a day, without an ETag, and never what was there before the first poll", () => {
    const day = 24 * 60
    const late = { ...settlePoll(cursor, planPoll(repo, cursor, t0), [page(changedAt(1, day))], t0).cursor }
    const plan = planPoll(repo, late, t0 + day * minute)
    assert.deepInclude(plan, { full: true })
    assert.strictEqual(plan.query.since, at(0))
    assert.isUndefined(plan.query.etag)
    const step = settlePoll(late, plan, [page(changedAt(2, 7), changedAt(1, day))], t0 + day * minute)
    assert.deepStrictEqual(
      step.changed.map(({ number }) => number),
      [2]
    )
    assert.strictEqual(step.cursor.since, at(day))
    const next = planPoll(repo, step.cursor, t0 + (day + 1) * minute)
    assert.isFalse(next.full)
    assert.strictEqual(planPoll(repo, step.cursor, t0 + 2 * day * minute).query.since, at(day - 60))
  })
})

describe("the cause of a look", () => {
  const before = issueOf({ created_at: at(-60) })

  it.each([
    ["opened", issueOf({ created_at: at(1), comments: 2 }), null],
    ["commented", issueOf({ created_at: at(-60), comments: 1 }), null],
    ["edited", issueOf({ created_at: at(-60) }), null],
    ["closed", issueOf({ state: "closed" }), before],
    ["reopened", issueOf(), { ...before, state: "closed" as const }],
    ["edited", issueOf({ title: "Other", comments: 4 }), before],
    ["commented", issueOf({ comments: 1 }), before],
    ["labeled", issueOf({ labels: [{ name: "bug" }] }), before]
  ] as const)("is %s", (cause, issue, seen) => {
    assert.strictEqual(causeOf(issue, seen, at(0)), cause)
  })

  it("is worth an agent's time only where a person does not triage already", () => {
    const causes = ["opened", "edited", "commented", "stale", "labeled", "closed", "reopened"] as const
    assert.deepStrictEqual(causes.filter(isWorthAsking), ["opened", "edited", "commented", "stale"])
  })

  it("is staleness after the configured days, unless a label keeps the issue", () => {
    const days = (count: number) => t0 + count * 24 * 60 * minute
    const old = issueOf({ updated_at: at(0), labels: [{ name: "Roadmap" }] })
    assert.isTrue(isStale(old, 30, [], days(30)))
    assert.isFalse(isStale(old, 30, [], days(30) - 1))
    assert.isFalse(isStale(old, 30, ["roadmap"], days(99)))
    assert.isFalse(isStale({ ...old, state: "closed" }, 30, [], days(99)))
    assert.isFalse(isStale({ ...old, pull_request: {} }, 30, [], days(99)))
  })
})
