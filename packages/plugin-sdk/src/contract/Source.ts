/** A source as an agent runs it: it watches one system, read-only, and hands over what it sees. */
import { type Effect, Schema, type SubscriptionRef } from "effect"
import type { Observation } from "./Observation.ts"

/** There is no room for another observation now. A source that can ask again later pauses; one that is called answers "later". */
export class ObservationsFull extends Schema.TaggedError<ObservationsFull>()("ObservationsFull", {}) {
  override get message() {
    return "the agent has no room for another observation now"
  }
}

/** Where a source puts what it sees. */
export interface ObservationSink {
  /** Returns when the observation is on disk, or was there already: only now may a sender be told that it was taken. */
  readonly offer: (observation: Observation) => Effect.Effect<void, ObservationsFull>
  /** Waits for room instead. */
  readonly put: (observation: Observation) => Effect.Effect<void>
  /** Whether it was handed over before, also long ago; absent where that cannot be known. A sender is then told so. */
  readonly has?: (observationId: string) => Effect.Effect<boolean>
}

/** How a source is, for the operator. Codes and counts only, never a name, an address or a message. */
export interface SourceState {
  /** `degraded`: it cannot see now and tries again. `paused`: the agent has no room. */
  readonly phase: "starting" | "watching" | "degraded" | "paused"
  /** Why it is degraded: a word from the source's own closed list. */
  readonly code: string | null
  /** Handed over since it was started. */
  readonly observations: number
}

/** The source needs a person: its configuration cannot work. `reason` may be shown to the operator, not logged elsewhere. */
export class SourceFailed extends Schema.TaggedError<SourceFailed>()("SourceFailed", {
  source: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `source ${this.source}: ${this.reason}`
  }
}

/** One configured source. */
export interface Source {
  /** Its name in the agent's configuration. */
  readonly name: string
  readonly sourceType: string
  readonly state: SubscriptionRef.SubscriptionRef<SourceState>
  /** Watches until it is interrupted. What passes by itself is tried again here, with back-off, and shows in `state`. */
  readonly run: (sink: ObservationSink) => Effect.Effect<never, SourceFailed>
}
