/** One life of an agent, however it is run: where it answers, and how one learns that it ended. */
import { type Effect, Schema, type Scope } from "effect"

/** The agent cannot be used. `permanent` where another try gives the same. */
export class AgentStartFailed extends Schema.TaggedError<AgentStartFailed>()("AgentStartFailed", {
  agent: Schema.String,
  /** For the owner: what to look at. Never a variable's value. */
  reason: Schema.String,
  permanent: Schema.Boolean
}) {
  override get message() {
    return `the agent ${this.agent} does not start: ${this.reason}`
  }
}

/** The agent is being started, or started anew; a task for it waits. */
export class AgentNotReady extends Schema.TaggedError<AgentNotReady>()("AgentNotReady", {
  agent: Schema.String,
  /** Why its last life ended; empty where it is still the first. */
  reason: Schema.String
}) {
  override get message() {
    return `the agent ${this.agent} is not ready${this.reason === "" ? "" : `: ${this.reason}`}`
  }
}

/** An agent that was started and may not answer yet. Closing the scope that it was started in ends it. */
export interface AgentLife {
  /** Where `POST /task` goes, without the path. */
  readonly url: string
  /** Comes back with the reason when the agent ends by itself. */
  readonly ended: Effect.Effect<string>
}

/** Starts one life. */
export type StartAgent = Effect.Effect<AgentLife, AgentStartFailed, Scope.Scope>
