/** Runs an agent as a plain process on loopback, for those without a container engine: next to nothing of our environment, and never a token. */
import type { ChildProcess } from "node:child_process"
import { createServer } from "node:net"
import { exitCodeOf, startError, startProcess } from "@farmops/core/process/startProcess"
import { Effect } from "effect"
import { AgentStartFailed, type StartAgent } from "./AgentRun.ts"
import { faultOfEnvironment } from "./agentEnvironment.ts"

/** How the process is started. */
export interface ProcessAgentOptions {
  readonly name: string
  readonly command: string
  readonly args: ReadonlyArray<string>
  readonly cwd: string
  /** What it gets besides PATH, HOME, LANG and where to listen. A model's key may be here; a token of GitHub's is refused. */
  readonly environment: Readonly<Record<string, string>>
}

// Time for the answer that it is giving; agent-v0 says 15 seconds, and nobody waits that long for a program that is stopped.
const endMs = 5000

/** A free port of loopback. Somebody may take it first: then the agent ends, and its next life gets another. */
const freePort = Effect.callback<number, string>((resume) => {
  const server = createServer()
  server.once("error", () => resume(Effect.fail("no port of loopback is free")))
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    server.close(() => resume(Effect.succeed(port)))
  })
})

const endOf = (child: ChildProcess) =>
  Effect.callback<string>((resume) => {
    const say = () => resume(Effect.succeed(`it ended with status ${exitCodeOf(child.exitCode)}`))
    if (child.exitCode !== null || child.signalCode !== null) return say()
    child.once("exit", say)
  })

/** Node says a moment later that there is no such program; a child that runs has a number at once. */
const started = (child: ChildProcess, { command, cwd, name }: ProcessAgentOptions) =>
  Effect.callback<void, AgentStartFailed>((resume) => {
    child.once("error", (cause) => {
      const reason = startError(command, cwd, cause).message
      resume(Effect.fail(new AgentStartFailed({ agent: name, reason, permanent: true })))
    })
    if (child.pid !== undefined) resume(Effect.void)
  })

/** Asks it to end; what does not is killed by whoever started it. */
const askToEnd = (child: ChildProcess) =>
  Effect.suspend(() => {
    if (child.exitCode !== null || child.signalCode !== null) return Effect.void
    child.kill("SIGTERM")
    return Effect.asVoid(Effect.timeoutOption(endOf(child), endMs))
  })

/** Starts one life of it. The environment is checked each time, before anything is started. */
export const startProcessAgent = (options: ProcessAgentOptions): StartAgent =>
  Effect.gen(function* () {
    const { args, command, cwd, environment, name } = options
    const fault = faultOfEnvironment(name, environment)
    if (fault !== null) return yield* fault
    const failed = (reason: string, permanent = false) => new AgentStartFailed({ agent: name, reason, permanent })
    const port = yield* Effect.mapError(freePort, (reason) => failed(reason))
    const listen = {
      FARMOPS_AGENT_HOST: "127.0.0.1",
      FARMOPS_AGENT_PORT: String(port),
      FARMOPS_AGENT_PARENT: String(process.pid)
    }
    const child = yield* Effect.mapError(
      startProcess(command, args, { cwd, env: { ...environment, ...listen } }),
      (error) => failed(error.message, true)
    )
    yield* started(child, options)
    // Its logs may hold what strangers wrote; they are read so that it never waits for us, and not kept.
    child.stdout?.resume()
    child.stderr?.resume()
    yield* Effect.addFinalizer(() => askToEnd(child))
    return { url: `http://127.0.0.1:${port}`, ended: endOf(child) }
  })
