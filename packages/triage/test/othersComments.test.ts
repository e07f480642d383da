import { describe, expect, it } from "@effect/vitest"
import { actionKey, withMarker } from "../src/actionKey.ts"
import { signsOf } from "../src/layerWordGuard.ts"
import type { GitHubComment } from "../src/protocol/GitHubIssue.ts"
import { othersComments } from "../src/work/othersComments.ts"
import { makeTask } from "./triageTask.ts"

const { issue } = makeTask().payload

const from = (login: string): GitHubComment => ({
  id: 1,
  body: withMarker("Thank you.", actionKey("0b0b8a86-4f0a-4f4e-8a53-1d2a4c1c8a00", 0)),
  user: { login, type: "User" },
  author_association: "NONE",
  created_at: "2026-01-31T09:00:00Z",
  updated_at: "2026-01-31T09:00:00Z"
})

describe("what others said", () => {
  it("suspects our mark under a stranger's name, and never under our own, however GitHub calls the account", () => {
    expect(signsOf(issue, othersComments([from("stranger")], "farm-bot"))).toContain("imitates_markup")
    expect(signsOf(issue, othersComments([from("Farm-Bot")], "farm-bot"))).toEqual([])
  })
})
