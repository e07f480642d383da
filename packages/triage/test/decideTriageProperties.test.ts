import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { decideTriage, type PolicyInput, type RuledAction } from "../src/policy/decideTriage.ts"
import { judgeAsking } from "../src/policy/judgeCaps.ts"
import type { Action } from "../src/protocol/Decision.ts"
import { modes, sameName } from "../src/TriageRules.ts"
import { announced, asking, bot, comment, rules, withDone, withRules, withTally } from "./policyCases.ts"

// Few names, so that they meet: configured or not, there or not, in other capitals.
const AnyLabel = Schema.Literals([
  "bug",
  "BUG",
  "Question",
  "security",
  "needs-human",
  "wontfix",
  "made-up",
  "Bug ",
  ""
])
const AnyAction = Schema.Union([
  Schema.Struct({ type: Schema.Literal("add_label"), label: AnyLabel }),
  Schema.Struct({ type: Schema.Literal("remove_label"), label: AnyLabel }),
  Schema.Struct({ type: Schema.Literal("comment"), body: Schema.Literals(["one", "two", "three", " "]) }),
  Schema.Struct({ type: Schema.Literal("close"), reason: Schema.Literals(["completed", "not_planned", "duplicate"]) })
])
const Few = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 6 }))
const AnyMode = Schema.Literals(modes)

/** Everything that an agent, a stranger, an owner and the past can vary. */
const AnyCase = Schema.Struct({
  decision: Schema.Literals(["label_and_respond", "close", "escalate", "skip"]),
  actions: Schema.Array(AnyAction).check(Schema.isMaxLength(10)),
  modes: Schema.Struct({ add_label: AnyMode, remove_label: AnyMode, comment: AnyMode, close: AnyMode }),
  labels: Schema.Array(AnyLabel),
  there: Schema.Array(AnyLabel),
  on: Schema.Array(AnyLabel),
  allowClose: Schema.Boolean,
  allowRepeatComments: Schema.Boolean,
  dryRun: Schema.Boolean,
  noticed: Schema.Boolean,
  ours: Few,
  perIssue: Few,
  perHour: Few,
  perDay: Few,
  closes: Few,
  tally: Few
})

const inputOf = (any: typeof AnyCase.Type): PolicyInput => {
  const start = any.noticed ? announced() : asking()
  const caps = { actionsPerHour: any.perHour, actionsPerDay: any.perDay, closesPerDay: any.closes, microUsdPerDay: 1 }
  const ruled = withRules(start, {
    modes: any.modes,
    labels: Object.fromEntries(any.labels.map((label) => [label, ["word"]])),
    exemptLabels: [],
    allowClose: any.allowClose,
    allowRepeatComments: any.allowRepeatComments,
    dryRun: any.dryRun,
    actionsPerIssue: any.perIssue,
    caps,
    capsOfHarness: { ...caps, actionsPerHour: 4 }
  })
  const input = withDone(withTally(ruled, "repository", { actionsLastHour: any.tally, actionsLastDay: any.tally }), {
    actions: any.tally,
    labelsAdded: any.on
  })
  return {
    ...input,
    decision: { decision: any.decision, actions: any.actions },
    situation: {
      ...input.situation,
      repositoryLabels: any.there,
      issue: { ...input.situation.issue, labels: any.on.map((name) => ({ name })) },
      comments: [
        ...input.situation.comments,
        ...Array.from({ length: any.ours }, (_, at) => comment(200 + at, bot, at * 6 + 1))
      ]
    }
  }
}

const allowed = (ruled: ReadonlyArray<RuledAction>): ReadonlyArray<Action> =>
  ruled.flatMap(({ ruling }) => (ruling._tag === "Allowed" ? [ruling.does] : []))

/** What would be done in any mode: shadow has to be as careful, or its report would promise too much. */
const undenied = (ruled: ReadonlyArray<RuledAction>): ReadonlyArray<Action> =>
  ruled.flatMap(({ ruling }) => (ruling._tag === "Denied" ? [] : [ruling.does]))

describe("whatever an agent asks for, the policy", () => {
  it.prop(
    "touches no label but one that the owner configured and the repository has",
    [AnyCase],
    ([any]) => {
      const input = inputOf(any)
      for (const action of undenied(decideTriage(input))) {
        if (!("label" in action)) continue
        const mayTouch = [...Object.keys(input.rules.labels), ...(any.decision === "escalate" ? ["needs-human"] : [])]
        assert.isTrue(mayTouch.some((name) => sameName(name, action.label)))
        assert.include(any.there, action.label)
      }
    },
    { arbitrary: { runs: 500 } }
  )

  it.prop(
    "keeps to every cap, counted with what was done before",
    [AnyCase],
    ([any]) => {
      const { done, rules } = inputOf(any)
      const does = undenied(decideTriage(inputOf(any)))
      const room = Math.min(
        rules.actionsPerIssue - done.issue.actions,
        rules.caps.actionsPerHour - done.repository.actionsLastHour,
        rules.caps.actionsPerDay - done.repository.actionsLastDay,
        rules.capsOfHarness.actionsPerHour
      )
      assert.isAtMost(does.length, Math.max(room, 0))
      assert.isAtMost(does.filter(({ type }) => type === "close").length, Math.min(any.closes, 1))
    },
    { arbitrary: { runs: 500 } }
  )

  it.prop(
    "posts at most one comment in 24 hours, unless more are opted in",
    [AnyCase],
    ([any]) => {
      if (any.allowRepeatComments) return
      const comments = undenied(decideTriage(inputOf(any))).filter(({ type }) => type === "comment").length
      assert.isAtMost(comments, any.ours > 0 ? 0 : 1)
    },
    { arbitrary: { runs: 500 } }
  )

  it.prop(
    "does only what is live, closes only what it announced, and rules on each action once",
    [AnyCase],
    ([any]) => {
      const input = inputOf(any)
      const ruled = decideTriage(input)
      for (const { asked, ruling } of ruled) {
        if (ruling._tag === "Allowed") assert.isTrue(any.modes[asked.type] === "live" && !any.dryRun)
      }
      for (const action of allowed(ruled)) if (action.type === "close") assert.isTrue(any.allowClose && any.noticed)
      const asked: ReadonlyArray<Action> = ruled
        .filter(({ purpose }) => purpose !== "escalation")
        .map(({ asked }) => asked)
      assert.deepStrictEqual(asked, any.actions)
    },
    { arbitrary: { runs: 500 } }
  )
})

describe("an agent is asked", () => {
  const full = { actionsLastHour: rules.caps.actionsPerHour }

  it("only while there is room for what it may want, and money for its model", () => {
    assert.isNull(judgeAsking(asking().done, rules))
    assert.strictEqual(judgeAsking(withTally(asking(), "repository", full).done, rules), "cap_hour")
    assert.strictEqual(
      judgeAsking(withTally(asking(), "harness", { microUsdToday: 20_000_000 }).done, rules),
      "cap_harness_money"
    )
  })

  it("in shadow whatever was done, but not for more money", () => {
    const shadow = { ...rules, dryRun: true }
    assert.isNull(judgeAsking(withTally(asking(), "repository", full).done, shadow))
    const spent = withTally(asking(), "repository", { microUsdToday: 5_000_000 }).done
    assert.strictEqual(judgeAsking(spent, shadow), "cap_money")
    assert.isNull(judgeAsking(spent, { ...shadow, caps: { ...rules.caps, microUsdPerDay: null } }))
  })
})
