import { keywordMind } from "@farmops/triage/minds/keywordMind"
import type { Mind } from "@farmops/triage/minds/Mind"
import { MindUnavailable } from "@farmops/triage/minds/Mind"
import { ConfigProvider, Deferred, Effect, Exit, Latch } from "effect"
import { HttpServer } from "effect/http"
import { describe, expect, it } from "vitest"
import { readSettings } from "../src/AgentSettings.ts"
import { agentLayer } from "../src/layer.ts"
import { tasksAtOnceMax } from "../src/taskRoute.ts"

const withAgent = <A>(mind: Mind, use: (url: string) => Promise<A>): Promise<A> =>
  Effect.gen(function* () {
    const { address } = yield* HttpServer.HttpServer
    if (!("port" in address)) return yield* Effect.die("no port")
    return yield* Effect.promise(() => use(`http://127.0.0.1:${address.port}`))
  }).pipe(Effect.provide(agentLayer(mind, { host: "127.0.0.1", port: 0, socket: null }, "1.2.3")), Effect.runPromise)

const post = (url: string, body: string, headers: Record<string, string> = {}) =>
  fetch(`${url}/task`, { method: "POST", body, headers: { "content-type": "application/json", ...headers } })

const at = "2026-01-31T09:00:00Z"
const issue = {
  ...{ number: 7, title: "crash on start", body: null, state: "open", locked: false, labels: [], assignees: [] },
  ...{ user: null, author_association: "NONE", comments: 0, created_at: at, updated_at: at, closed_at: null }
}
const settings = { labels: { bug: ["crash"] }, stale_days: 30, allow_close: false }
const task = {
  task_id: "7b3bd7e9-6f43-4c44-9c7b-6d3c6dbf2a11",
  type: "issue.triage",
  repo: "my-org/my-repo",
  payload: { action: "opened", issue, comments: [] },
  context: { memory_summary: "", llm_backend: { provider: "none", model: "none" }, settings }
}

describe("the issue-triage agent", () => {
  it("answers a task with the mind's decision", () =>
    withAgent(keywordMind, async (url) => {
      const response = await post(url, JSON.stringify(task), { "farmops-agent-protocol": "0" })
      expect(response.status).toBe(200)
      expect(response.headers.get("farmops-agent-protocol")).toBe("0")
      expect(await response.json()).toMatchObject({ task_id: task.task_id, actions: [{ label: "bug" }, {}] })
    }))

  it("says what it is and what it speaks", () =>
    withAgent(keywordMind, async (url) => {
      expect(await (await fetch(`${url}/health`)).json()).toEqual({
        status: "ok",
        agent: "issue-triage",
        version: "1.2.3",
        mind: "keyword",
        protocol_versions: [0],
        task_types: ["issue.triage"]
      })
    }))

  it.each([
    ["no JSON", "{", {}, 400, "malformed_json"],
    ["another type", JSON.stringify({ ...task, type: "release" }), {}, 422, "invalid_task"],
    ["an unknown field", JSON.stringify({ ...task, extra: 1 }), {}, 422, "invalid_task"],
    [
      "an unknown field inside",
      JSON.stringify({ ...task, context: { ...task.context, token: "x" } }),
      {},
      422,
      "invalid_task"
    ],
    ["another media type", "a=b", { "content-type": "text/plain" }, 415, "unsupported_media_type"],
    ["another version", JSON.stringify(task), { "farmops-agent-protocol": "7" }, 400, "protocol_not_spoken"],
    ["too much", JSON.stringify({ ...task, repo: "x".repeat(1024 * 1024) }), {}, 413, "body_too_large"]
  ])("refuses %s with a problem", (_, body, headers, status, code) =>
    withAgent(keywordMind, async (url) => {
      const response = await post(url, body, headers)
      expect(response.status).toBe(status)
      expect(response.headers.get("content-type")).toBe("application/problem+json")
      expect(await response.json()).toMatchObject({ status, code })
    })
  )

  it("refuses a body that is too long although it does not say how long it is", () =>
    withAgent(keywordMind, async (url) => {
      const piece = new TextEncoder().encode("x".repeat(64 * 1024))
      let pieces = 0
      const body = new ReadableStream({
        pull: (controller) => (pieces++ < 32 ? controller.enqueue(piece) : controller.close())
      })
      const response = await fetch(`${url}/task`, {
        method: "POST",
        body,
        headers: { "content-type": "application/json" },
        duplex: "half"
      } as RequestInit).then(
        ({ status }) => status,
        () => "closed"
      )
      expect([413, "closed"]).toContain(response)
    }))

  it("answers a mind that has nothing with 503, and with a code that tells whether to ask again", async () => {
    const failing = (retryable: boolean): Mind => ({
      name: "away",
      decide: () => Effect.fail(new MindUnavailable({ mind: "away", reason: "the model is loading", retryable }))
    })
    const ask = (mind: Mind) => withAgent(mind, async (url) => (await post(url, JSON.stringify(task))).json())
    expect(await ask(failing(true))).toMatchObject({ status: 503, code: "mind_unavailable" })
    expect(await ask(failing(false))).toMatchObject({ status: 503, code: "mind_failed" })
  })

  it("thinks about so many tasks at once and sends the next one away", async () => {
    const gate = Latch.makeUnsafe(false)
    let inside = 0
    const full = Deferred.makeUnsafe<void>()
    const slow: Mind = {
      name: "slow",
      decide: (asked) =>
        Effect.gen(function* () {
          if (++inside === tasksAtOnceMax) yield* Deferred.succeed(full, undefined)
          yield* gate.await
          return yield* keywordMind.decide(asked)
        })
    }
    await withAgent(slow, async (url) => {
      const asked = Array.from({ length: tasksAtOnceMax }, () => post(url, JSON.stringify(task)))
      await Effect.runPromise(Deferred.await(full))
      const refused = await post(url, JSON.stringify(task))
      expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"])
      expect(await refused.json()).toMatchObject({ code: "busy" })
      await Effect.runPromise(gate.open)
      expect((await Promise.all(asked)).map(({ status }) => status)).toEqual(Array(tasksAtOnceMax).fill(200))
    })
  })
})

describe("the agent's settings", () => {
  const read = (env: Record<string, string>) =>
    Effect.runPromiseExit(
      Effect.provideService(readSettings, ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env }))
    )

  it("need nothing", async () => {
    expect(await read({})).toEqual(
      Exit.succeed({
        host: "127.0.0.1",
        port: 8080,
        socket: null,
        egress: null,
        mind: "keyword",
        model: null,
        sureFrom: null
      })
    )
  })

  it.each([
    [{ GITHUB_TOKEN: "ghp_planted" }, "GITHUB_TOKEN"],
    [{ GH_TOKEN: "ghp_planted" }, "GH_TOKEN"],
    [{ FARMOPS_AGENT_MIND: "oracle" }, "FARMOPS_AGENT_MIND"],
    [{ FARMOPS_AGENT_MIND: "classifier" }, "FARMOPS_AGENT_MODEL"],
    [{ FARMOPS_AGENT_PORT: "99999" }, "FARMOPS_AGENT_PORT"],
    [{ FARMOPS_AGENT_SURE_FROM: "1.5" }, "FARMOPS_AGENT_SURE_FROM"]
  ])("refuse %j and name the variable, never its value", async (env, variable) => {
    const exit = await read(env as unknown as Record<string, string>)
    expect(JSON.stringify(exit)).toContain(variable)
    expect(JSON.stringify(exit)).not.toContain("ghp_planted")
    expect(Exit.isFailure(exit)).toBe(true)
  })
})
