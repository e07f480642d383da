import { createServer, type Server } from "node:http"
import { Deferred, Effect, Ref } from "effect"
import { afterEach, describe, expect, it } from "vitest"
import { AgentStartFailed, type StartAgent } from "../../src/agents/AgentRun.ts"
import { faultOfEnvironment } from "../../src/agents/agentEnvironment.ts"
import { type Supervision, superviseAgent } from "../../src/agents/superviseAgent.ts"

const supervision: Supervision = {
  startMs: 300,
  lookMs: 10,
  backOff: { firstMs: 5, maxMs: 20 },
  settledMs: 60_000
}

const open: Array<Server> = []
afterEach(() => {
  for (const server of open.splice(0)) server.closeAllConnections()
})

/** A server on loopback that answers `/health` with what `answer` gives. */
const serve = (answer: () => readonly [status: number, body: string]) =>
  Effect.acquireRelease(
    Effect.callback<Server>((resume) => {
      const server = createServer((_, response) => {
        const [status, body] = answer()
        response.writeHead(status, { connection: "close" }).end(body)
      })
      open.push(server)
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) =>
      Effect.sync(() => {
        server.close()
        server.closeAllConnections()
      })
  ).pipe(
    Effect.map((server) => {
      const address = server.address()
      return `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`
    })
  )

const health = (versions: ReadonlyArray<number> = [0]) =>
  JSON.stringify({
    ...{ status: "ok", agent: "issue-triage", version: "1", mind: "test" },
    ...{ protocol_versions: versions, task_types: ["issue.triage"] }
  })

const run = <A, E>(effect: Effect.Effect<A, E, import("effect").Scope.Scope>) =>
  Effect.runPromise(Effect.scoped(effect))

describe("an agent under supervision", () => {
  it("is ready when it answers, and tells what it is", () =>
    run(
      Effect.gen(function* () {
        const start: StartAgent = Effect.map(
          serve(() => [200, health()]),
          (url) => ({ url, ended: Effect.never })
        )
        const agent = yield* superviseAgent("a", start, supervision)
        expect(yield* agent.whenReady).toMatch(/^http:/)
        expect((yield* agent.health).mind).toBe("test")
      })
    ))

  it("is started anew after it ended, and is away between its lives", () =>
    run(
      Effect.gen(function* () {
        const crash = yield* Deferred.make<string>()
        const second = yield* Deferred.make<void>()
        const count = yield* Ref.make(0)
        const start: StartAgent = Effect.gen(function* () {
          const life = yield* Ref.getAndUpdate(count, (n) => n + 1)
          if (life === 1) yield* Deferred.await(second)
          const url = yield* serve(() => [200, health()])
          return { url, ended: life === 0 ? Deferred.await(crash) : Effect.never }
        })
        const agent = yield* superviseAgent("a", start, supervision)
        const first = yield* agent.whenReady
        yield* Deferred.succeed(crash, "it crashed")
        while ((yield* agent.lives) < 2) yield* Effect.sleep(1)
        expect(yield* Effect.flip(agent.url)).toMatchObject({ reason: "it crashed" })
        yield* Deferred.succeed(second, undefined)
        expect(yield* agent.whenReady).not.toBe(first)
      })
    ))

  it("is started anew when it falls silent", () =>
    run(
      Effect.gen(function* () {
        let silent = false
        const start: StartAgent = Effect.map(
          serve(() => (silent ? [500, ""] : [200, health()])),
          (url) => ({ url, ended: Effect.never })
        )
        const agent = yield* superviseAgent("a", start, supervision)
        yield* agent.whenReady
        silent = true
        while ((yield* agent.lives) < 2) yield* Effect.sleep(1)
        expect((yield* Effect.flip(agent.url)).reason).toContain("/health")
        silent = false
        yield* agent.whenReady
      })
    ))

  it("is not ready while it does not answer, or answers something else", () =>
    run(
      Effect.gen(function* () {
        const start: StartAgent = Effect.map(
          serve(() => [200, `{"status":"ok"}`]),
          (url) => ({
            url,
            ended: Effect.never
          })
        )
        const agent = yield* superviseAgent("a", start, supervision)
        while ((yield* agent.lives) < 2) yield* Effect.sleep(1)
        expect((yield* Effect.flip(agent.url)).reason).toMatch(/did not answer within 300 ms .*not agent-v0/)
      })
    ))

  it("is given up where no version of the protocol is common, or no try can help", () =>
    run(
      Effect.gen(function* () {
        const stranger: StartAgent = Effect.map(
          serve(() => [200, health([7])]),
          (url) => ({
            url,
            ended: Effect.never
          })
        )
        const other = yield* superviseAgent("a", stranger, supervision)
        expect((yield* Effect.flip(other.whenReady)).reason).toContain("versions 7")
        const failing = Effect.fail(new AgentStartFailed({ agent: "b", reason: "no such image", permanent: true }))
        const none = yield* superviseAgent("b", failing, supervision)
        expect((yield* Effect.flip(none.whenReady)).reason).toBe("no such image")
        expect(yield* none.lives).toBe(1)
      })
    ))
})

describe("an agent's environment", () => {
  it.each([
    { GITHUB_TOKEN: "x" },
    { gh_token: "x" },
    { GITHUB_APP_PRIVATE_KEY: "x" },
    { HARMLESS: "ghp_plantedplanted" },
    { URL: "https://u:github_pat_planted@example.org" }
  ])("holds no token of GitHub's: %j", (environment) => {
    const fault = faultOfEnvironment("a", environment as unknown as Record<string, string>)
    expect(fault?.message).toContain(Object.keys(environment)[0])
    expect(fault?.message).not.toContain("planted")
  })

  it("may hold a model's key", () => {
    expect(faultOfEnvironment("a", { ANTHROPIC_API_KEY: "sk-ant-x" })).toBeNull()
  })
})
