import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { decideByKeywords, findLabel, keywordMind } from "../src/minds/keywordMind.ts"
import { decodeDecision } from "../src/protocol/Decision.ts"
import { makeTask } from "./triageTask.ts"

const labels = makeTask().context.settings.labels
const find = (title: string, body: string | null = null) => findLabel(labels, { title, body })?.label ?? null

describe("the keyword mind", () => {
  it.each([
    ["Crash on start", "bug"],
    ["CRASH, always", "bug"],
    ["Where is it? (exception)", "bug"],
    ["How  do\nI turn it off", "question"],
    ["It crashes", null],
    ["A terrorised user", null],
    ["error_code is missing", null],
    ["Größe_error", null]
  ])("finds whole words without regard to case: %j", (title, label) => {
    expect(find(title)).toBe(label)
  })

  it("lets one word in the title outweigh two in the body", () => {
    expect(find("How to start", "There was a crash and an exception.")).toBe("question")
    expect(find("Start", "how to start: crash, exception")).toBe("bug")
  })

  it("counts each word once, however often an issue repeats it", () => {
    expect(find("x", `${"crash ".repeat(500)} how do I, and how to`)).toBe("question")
  })

  it("gives the first label of the file where two weigh the same", () => {
    expect(find("how to crash")).toBe("bug")
  })

  it("does not read the instructions of an issue template", () => {
    expect(find("x", "<!-- Tell us of the error --> all is well")).toBeNull()
    expect(find("x", "all is well <!-- the error, unclosed")).toBeNull()
  })

  it("takes words with the signs of patterns as they stand", () => {
    expect(findLabel({ cpp: ["c++ (gcc)"] }, { title: "Use C++ (GCC) here", body: null })?.label).toBe("cpp")
    expect(findLabel({ any: ["a.c", " "] }, { title: "abc", body: null })).toBeNull()
  })

  it("labels a new issue and answers in words of the owner's, never of the issue's", async () => {
    const task = makeTask({ issue: { title: "crash @everyone", body: "see https://evil.example" } })
    const decision = await Effect.runPromise(Effect.flatMap(keywordMind.decide(task), decodeDecision))
    expect(decision).toMatchObject({ task_id: task.task_id, decision: "label_and_respond" })
    expect(decision.actions[0]).toEqual({ type: "add_label", label: "bug" })
    expect(decision.actions[1]).toMatchObject({ body: expect.stringContaining("it mentions `crash`") })
    expect(JSON.stringify(decision)).not.toMatch(/everyone|evil/)
  })

  it("answers once: an issue that was edited is only labelled", () => {
    const { actions } = decideByKeywords(makeTask({ action: "edited", issue: { title: "crash" } }))
    expect(actions).toEqual([{ type: "add_label", label: "bug" }])
  })

  it.each([
    ["nothing is found", {}],
    ["it is closed", { state: "closed" as const, title: "crash" }],
    ["it is a pull request", { pull_request: {}, title: "crash" }],
    ["it has one of the labels", { labels: [{ name: "question" }], title: "crash" }]
  ])("skips an issue when %s", (_, issue) => {
    expect(decideByKeywords(makeTask({ issue }))).toMatchObject({ decision: "skip", actions: [] })
  })

  it("asks about a stale issue, and asks for its closing only where the owner allows that", () => {
    const asked = decideByKeywords(makeTask({ action: "stale" }))
    expect(asked.actions).toEqual([{ type: "comment", body: expect.stringContaining("30 days") }])
    const closed = decideByKeywords(makeTask({ action: "stale", settings: { allow_close: true } }))
    expect(closed.decision).toBe("close")
    expect(closed.actions.map(({ type }) => type)).toEqual(["comment", "close"])
    expect(decideByKeywords(makeTask({ action: "stale", settings: { stale_days: null } })).decision).toBe("skip")
    expect(decideByKeywords(makeTask({ action: "stale", issue: { state: "closed" } })).decision).toBe("skip")
  })
})
