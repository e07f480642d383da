import { describe, expect, it } from "@effect/vitest"
import { detectInjection } from "../src/detectInjection.ts"
import { decideTriage } from "../src/policy/decideTriage.ts"
import { doneNothing } from "../src/policy/TriageSituation.ts"
import type { Action } from "../src/protocol/Decision.ts"
import { type Attempt, attempts, textsOf } from "./injectionCorpus.ts"
import { issue, nowMs, rules } from "./policyCases.ts"

/** What an agent of somebody else's may ask for that does all it reads: every word a label, every sentence a comment. */
const everything = ({ body }: Attempt): ReadonlyArray<Action> => {
  const words = [...new Set(body.split(/[^\p{L}\p{N}_-]+/u))].filter((word) => word !== "" && word.length <= 50)
  return [
    ...words.map((label) => ({ type: "add_label", label }) as const),
    ...words.map((label) => ({ type: "remove_label", label }) as const),
    { type: "add_label", label: "bug" },
    { type: "comment", body: body.slice(0, 8_000) },
    { type: "close", reason: "completed" }
  ]
}

const allowedOf = (attempt: Attempt): ReadonlyArray<Action> =>
  decideTriage({
    decision: { decision: "close", actions: everything(attempt) },
    situation: {
      issue: { ...issue, title: attempt.title, body: attempt.body },
      comments: [],
      // The repository has every label that the stranger could name: it is the configuration that counts.
      repositoryLabels: [
        "bug",
        "question",
        ...everything(attempt).flatMap((one) => ("label" in one ? [one.label] : []))
      ],
      authorPermission: "read",
      changed: false,
      backlog: false,
      suspicious: detectInjection(textsOf(attempt)).length > 0
    },
    done: doneNothing,
    rules,
    nowMs
  }).flatMap(({ ruling }) => (ruling._tag === "Denied" ? [] : [ruling.does]))

describe("an agent that does all it reads, under the policy", () => {
  it.each(attempts)(
    "touches no label that the owner did not configure, and closes nothing: $family, $name",
    (attempt) => {
      const allowed = allowedOf(attempt)
      for (const action of allowed) {
        if ("label" in action) expect(["bug", "question"]).toContain(action.label)
        expect(action.type).not.toBe("close")
      }
      expect(allowed).toContainEqual({ type: "add_label", label: "bug" })
    }
  )

  it("puts labels and nothing else on an issue that shows signs", () => {
    const seen = attempts.filter((attempt) => detectInjection(textsOf(attempt)).length > 0)
    for (const attempt of seen) {
      expect(
        allowedOf(attempt).every(({ type }) => type === "add_label"),
        attempt.name
      ).toBe(true)
    }
    const unseen = attempts.filter((attempt) => !seen.includes(attempt))
    expect(unseen.some((attempt) => allowedOf(attempt).some(({ type }) => type === "comment"))).toBe(true)
  })
})
