/** How the dispatch asks an agent, wherever that runs. An agent may be asked again; what it answered is never asked for twice. */
import { backOffMs } from "@farmops/core/http/backOff"
import { boundedFetch, type FetchFailed } from "@farmops/core/http/boundedFetch"
import { Effect, Random, Schema, Semaphore } from "effect"
import { decisionBytesMax, taskBody } from "../protocol/agentWire.ts"
import { type Decision, decodeDecision } from "../protocol/Decision.ts"
import { protocolHeader, protocolVersion, type Task } from "../protocol/Task.ts"

/** No answer came, or the agent is busy. The same task may be asked again. */
export class AgentUnavailable extends Schema.TaggedError<AgentUnavailable>()("AgentUnavailable", {
  agent: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `the agent ${this.agent} gave no answer (${this.reason})`
  }
}

/** The agent answered and the answer is none: not the protocol's JSON, for another task, or a refusal. A model may do better when asked again. */
export class AgentAnswerInvalid extends Schema.TaggedError<AgentAnswerInvalid>()("AgentAnswerInvalid", {
  agent: Schema.String,
  reason: Schema.Literals(["refused", "not_json", "not_a_decision", "other_task", "too_large"]),
  /** The HTTP status, or the place in the answer that does not fit. Never the agent's own words. */
  detail: Schema.String
}) {
  override get message() {
    return `the agent ${this.agent} gave an answer that cannot be used (${this.reason}: ${this.detail})`
  }
}

/** Why an agent gave no decision. */
export type AgentFault = AgentUnavailable | AgentAnswerInvalid

/** An agent as the dispatch sees it. */
export interface TriageAgent {
  /** For the log. */
  readonly name: string
  readonly ask: (task: Task) => Effect.Effect<Decision, AgentFault>
}

/** Where an agent listens, and how long one task may take it. */
export interface HttpAgentOptions {
  readonly name: string
  /** Without a path: the task goes to `/task`. */
  readonly url: string
  readonly timeoutMs: number
}

const busyStatuses: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504])

// A decision that does not fit is described by its place alone: its words are the agent's.
const placeOf = (error: Schema.SchemaError): string => {
  const at = /at (\[[^\n]*\])/.exec(String(error.issue))
  return at?.[1]?.slice(0, 100) ?? "the whole"
}

/** Untrusted: the answer of a program that may be anybody's. */
export const readDecision = Effect.fnUntraced(function* (agent: string, task: Task, text: string) {
  const invalid = (reason: AgentAnswerInvalid["reason"], detail: string) =>
    new AgentAnswerInvalid({ agent, reason, detail })
  const json = yield* Effect.try({
    try: (): unknown => JSON.parse(text),
    catch: () => invalid("not_json", `${text.length} characters`)
  })
  const decision = yield* Effect.mapError(decodeDecision(json), (error) => invalid("not_a_decision", placeOf(error)))
  return decision.task_id === task.task_id ? decision : yield* invalid("other_task", "task_id")
})

/** An agent that speaks protocol v0 over HTTP. */
export const httpAgent = ({ name, timeoutMs, url }: HttpAgentOptions): TriageAgent => {
  const faultOf = ({ reason }: FetchFailed): AgentFault =>
    reason === "too_large"
      ? new AgentAnswerInvalid({ agent: name, reason, detail: `more than ${decisionBytesMax} bytes` })
      : new AgentUnavailable({ agent: name, reason })
  const ask = Effect.fn("TriageAgent.ask")(function* (task: Task) {
    const answer = yield* boundedFetch({
      url: `${url.replace(/\/+$/, "")}/task`,
      method: "POST",
      headers: { "content-type": "application/json", [protocolHeader]: String(protocolVersion) },
      body: taskBody(task),
      timeoutMs,
      bytesMax: decisionBytesMax
    }).pipe(Effect.mapError(faultOf))
    if (busyStatuses.has(answer.status)) {
      return yield* new AgentUnavailable({ agent: name, reason: `status ${answer.status}` })
    }
    if (answer.status !== 200) {
      return yield* new AgentAnswerInvalid({ agent: name, reason: "refused", detail: `status ${answer.status}` })
    }
    return yield* readDecision(name, task, answer.text)
  })
  return { name, ask }
}

/** An agent that starts anew needs some seconds; one that is away for longer is asked again when its task has its next turn. */
const triesMax = 3
const backOff = { firstMs: 500, maxMs: 5_000 } as const

const isWorthRepeating = (fault: AgentFault): boolean =>
  fault._tag === "AgentUnavailable" || fault.reason === "not_json" || fault.reason === "not_a_decision"

/** Asks up to three times, with pauses. */
export const withRetries = (agent: TriageAgent): TriageAgent => ({
  name: agent.name,
  ask: Effect.fnUntraced(function* (task: Task) {
    for (let tries = 1; ; tries++) {
      const result = yield* Effect.result(agent.ask(task))
      if (result._tag === "Success") return result.success
      if (tries >= triesMax || !isWorthRepeating(result.failure)) return yield* result.failure
      yield* Effect.sleep(backOffMs(backOff, tries, yield* Random.next))
    }
  })
})

/** Lets it work on so many tasks at a time; others wait their turn. */
export const withConcurrency = (agent: TriageAgent, concurrency: number): Effect.Effect<TriageAgent> =>
  Effect.map(Semaphore.make(concurrency), (door) => ({
    name: agent.name,
    ask: (task: Task) => door.withPermits(1)(agent.ask(task))
  }))
