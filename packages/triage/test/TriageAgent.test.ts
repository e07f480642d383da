import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, type Scope } from "effect"
import { TestClock } from "effect/testing"
import type { Decision } from "../src/protocol/Decision.ts"
import { AgentUnavailable, httpAgent, type TriageAgent, withConcurrency, withRetries } from "../src/work/TriageAgent.ts"
import { makeTask } from "./triageTask.ts"

const task = makeTask()
const decision: Decision = { task_id: task.task_id, decision: "skip", rationale: "nothing to do", actions: [] }

interface Asked {
  readonly path: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

interface Served {
  readonly agent: TriageAgent
  readonly asked: ReadonlyArray<Asked>
}

/** An agent on a port, for the time of a test. */
const agentOf = Effect.fnUntraced(function* (
  respond: (response: ServerResponse) => void
): Effect.fn.Return<Served, never, Scope.Scope> {
  const asked: Array<Asked> = []
  const server = createServer((request, response) => {
    let body = ""
    request.on("data", (chunk) => {
      body += chunk
    })
    request.on("end", () => {
      asked.push({ path: request.url, headers: request.headers, body })
      respond(response)
    })
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.void))
    }),
    () =>
      Effect.sync(() => {
        server.close()
        server.closeAllConnections()
      })
  )
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  const agent = httpAgent({ name: "test", url: `http://127.0.0.1:${port}/`, timeoutMs: 2_000 })
  return { agent, asked }
})

const json =
  (value: unknown, status = 200) =>
  (response: ServerResponse): void => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value))
  }

describe("an agent over HTTP", () => {
  it.live("is sent the task with the protocol's version, and its decision is taken", () =>
    Effect.gen(function* () {
      const { agent, asked } = yield* agentOf(json(decision))
      assert.deepStrictEqual(yield* agent.ask(task), decision)
      assert.strictEqual(asked[0]?.path, "/task")
      assert.strictEqual(asked[0]?.headers["farmops-agent-protocol"], "0")
      assert.strictEqual(JSON.parse(asked[0]?.body ?? "{}").task_id, task.task_id)
    })
  )

  it.live.each([
    ["not_json", (response: ServerResponse): void => void response.end("I would label it bug")],
    ["not_a_decision", json({ ...decision, issue: 8 })],
    ["not_a_decision", json({ ...decision, actions: [{ type: "merge" }] })],
    ["not_a_decision", json({ ...decision, actions: Array(11).fill({ type: "add_label", label: "bug" }) })],
    ["not_a_decision", json({ ...decision, actions: [{ type: "comment", body: "x".repeat(8_001) }] })],
    ["other_task", json({ ...decision, task_id: "7b3bd7e9-6f43-4c44-9c7b-6d3c6dbf2a12" })],
    ["too_large", json({ ...decision, rationale: "x".repeat(600_000) })],
    ["refused", json({ title: "no" }, 422)]
  ] as const)("is refused an answer that is %s", ([reason, respond]) =>
    Effect.gen(function* () {
      const { agent } = yield* agentOf(respond)
      const fault = yield* Effect.flip(agent.ask(task))
      assert.deepInclude(fault, { _tag: "AgentAnswerInvalid", reason })
      assert.notInclude(fault.message, "x".repeat(200))
      assert.notInclude(fault.message, "label it bug")
    })
  )

  it.live.each([
    ["busy", json({ title: "later" }, 503), /503/],
    ["silent", () => undefined, /timed_out/],
    ["gone", (response: ServerResponse): void => void response.destroy(), /unreachable/]
  ] as const)("that is %s may be asked again", ([, respond, reason]) =>
    Effect.gen(function* () {
      const { agent } = yield* agentOf(respond)
      const fault = yield* Effect.flip(agent.ask(task))
      assert.strictEqual(fault._tag, "AgentUnavailable")
      assert.match(fault.reason, reason)
    })
  )
})

describe("an agent", () => {
  const failing = (failures: number) => {
    let left = failures
    const counted = { asked: 0 }
    const agent: TriageAgent = {
      name: "test",
      ask: () =>
        Effect.suspend((): Effect.Effect<Decision, AgentUnavailable> => {
          counted.asked++
          return left-- > 0
            ? Effect.fail(new AgentUnavailable({ agent: "test", reason: "unreachable" }))
            : Effect.succeed(decision)
        })
    }
    return { agent, counted }
  }

  it.effect("is asked three times at most, with pauses", () =>
    Effect.gen(function* () {
      const patient = failing(2)
      const asking = yield* Effect.forkChild(withRetries(patient.agent).ask(task))
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(patient.counted.asked, 1)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* Fiber.join(asking), decision)
      const hopeless = failing(9)
      const ended = yield* Effect.forkChild(Effect.flip(withRetries(hopeless.agent).ask(task)))
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Fiber.join(ended))._tag, "AgentUnavailable")
      assert.strictEqual(hopeless.counted.asked, 3)
    })
  )

  it.effect("works on no more tasks at a time than it was given", () =>
    Effect.gen(function* () {
      let now = 0
      let most = 0
      const slow: TriageAgent = {
        name: "slow",
        ask: () =>
          Effect.gen(function* () {
            most = Math.max(most, ++now)
            yield* Effect.sleep("1 second")
            now--
            return decision
          })
      }
      const agent = yield* withConcurrency(slow, 2)
      const all = yield* Effect.forkChild(
        Effect.forEach([1, 2, 3, 4, 5], () => agent.ask(task), { concurrency: "unbounded" })
      )
      yield* TestClock.adjust("10 seconds")
      assert.lengthOf(yield* Fiber.join(all), 5)
      assert.strictEqual(most, 2)
    })
  )
})
