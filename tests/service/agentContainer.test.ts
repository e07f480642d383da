/** The issue-triage agent in a container, through podman's Docker-compatible API: what it may do, and that nothing else is possible. */
import { execFile, spawn } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type ContainerAgentOptions, startContainerAgent } from "@farmops/triage/agents/ContainerAgent"
import { type Supervision, superviseAgent } from "@farmops/triage/agents/superviseAgent"
import { taskBody } from "@farmops/triage/protocol/agentWire"
import { Effect, type Scope } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { makeTask } from "../../packages/triage/test/triageTask.ts"
import { eventually } from "../quick/FarmProcess.ts"
import { buildImage, podman, podmanMissing, tryPodman } from "./hostImage.ts"

const containerName = `farmops-issue-triage-test-${process.pid}`

const supervision: Supervision = {
  startMs: 60_000,
  lookMs: 1000,
  backOff: { firstMs: 50, maxMs: 500 },
  settledMs: 60_000
}

const run = <A, E>(effect: Effect.Effect<A, E, Scope.Scope>) => Effect.runPromise(Effect.scoped(effect))

const judgement = {
  ...{ verdict: "label_and_respond", labels: ["bug"], remove_labels: [], comment: null },
  ...{ confidence: 0.9, rationale: "It crashes." }
}

/** Answers on loopback as Ollama does, whatever it is asked; gives its port. */
const serveModel = Effect.fnUntraced(function* () {
  const message = { role: "assistant", content: JSON.stringify(judgement) }
  const counts = { prompt_eval_count: 10, eval_count: 5 }
  const body = { model: "m", created_at: "2026-01-31T09:00:00Z", message, done: true, done_reason: "stop", ...counts }
  const server = createServer((request, response) => {
    request.resume()
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body))
  })
  yield* Effect.callback<void>((resume) => {
    server.listen(0, "127.0.0.1", () => resume(Effect.void))
  })
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      server.close()
      server.closeAllConnections()
    })
  )
  const address = server.address()
  return typeof address === "object" && address !== null ? address.port : 0
})

/** Runs code in the agent's container while this process goes on, for the way out is in it; null where it fails. */
const inside = (code: string) =>
  Effect.callback<string | null>((resume) => {
    execFile("podman", ["exec", containerName, "node", "-e", code], { timeout: 20_000 }, (error, stdout) =>
      resume(Effect.succeed(error === null ? stdout.trim() : null))
    )
  })

/** The status that the way out answers a CONNECT with, asked from inside. */
const wayOut = (authority: string) =>
  inside(`const { hostname, port } = new URL(process.env.HTTPS_PROXY)
    const asked = require("node:http").request({ hostname, port, method: "CONNECT", path: ${JSON.stringify(authority)} })
    asked.on("connect", (response) => { console.log(response.statusCode); process.exit() }).end()`)

describe.skipIf(podmanMissing !== null)("the issue-triage agent in a container", () => {
  let image: ReturnType<typeof buildImage>
  let folder: string
  let service: ReturnType<typeof spawn>
  let options: ContainerAgentOptions

  beforeAll(async () => {
    image = buildImage("issue-triage")
    folder = mkdtempSync(join(tmpdir(), "fo-agent-"))
    const socket = join(folder, "engine.sock")
    service = spawn("podman", ["system", "service", "--time", "0", `unix://${socket}`], { stdio: "ignore" })
    await eventually("podman's socket", async () => (existsSync(socket) ? true : null), 30)
    options = {
      name: "issue-triage",
      image: image.name,
      pull: "never",
      engineSocket: socket,
      directory: folder,
      containerName,
      environment: { FARMOPS_AGENT_MIND: "keyword" },
      allowedHosts: []
    }
  }, 240_000)
  afterAll(() => {
    tryPodman("rm", "--force", "--time", "0", containerName)
    service?.kill()
    image?.remove()
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  })

  const ask = (url: string, provider = "none") =>
    Effect.promise(async () => {
      const task = makeTask({ issue: { title: "crash" } })
      const body = taskBody({ ...task, context: { ...task.context, llm_backend: { provider, model: "m" } } })
      const headers = { "content-type": "application/json" }
      return (await fetch(`${url}/task`, { method: "POST", body, headers })).json()
    })

  it(
    "answers a task, is bounded, reaches nothing but the hosts on the list, and is started anew",
    () =>
      run(
        Effect.gen(function* () {
          const port = yield* serveModel()
          const allowedHosts = [{ host: "127.0.0.1", port }]
          const agent = yield* superviseAgent(
            "issue-triage",
            startContainerAgent({ ...options, allowedHosts }),
            supervision
          )
          expect(yield* ask(yield* agent.whenReady)).toMatchObject({ actions: [{ label: "bug" }, {}] })

          const [made] = JSON.parse(podman("inspect", containerName))
          expect(made.HostConfig).toMatchObject({
            NetworkMode: "none",
            ReadonlyRootfs: true,
            Memory: 512 * 1024 * 1024,
            MemorySwap: 512 * 1024 * 1024,
            NanoCpus: 1e9,
            PidsLimit: 128,
            SecurityOpt: ["no-new-privileges"]
          })
          // What a program in it could ever have, a root's file included.
          const status = yield* inside("console.log(require('node:fs').readFileSync('/proc/self/status', 'utf8'))")
          expect(status).toMatch(/^CapBnd:\s*0+$/m)
          expect(status).toMatch(/^NoNewPrivs:\s*1$/m)
          expect(JSON.stringify(made.Config.Env)).not.toMatch(/github|ghp_/i)

          expect(yield* inside("console.log(process.getuid())")).toBe("65532")
          expect(yield* inside("require('node:fs').writeFileSync('/app/x', '')")).toBeNull()
          expect(yield* inside("console.log(Object.keys(require('node:os').networkInterfaces()).join())")).toBe("lo")
          expect(
            yield* inside(
              "require('node:net').connect(443, '1.1.1.1').on('connect', () => process.exit(0)).on('error', () => process.exit(1))"
            )
          ).toBeNull()

          expect(yield* wayOut(`127.0.0.1:${port}`)).toBe("200")
          expect(yield* wayOut("api.github.com:443")).toBe("403")
          expect(yield* wayOut(`localhost:${port}`)).toBe("403")
          // What an agent does that knows of no proxy: Node's own fetch.
          expect(
            yield* inside(`fetch("http://127.0.0.2:${port}/").then(() => process.exit(0), () => process.exit(1))`)
          ).toBeNull()

          podman("kill", containerName)
          while ((yield* agent.lives) < 2) yield* Effect.sleep(50)
          expect(yield* ask(yield* agent.whenReady)).toMatchObject({ decision: "label_and_respond" })
        })
      ),
    180_000
  )

  it(
    "asks its model through the one way out",
    () =>
      run(
        Effect.gen(function* () {
          const port = yield* serveModel()
          const environment = { FARMOPS_AGENT_MIND: "llm", FARMOPS_AGENT_OLLAMA_URL: `http://127.0.0.1:${port}` }
          const allowedHosts = [{ host: "127.0.0.1", port }]
          const start = startContainerAgent({ ...options, environment, allowedHosts })
          const agent = yield* superviseAgent("issue-triage", start, supervision)
          expect(yield* ask(yield* agent.whenReady, "ollama")).toMatchObject({ actions: [{ label: "bug" }] })
        })
      ),
    120_000
  )

  it(
    "has no other way to a model",
    () =>
      run(
        Effect.gen(function* () {
          const port = yield* serveModel()
          const environment = { FARMOPS_AGENT_MIND: "llm", FARMOPS_AGENT_OLLAMA_URL: `http://127.0.0.1:${port}` }
          const start = startContainerAgent({ ...options, environment })
          const agent = yield* superviseAgent("issue-triage", start, supervision)
          const answer = yield* ask(yield* agent.whenReady, "ollama")
          expect(JSON.stringify(answer)).not.toContain("add_label")
        })
      ),
    120_000
  )

  it("leaves no container and no folder behind", () => {
    expect(podman("ps", "--all", "--quiet", "--filter", `name=${containerName}`)).toBe("")
    expect(readdirSync(folder)).toEqual(["engine.sock"])
  })

  it.each([
    ["a token of GitHub's", { environment: { GITHUB_TOKEN: "ghp_planted0000" } }, "GITHUB_TOKEN", true],
    ["an image that is not here", { image: "localhost/nowhere:1" }, "there is no image localhost/nowhere:1 here", true],
    ["an engine that is away", { engineSocket: "/nowhere.sock" }, "the container engine does not answer", false]
  ])("is not started with %s, and says so", (_, changes, reason, permanent) =>
    run(
      Effect.gen(function* () {
        const failed = yield* Effect.flip(startContainerAgent({ ...options, ...changes } as ContainerAgentOptions))
        expect(failed).toMatchObject({ _tag: "AgentStartFailed", permanent })
        expect(failed.message).toContain(reason)
        expect(failed.message).not.toContain("planted")
      })
    )
  )
})
