/** The issue-triage agent as a real process: started, asked, killed, started anew, ended. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { startProcessAgent } from "../../src/agents/ProcessAgent.ts"
import { type Supervision, superviseAgent } from "../../src/agents/superviseAgent.ts"
import { taskBody } from "../../src/protocol/agentWire.ts"
import { makeTask } from "../triageTask.ts"

const main = fileURLToPath(new URL("../../../../agents/issue-triage/src/main.ts", import.meta.url))

const supervision: Supervision = {
  startMs: 60_000,
  lookMs: 1000,
  backOff: { firstMs: 10, maxMs: 100 },
  settledMs: 60_000
}

const options = {
  name: "issue-triage",
  command: process.execPath,
  args: ["--conditions=@farmops/source", main],
  cwd: fileURLToPath(new URL("../../../..", import.meta.url)),
  environment: { FARMOPS_AGENT_MIND: "keyword" }
}

const run = <A, E>(effect: Effect.Effect<A, E, import("effect").Scope.Scope>) =>
  Effect.runPromise(Effect.scoped(effect))

const ask = (url: string) =>
  Effect.promise(async () => {
    const body = taskBody(makeTask({ issue: { title: "crash" } }))
    const answer = await fetch(`${url}/task`, { method: "POST", body, headers: { "content-type": "application/json" } })
    return answer.json()
  })

const isAlive = (pid: number): boolean => {
  try {
    // One that has ended and that nobody waits for is still in the table.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))
  } catch {
    return false
  }
}

/** The process that listens on the port of an address. */
const listenerOf = (url: string): number => {
  const port = Number(new URL(url).port).toString(16).toUpperCase().padStart(4, "0")
  const line = readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .find((one) => one.includes(`0100007F:${port} 00000000:0000 0A`))
  return Number(line?.trim().split(/\s+/)[9] ?? 0)
}

describe.skipIf(process.platform !== "linux")("an agent as a process", () => {
  it("answers, is started anew after it was killed, and is gone when its harness lets go", async () => {
    const last = await run(
      Effect.gen(function* () {
        const agent = yield* superviseAgent("issue-triage", startProcessAgent(options), supervision)
        const first = yield* agent.whenReady
        expect(yield* ask(first)).toMatchObject({ actions: [{ label: "bug" }, {}] })
        const { pid } = yield* Effect.promise(() => findProcess(first))
        process.kill(pid, "SIGKILL")
        while ((yield* agent.lives) < 2) yield* Effect.sleep(10)
        const second = yield* agent.whenReady
        expect(yield* ask(second)).toMatchObject({ decision: "label_and_respond" })
        const environment = readFileSync(
          `/proc/${(yield* Effect.promise(() => findProcess(second))).pid}/environ`,
          "utf8"
        )
        expect(
          environment
            .split("\0")
            .map((entry) => entry.split("=")[0])
            .sort()
        ).toEqual(
          [
            "",
            "FARMOPS_AGENT_HOST",
            "FARMOPS_AGENT_MIND",
            "FARMOPS_AGENT_PARENT",
            "FARMOPS_AGENT_PORT",
            "HOME",
            "LANG",
            "LC_ALL",
            "PATH"
          ].sort()
        )
        return second
      })
    )
    expect(listenerOf(last)).toBe(0)
    await expect(fetch(`${last}/health`)).rejects.toThrow()
  })

  it("ends by itself when its harness was killed and could not end it", async () => {
    const starter = `
      const { spawn } = require("node:child_process")
      const env = { ...process.env, FARMOPS_AGENT_PORT: "0", FARMOPS_AGENT_PARENT: String(process.pid) }
      const agent = spawn(process.execPath, ${JSON.stringify(options.args)}, { env, detached: true, stdio: ["ignore", "ignore", "pipe"] })
      agent.stderr.once("data", () => console.log(agent.pid))
      setInterval(() => {}, 1000)`
    const harness = spawn(process.execPath, ["-e", starter], { stdio: ["ignore", "pipe", "inherit"] })
    const [said] = await once(harness.stdout, "data")
    const pid = Number(String(said))
    expect(isAlive(pid)).toBe(true)
    harness.kill("SIGKILL")
    // It looks once a second; a busy machine may take its time.
    for (let tries = 0; isAlive(pid) && tries < 300; tries++) await new Promise((next) => setTimeout(next, 100))
    expect(isAlive(pid)).toBe(false)
  })

  it("is not started with a token of GitHub's, whatever carries it", () =>
    run(
      Effect.gen(function* () {
        const start = startProcessAgent({ ...options, environment: { NOTE: "ghp_planted0000" } })
        const error = yield* Effect.flip(Effect.scoped(start))
        expect(error).toMatchObject({ _tag: "AgentStartFailed", permanent: true })
        expect(error.message).not.toContain("planted")
      })
    ))

  it("says which program is missing", () =>
    run(
      Effect.gen(function* () {
        const start = startProcessAgent({ ...options, command: "/nowhere/agent" })
        const agent = yield* superviseAgent("x", start, supervision)
        const failed = yield* Effect.flip(agent.whenReady)
        expect(failed.reason).toMatch(/cannot be started|was not found/)
      })
    ))
})

/** The process that holds the listening socket of an address. */
const findProcess = async (url: string): Promise<{ readonly pid: number }> => {
  const { readdirSync, readlinkSync } = await import("node:fs")
  const socket = `socket:[${listenerOf(url)}]`
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const held = readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === socket)
      if (held) return { pid: Number(pid) }
    } catch {
      // It ended, or is not ours.
    }
  }
  throw new Error(`nobody listens at ${url}`)
}
