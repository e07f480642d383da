import { createServer } from "node:http"
import type { Task } from "@farmops/triage/protocol/Task"
import { ConfigProvider, Effect, Redacted } from "effect"
import { describe, expect, it } from "vitest"
import { openMindHere } from "../src/layer.ts"
import { readModelAccess } from "../src/modelAccess.ts"

const key = `sk-ant-${"Zz9".repeat(12)}`

const within = <A, E>(env: Record<string, string>, effect: Effect.Effect<A, E>) =>
  Effect.runPromise(
    Effect.result(Effect.provideService(effect, ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env })))
  )

const at = "2026-01-31T09:00:00Z"
const issue = {
  ...{
    number: 7,
    title: "crash on start",
    body: null,
    state: "open" as const,
    locked: false,
    labels: [],
    assignees: []
  },
  ...{ user: null, author_association: "NONE", comments: 0, created_at: at, updated_at: at, closed_at: null }
}

const taskFor = (provider: string, model: string): Task => ({
  task_id: "7b3bd7e9-6f43-4c44-9c7b-6d3c6dbf2a11",
  type: "issue.triage",
  repo: "my-org/my-repo",
  payload: { action: "opened", issue, comments: [] },
  context: {
    memory_summary: "",
    llm_backend: { provider, model },
    settings: { labels: { bug: ["crash"] }, stale_days: 30, allow_close: false }
  }
})

const answer = {
  ...{ verdict: "label_and_respond", labels: ["bug"], remove_labels: [], comment: null },
  ...{ confidence: 0.9, rationale: "It crashes." }
}

/** Answers as Ollama does, and says which models were asked for. */
const withOllama = async <A>(use: (url: string, models: ReadonlyArray<string>) => Promise<A>): Promise<A> => {
  const models: Array<string> = []
  const server = createServer(async (request, response) => {
    const chunks: Array<Uint8Array> = []
    for await (const chunk of request) chunks.push(chunk)
    const { model } = JSON.parse(Buffer.concat(chunks).toString("utf8"))
    models.push(model)
    const message = { role: "assistant", content: JSON.stringify(answer) }
    const counts = { prompt_eval_count: 10, eval_count: 5 }
    response
      .writeHead(200, { "content-type": "application/json" })
      .end(JSON.stringify({ model, created_at: at, message, done: true, done_reason: "stop", ...counts }))
  })
  const port = await new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resolve(typeof address === "object" && address !== null ? address.port : 0)
    })
  })
  try {
    return await use(`http://127.0.0.1:${port}`, models)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const settings = {
  host: "127.0.0.1",
  port: 0,
  socket: null,
  egress: null,
  mind: "llm" as const,
  model: null,
  sureFrom: null
}

const decide = (env: Record<string, string>, task: Task) =>
  within(
    env,
    Effect.flatMap(openMindHere(settings), (mind) => mind.decide(task))
  )

describe("an agent with a language model", () => {
  it("asks the model that each task names", () =>
    withOllama(async (url, models) => {
      for (const model of ["llama3.2:3b", "qwen3:8b"]) {
        expect(await decide({ FARMOPS_AGENT_OLLAMA_URL: url }, taskFor("ollama", model))).toMatchObject({
          success: { decision: "label_and_respond", actions: [{ type: "add_label", label: "bug" }] }
        })
      }
      expect(models).toEqual(["llama3.2:3b", "qwen3:8b"])
    }))

  it("asks the model of its environment, whatever a task names", () =>
    withOllama(async (url, models) => {
      const env = { FARMOPS_AGENT_OLLAMA_URL: url, FARMOPS_AGENT_LLM: "ollama/own:1b" }
      await decide(env, taskFor("anthropic", "claude-sonnet-4-6"))
      expect(models).toEqual(["own:1b"])
    }))

  it.each([
    ["a provider that there is none of", taskFor("none", "none"), "names no model"],
    ["a provider whose key it does not hold", taskFor("anthropic", "sonnet"), "does not accept the key"]
  ])("has no answer for %s, and asking again would not help", async (_, task, reason) => {
    const result = await decide({}, task)
    expect(result).toMatchObject({ failure: { _tag: "MindUnavailable", retryable: false } })
    expect(JSON.stringify(result)).toContain(reason)
  })

  it("keeps its keys to itself, and says which are to be scrubbed", async () => {
    const read = await within({ ANTHROPIC_API_KEY: key }, readModelAccess)
    expect(JSON.stringify(read)).not.toContain(key)
    expect(read._tag === "Success" ? read.success.secrets.map(Redacted.value) : []).toEqual([key])
  })

  it.each([
    [{ FARMOPS_AGENT_LLM: "gpt" }, "FARMOPS_AGENT_LLM"],
    [{ FARMOPS_AGENT_OLLAMA_URL: "ftp://x" }, "FARMOPS_AGENT_OLLAMA_URL"],
    [{ FARMOPS_AGENT_ANTHROPIC_URL: "nowhere" }, "FARMOPS_AGENT_ANTHROPIC_URL"]
  ])("does not start with a setting that cannot be: %j", async (env, variable) => {
    expect(await within(env as Record<string, string>, readModelAccess)).toMatchObject({
      failure: { _tag: "SettingInvalid", variable }
    })
  })
})
