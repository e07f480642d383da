/** The agent protocol from outside: a real Python agent, and the published JSON Schemas checked by a validator that is not ours. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { keywordMind } from "@farmops/triage/minds/keywordMind"
import { decodeAgentHealth, taskBody } from "@farmops/triage/protocol/agentWire"
import { decodeDecision } from "@farmops/triage/protocol/Decision"
import { Ajv2020 } from "ajv/dist/2020.js"
import { Effect } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { makeTask } from "../../packages/triage/test/triageTask.ts"

const python = "/usr/bin/python3"
const hasPython = existsSync(python)
if (!hasPython) console.warn("SKIPPED: the Python agent; install it with: apt-get install -y python3")

const inRepository = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

const ajv = new Ajv2020({ strict: false, formats: { uuid: true } })
const schema = (name: string) =>
  ajv.compile(JSON.parse(readFileSync(inRepository(`docs/protocol/agent-v0.${name}.schema.json`), "utf8")))

const task = makeTask({ issue: { title: "An exception on start" } })

describe("the published schemas", () => {
  const isTask = schema("task")
  const isDecision = schema("decision")

  it("take a task and a decision of ours", async () => {
    expect(isTask(JSON.parse(taskBody(task)))).toBe(true)
    expect(isDecision(await Effect.runPromise(keywordMind.decide(task)))).toBe(true)
  })

  it.each([
    ["an unknown field", { ...task, extra: 1 }],
    ["an unknown field deep inside", { ...task, context: { ...task.context, settings: { token: "x" } } }],
    ["another kind of task", { ...task, type: "release.publish" }],
    ["no UUID", { ...task, task_id: "1" }],
    ["a repository that is none", { ...task, repo: "../etc" }]
  ])("refuse a task with %s", (_, value) => {
    expect(isTask(value)).toBe(false)
  })

  const decision = { task_id: task.task_id, decision: "skip", rationale: "", actions: [] }

  it.each([
    ["an action outside the union", { ...decision, actions: [{ type: "merge" }] }],
    ["the number of an issue", { ...decision, actions: [{ type: "add_label", label: "bug", issue: 1 }] }],
    ["eleven actions", { ...decision, actions: Array(11).fill({ type: "add_label", label: "bug" }) }],
    ["a comment that is too long", { ...decision, actions: [{ type: "comment", body: "x".repeat(8001) }] }],
    ["an unknown field", { ...decision, note: "" }]
  ])("refuse a decision with %s, as our own decoder does", async (_, value) => {
    expect(isDecision(value)).toBe(false)
    expect((await Effect.runPromiseExit(decodeDecision(value)))._tag).toBe("Failure")
  })
})

describe.skipIf(!hasPython)("the agent in Python", () => {
  let agent: ChildProcess
  let url: string
  beforeAll(async () => {
    agent = spawn(python, [inRepository("examples/python-agent/agent.py"), "0"], {
      stdio: ["ignore", "pipe", "ignore"]
    })
    const [line] = await once(agent.stdout ?? agent, "data")
    url = `http://127.0.0.1:${String(line).trim()}`
  })
  afterAll(() => agent?.kill())

  const post = (body: string) =>
    fetch(`${url}/task`, { method: "POST", body, headers: { "content-type": "application/json" } })

  it("says what it speaks, and answers a task by the words of its owner", async () => {
    const health = await (await fetch(`${url}/health`)).json()
    expect(schema("health")(health)).toBe(true)
    expect((await Effect.runPromise(decodeAgentHealth(health))).protocol_versions).toEqual([0])
    const answer = await (await post(taskBody(task))).json()
    expect(schema("decision")(answer)).toBe(true)
    expect(await Effect.runPromise(decodeDecision(answer))).toMatchObject({
      task_id: task.task_id,
      actions: [{ type: "add_label", label: "bug" }]
    })
  })

  it("refuses what is no task", async () => {
    expect((await post("[]")).status).toBe(422)
  })
})
