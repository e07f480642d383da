/**
 * The agents of a file, running: processes of their own, containers, or somebody else's. Repositories that ask for the same agent share
 * it, so that a thousand of them are a thousand routes and one process.
 */

import { createHash } from "node:crypto"
import { join } from "node:path"
import type { StartAgent } from "@farmops/triage/agents/AgentRun"
import { startContainerAgent } from "@farmops/triage/agents/ContainerAgent"
import { type AllowedHost, allowedHostOf } from "@farmops/triage/agents/EgressProxy"
import { startProcessAgent } from "@farmops/triage/agents/ProcessAgent"
import { type SupervisedAgent, superviseAgent } from "@farmops/triage/agents/superviseAgent"
import {
  AgentUnavailable,
  httpAgent,
  type TriageAgent,
  withConcurrency,
  withRetries
} from "@farmops/triage/work/TriageAgent"
import type { TriageRoute } from "@farmops/triage/work/triagePorts"
import { Redacted } from "effect"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import type { AgentAssignment } from "./AgentEntry.ts"
import { agentArguments } from "./agentProgram.ts"
import type { HarnessFile } from "./HarnessFile.ts"
import { classifierFileOf, dataFolderOf } from "./harnessServices.ts"
import { mindNameOf, modelUrlOf } from "./openMind.ts"
import { rulesOf } from "./rulesOf.ts"

const timeoutSecondsDefault = 120

/** Podman's and Docker's engine, where the environment names no other. */
const engineSocketDefault = "/var/run/docker.sock"

/** What a harness needs to know of the machine to run agents. */
export interface AgentMachine {
  /** Of the container engine; null takes the usual one. */
  readonly engineSocket: string | null
}

/** The model's key and address, as the agent reads them; nothing for a mind that asks no model. */
const modelEnvironment = ({ llm }: HarnessFile): Readonly<Record<string, string>> =>
  llm.provider === "anthropic"
    ? { ANTHROPIC_API_KEY: Redacted.value(llm.api_key) }
    : llm.base_url === undefined
      ? {}
      : { FARMOPS_AGENT_OLLAMA_URL: llm.base_url }

const modelHost = (file: HarnessFile): ReadonlyArray<AllowedHost> => {
  const host = allowedHostOf(modelUrlOf(file))
  return host === null ? [] : [host]
}

const environmentOf = (file: HarnessFile, agent: AgentAssignment, repo: string): Readonly<Record<string, string>> => {
  const mind = mindNameOf(agent)
  return {
    FARMOPS_AGENT_MIND: mind,
    ...(mind === "llm" ? modelEnvironment(file) : {}),
    ...(mind === "classifier" ? { FARMOPS_AGENT_MODEL: classifierFileOf(file, repo) } : {})
  }
}

const startOf = (file: HarnessFile, agent: AgentAssignment, repo: string, machine: AgentMachine): StartAgent => {
  const environment = environmentOf(file, agent, repo)
  const name = nameOf(agent)
  if (agent.image === undefined) {
    const args = agentArguments()
    return startProcessAgent({ name, command: process.execPath, args, cwd: dataFolderOf(file), environment })
  }
  const id = createHash("sha256")
    .update(JSON.stringify([dataFolderOf(file), agent, repo]))
    .digest("hex")
    .slice(0, 12)
  return startContainerAgent({
    name,
    image: agent.image,
    pull: agent.pull ?? "missing",
    engineSocket: machine.engineSocket ?? engineSocketDefault,
    directory: join(dataFolderOf(file), "agents"),
    containerName: `farmops-agent-${id}`,
    environment,
    allowedHosts: mindNameOf(agent) === "llm" ? modelHost(file) : [],
    ...(agent.memory_mb === undefined ? {} : { limits: { memoryMiB: agent.memory_mb } })
  })
}

const nameOf = ({ image, mind, url }: AgentAssignment): string => url ?? image ?? `issue-triage (${mind ?? "llm"})`

/** Asks wherever the agent answers now; one that is being started is waited for as long as an answer would be. */
const supervised = (agent: SupervisedAgent, timeoutMs: number): TriageAgent => ({
  name: agent.name,
  ask: (task) =>
    agent.whenReady.pipe(
      Effect.timeoutOrElse({
        duration: timeoutMs,
        orElse: () => Effect.fail(new AgentUnavailable({ agent: agent.name, reason: "it is still starting" }))
      }),
      Effect.catchTag("AgentNotReady", ({ reason }) =>
        Effect.fail(new AgentUnavailable({ agent: agent.name, reason: reason === "" ? "it is not ready" : reason }))
      ),
      Effect.flatMap((url) => httpAgent({ name: agent.name, url, timeoutMs }).ask(task))
    )
})

const openOne = Effect.fnUntraced(function* (
  file: HarnessFile,
  agent: AgentAssignment,
  repo: string,
  machine: AgentMachine
): Effect.fn.Return<TriageAgent, never, Scope> {
  const timeoutMs = (agent.timeout_seconds ?? timeoutSecondsDefault) * 1000
  const name = nameOf(agent)
  const bare =
    agent.url === undefined
      ? supervised(yield* superviseAgent(name, startOf(file, agent, repo, machine)), timeoutMs)
      : httpAgent({ name, url: agent.url, timeoutMs })
  return yield* withConcurrency(withRetries(bare), agent.concurrency ?? 1)
})

/** What makes two assignments the same program: everything but what it may do in its repository. */
const kindOf = (file: HarnessFile, { config: _, ...agent }: AgentAssignment, repo: string): string =>
  JSON.stringify([agent, mindNameOf(agent) === "classifier" ? classifierFileOf(file, repo) : null])

/** Starts every agent of the file, and gives the route of each repository. They end with the scope. */
export const openRoutes = Effect.fn("openRoutes")(function* (
  file: HarnessFile,
  machine: AgentMachine
): Effect.fn.Return<ReadonlyMap<string, TriageRoute>, never, Scope> {
  const agents = new Map<string, TriageAgent>()
  const routes = new Map<string, TriageRoute>()
  for (const repository of file.repos) {
    for (const assignment of repository.agents) {
      const rules = rulesOf(file, repository, assignment)
      const kind = kindOf(file, assignment, rules.repo)
      const agent = agents.get(kind) ?? (yield* openOne(file, assignment, rules.repo, machine))
      agents.set(kind, agent)
      routes.set(rules.repo, { rules, agent, llm: { provider: file.llm.provider, model: file.llm.model } })
    }
  }
  return routes
})
