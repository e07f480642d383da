import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { agreeOnVersion, decodeTask, taskBody, taskBytesMax } from "../src/protocol/agentWire.ts"
import { decodeDecision } from "../src/protocol/Decision.ts"
import { makeTask } from "./triageTask.ts"

const comment = (id: number, characters: number) => ({
  id,
  body: "é".repeat(characters),
  user: null,
  author_association: "NONE",
  created_at: "2026-01-31T09:00:00Z",
  updated_at: "2026-01-31T09:00:00Z"
})

describe("a task on its way", () => {
  it("keeps all comments where they fit", () => {
    const task = makeTask()
    const whole = { ...task, payload: { ...task.payload, comments: [comment(1, 10), comment(2, 10)] } }
    expect(JSON.parse(taskBody(whole)).payload.comments).toHaveLength(2)
  })

  it("leaves out the oldest comments until an agent takes it", async () => {
    const task = makeTask()
    const comments = Array.from({ length: 40 }, (_, at) => comment(at + 1, 30_000))
    const body = taskBody({ ...task, payload: { ...task.payload, comments } })
    expect(new TextEncoder().encode(body).length).toBeLessThanOrEqual(taskBytesMax)
    const { payload } = await Effect.runPromise(decodeTask(JSON.parse(body)))
    expect(payload.comments.at(-1)?.id).toBe(40)
    expect(payload.comments.length).toBeGreaterThan(0)
  })

  it("goes in the newest version that both sides speak", () => {
    expect(agreeOnVersion([0, 1], [0, 1, 2])).toBe(1)
    expect(agreeOnVersion([0], [1])).toBeNull()
  })
})

describe("a decision's cost", () => {
  const decisionWith = (usage: object) =>
    decodeDecision({ task_id: "t", decision: "skip", rationale: "", actions: [], usage })

  it("is nothing below nothing, and no more than one answer can cost", async () => {
    const sound = { input_tokens: 0, output_tokens: 1_000_000_000, cost_micro_usd: null }
    await expect(Effect.runPromise(decisionWith(sound))).resolves.toMatchObject({ usage: sound })
    for (const change of [
      { input_tokens: -1 },
      { output_tokens: 1_000_000_001 },
      { cost_micro_usd: -5_000 },
      { cost_micro_usd: 2 ** 53 - 1 }
    ]) {
      await expect(Effect.runPromise(decisionWith({ ...sound, ...change }))).rejects.toThrow()
    }
  })
})
