import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Action, Decision } from "../../src/protocol/Decision.ts"
import type { GitHubIssue } from "../../src/protocol/GitHubIssue.ts"
import type { Task } from "../../src/protocol/Task.ts"
import { asOpened, backtest, readBacktestIssues } from "../../src/review/backtest.ts"
import { judgeBacktest } from "../../src/review/judgeBacktest.ts"
import { lessonsOf } from "../../src/review/labelledIssues.ts"
import { readHistory } from "../../src/review/readHistory.ts"
import { AgentUnavailable, type TriageAgent } from "../../src/work/TriageAgent.ts"
import { issueOf } from "../issues.ts"
import { rules } from "../policyCases.ts"
import { away, StandInGitHub } from "../standInGitHub.ts"

const labelled = (...names: ReadonlyArray<string>) => ({ labels: names.map((name) => ({ name })) })

const decisionOf = (actions: ReadonlyArray<Action>, change: Partial<Decision> = {}): Decision => ({
  task_id: "any",
  decision: "label_and_respond",
  rationale: "",
  actions,
  ...change
})

const puts = (label: string): Action => ({ type: "add_label", label })
const closes: Action = { type: "close", reason: "not_planned" }

const day = (at: number) => `2026-01-${String(at).padStart(2, "0")}T09:00:00Z`

const put = (github: StandInGitHub, number: number, change: Partial<GitHubIssue> = {}) =>
  github.put({ number, created_at: day(number), updated_at: day(number), ...change })

/** An agent that remembers what it was asked. */
const agentOf = (answer: (task: Task) => Decision | null) => {
  const tasks: Array<Task> = []
  const agent: TriageAgent = {
    name: "test",
    ask: (task) =>
      Effect.suspend(() => {
        tasks.push(task)
        const decision = answer(task)
        return decision === null
          ? Effect.fail(new AgentUnavailable({ agent: "test", reason: "busy" }))
          : Effect.succeed(decision)
      })
  }
  return { agent, tasks }
}

const llm = { provider: "none", model: "none" }

describe("readHistory", () => {
  it.effect("goes back page by page to as many as are wanted, without pull requests", () => {
    const github = new StandInGitHub()
    for (let number = 1; number <= 250; number++) {
      const at = new Date(Date.UTC(2026, 0, 1, 0, number)).toISOString().replace(".000", "")
      put(github, number, { updated_at: at, ...(number % 2 === 0 ? { pull_request: {} } : {}) })
    }
    return Effect.gen(function* () {
      const told: Array<number> = []
      const found = yield* readHistory({
        repo: rules.repo,
        issuesMax: 60,
        isWanted: () => true,
        progress: (done) => told.push(done)
      })
      assert.lengthOf(found, 60)
      assert.deepStrictEqual([found[0]?.number, found[59]?.number], [249, 131])
      assert.deepStrictEqual(told, [50, 60])
      assert.lengthOf(github.questions, 2)
    }).pipe(Effect.provide(github.layer))
  })

  it.effect("counts an issue once that moved to the next page while it read", () => {
    const github = new StandInGitHub()
    for (let number = 1; number <= 101; number++) put(github, number, { updated_at: day(1) })
    github.before = (question) => {
      if (question === 2) put(github, 0, { updated_at: day(2) })
      return undefined
    }
    return Effect.gen(function* () {
      const found = yield* readHistory({ repo: rules.repo, issuesMax: 1000, isWanted: () => true })
      assert.lengthOf(found, 101)
    }).pipe(Effect.provide(github.layer))
  })

  it.effect("fails as GitHub does, and gives no part for the whole", () => {
    const github = new StandInGitHub()
    for (let number = 1; number <= 101; number++) put(github, number, { updated_at: day(1) })
    github.before = (question) => (question === 2 ? away : undefined)
    return Effect.gen(function* () {
      const query = { repo: rules.repo, issuesMax: 1000, isWanted: () => true }
      assert.strictEqual((yield* Effect.flip(readHistory(query)))._tag, "GitHubUnreachable")
    }).pipe(Effect.provide(github.layer))
  })
})

describe("lessonsOf", () => {
  it("takes issues with exactly one configured label, whatever its case, the oldest first", () => {
    const issues = [
      issueOf({ number: 4, title: "d", ...labelled("BUG", "stale") }),
      issueOf({ number: 3, title: "c", ...labelled("bug", "question") }),
      issueOf({ number: 2, title: "b", ...labelled("stale") }),
      issueOf({ number: 1, title: "a", body: null, ...labelled("question") })
    ]
    assert.deepStrictEqual(lessonsOf("o/r", issues, ["bug", "question"]), [
      { repo: "o/r", label: "question", title: "a", body: null },
      { repo: "o/r", label: "bug", title: "d", body: issueOf().body }
    ])
  })
})

describe("a backtest", () => {
  it("shows an issue as it was opened", () => {
    const now = issueOf({
      ...labelled("bug"),
      state: "closed",
      state_reason: "completed",
      closed_at: day(9),
      updated_at: day(9),
      comments: 4,
      locked: true,
      assignees: [{ login: "octo", type: "User" }]
    })
    const { state_reason: _, ...opened } = issueOf()
    assert.deepStrictEqual(asOpened(now), opened)
  })

  it.effect("asks about the newest that were dealt with, and leaves out whom the policy leaves out", () => {
    const github = new StandInGitHub()
    put(github, 1, labelled("bug"))
    put(github, 2)
    put(github, 3, { state: "closed" })
    put(github, 4, { ...labelled("question"), author_association: "OWNER" })
    put(github, 5, { ...labelled("question"), comments: 3 })
    put(github, 6, { ...labelled("bug"), user: { login: "dependabot[bot]", type: "Bot" } })
    const { agent, tasks } = agentOf((task) => decisionOf(task.payload.issue.number === 5 ? [puts("bug")] : []))
    return Effect.gen(function* () {
      const { newest, older } = yield* readBacktestIssues({ rules, last: 2, olderMax: 5 })
      assert.deepStrictEqual(
        [newest, older].map((some) => some.map(({ number }) => number)),
        [[5, 3], [1]]
      )
      const result = yield* backtest({ agent, issues: newest, rules, llm })
      assert.deepStrictEqual(
        tasks.map(({ payload }) => [payload.action, payload.issue.state, payload.issue.labels, payload.comments]),
        [
          ["opened", "open", [], []],
          ["opened", "open", [], []]
        ]
      )
      assert.deepStrictEqual(result.disagreements, [
        { issue: 5, about: "labels", mind: ["bug"], maintainer: ["question"] }
      ])
    }).pipe(Effect.provide(github.layer))
  })

  it.effect("goes on after an issue without an answer, and gives up where none comes", () => {
    const github = new StandInGitHub()
    for (let number = 1; number <= 9; number++) put(github, number, labelled("bug"))
    return Effect.gen(function* () {
      const { newest } = yield* readBacktestIssues({ rules, last: 9, olderMax: 0 })
      const some = agentOf((task) => (task.payload.issue.number % 3 === 0 ? decisionOf([puts("bug")]) : null))
      const { labels, unanswered } = yield* backtest({ agent: some.agent, issues: newest, rules, llm })
      assert.deepStrictEqual([unanswered, labels.issues, labels.agreed], [6, 3, 3])
      const none = agentOf(() => null)
      const given = { agent: none.agent, issues: newest, rules, llm }
      assert.strictEqual((yield* Effect.flip(backtest(given)))._tag, "AgentUnavailable")
      assert.lengthOf(none.tasks, 3)
    }).pipe(Effect.provide(github.layer))
  })
})

describe("judgeBacktest", () => {
  const judge = (...looked: ReadonlyArray<[Partial<GitHubIssue>, Decision | null]>) =>
    judgeBacktest(
      looked.map(([change, decision], at) => ({ issue: issueOf({ number: at + 1, ...change }), decision })),
      ["bug", "question"]
    )

  it("tells the same label from another one, from none and from not sure", () => {
    const { labels, not_sure } = judge(
      [labelled("bug"), decisionOf([puts("Bug")])],
      [labelled("bug", "question"), decisionOf([puts("bug")])],
      [labelled("bug"), decisionOf([puts("question")])],
      [labelled("bug"), decisionOf([], { decision: "skip" })],
      [labelled("bug"), decisionOf([puts("bug")], { decision: "escalate" })],
      [{ state: "closed" }, decisionOf([puts("bug")])]
    )
    assert.deepStrictEqual(labels, {
      issues: 5,
      agreed: 2,
      other_label: 1,
      none: 1,
      not_sure: 1,
      agreement: 2 / 3,
      unlabelled: { issues: 1, labelled: 1 }
    })
    assert.strictEqual(not_sure, 1 / 6)
  })

  it("agrees with a closing only where the maintainer saw no work in the issue either", () => {
    const { closes: found, disagreements } = judge(
      [{ state: "closed", state_reason: "not_planned" }, decisionOf([closes], { decision: "close" })],
      [{ state: "closed", state_reason: "completed" }, decisionOf([closes], { decision: "close" })],
      [labelled("bug"), decisionOf([closes], { decision: "close" })],
      [{ state: "closed", state_reason: "duplicate" }, decisionOf([])]
    )
    assert.deepStrictEqual(found, { asked: 3, agreed: 1, agreement: 1 / 3, by_maintainer: 2 })
    assert.deepStrictEqual(
      disagreements.map(({ issue, maintainer }) => [issue, ...maintainer]),
      [
        [2, "completed"],
        [3, "open"]
      ]
    )
  })

  it("adds up what the model cost, and knows no sum where a price is missing", () => {
    const usage = { input_tokens: 10, output_tokens: 5, cost_micro_usd: 7 }
    const paid = decisionOf([], { usage })
    assert.deepStrictEqual(judge([{}, paid], [{}, paid], [{}, null]).cost, {
      calls: 2,
      input_tokens: 20,
      output_tokens: 10,
      micro_usd: 14
    })
    const unknown = decisionOf([], { usage: { ...usage, cost_micro_usd: null } })
    assert.isNull(judge([{}, paid], [{}, unknown]).cost.micro_usd)
  })

  it("has no agreement where there is nothing to agree on", () => {
    const { closes: found, labels, not_sure } = judge()
    assert.deepStrictEqual([labels.agreement, found.agreement, not_sure], [null, null, null])
  })
})
