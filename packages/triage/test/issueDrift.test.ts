import { assert, describe, it } from "@effect/vitest"
import { afterAction, looksSame, someoneElseSpoke, withoutAction } from "../src/github/issueDrift.ts"
import type { Action } from "../src/protocol/Decision.ts"
import type { GitHubIssue } from "../src/protocol/GitHubIssue.ts"
import { issueOf } from "./issues.ts"

const comment = (login: string | null, updated_at: string) => ({
  id: 1,
  body: "hello",
  user: login === null ? null : { login, type: "User" },
  author_association: "NONE",
  created_at: "2026-01-31T09:00:00Z",
  updated_at
})

describe("looksSame", () => {
  it("sees every change that a decision may rest on", () => {
    const changes: ReadonlyArray<Partial<GitHubIssue>> = [
      { title: "Solved" },
      { body: null },
      { state: "closed" },
      { locked: true },
      { comments: 1 },
      { labels: [{ name: "bug" }] },
      { assignees: [{ login: "octo", type: "User" }] },
      { user: null }
    ]
    for (const change of changes) assert.isFalse(looksSame(issueOf(), issueOf(change)), Object.keys(change).join())
  })

  it("does not mind when an issue was touched, nor the order and case of labels", () => {
    const labels = [{ name: "Bug" }, { name: "question" }]
    const a = issueOf({ labels, updated_at: "2026-01-31T10:00:00Z" })
    assert.isTrue(looksSame(a, issueOf({ labels: [{ name: "question" }, { name: "bug" }] })))
  })
})

describe("afterAction", () => {
  it("is the issue as our own action leaves it", () => {
    const labelled = afterAction(issueOf(), { type: "add_label", label: "bug" })
    assert.deepStrictEqual(labelled.labels, [{ name: "bug" }])
    assert.strictEqual(afterAction(labelled, { type: "add_label", label: "BUG" }), labelled)
    assert.deepStrictEqual(afterAction(labelled, { type: "remove_label", label: "Bug" }).labels, [])
    assert.strictEqual(afterAction(issueOf(), { type: "comment", body: "hi" }).comments, 1)
    assert.strictEqual(afterAction(issueOf(), { type: "close", reason: "completed" }).state, "closed")
  })
})

describe("withoutAction", () => {
  it("is the issue as it was before our own action", () => {
    const before = issueOf({ labels: [{ name: "question" }] })
    const actions: ReadonlyArray<Action> = [
      { type: "add_label", label: "bug" },
      { type: "remove_label", label: "question" },
      { type: "comment", body: "hi" },
      { type: "close", reason: "completed" }
    ]
    for (const action of actions) {
      const after = afterAction(before, action)
      assert.isFalse(looksSame(before, after), action.type)
      assert.isTrue(looksSame(before, withoutAction(after, action)), action.type)
    }
  })
})

describe("someoneElseSpoke", () => {
  const since = "2026-01-31T10:00:00Z"
  it("hears others after the decision, and neither itself nor what was said before", () => {
    const later = "2026-01-31T10:00:01Z"
    assert.isTrue(someoneElseSpoke([comment("stranger", later)], "farm-bot", since))
    assert.isTrue(someoneElseSpoke([comment(null, later)], "farm-bot", since))
    assert.isFalse(someoneElseSpoke([comment("Farm-Bot", later)], "farm-bot", since))
    assert.isFalse(someoneElseSpoke([comment("stranger", since)], "farm-bot", since))
  })
})
