/** A plugin as an agent uses it, whether it is a process or a value in the same process. */
import { type Effect, Schema } from "effect"
import type { Observation } from "../contract/Observation.ts"
import type { PluginDescription, Verdict } from "../contract/Verdict.ts"

/**
 * The plugin did not answer as the contract says. It is never a verdict: the same observation may be tried again.
 *
 * - `crashed`: its process is gone; the next call starts another
 * - `not_ready`: no start of it came up in time; it was not asked
 * - `deactivated`: it is not used any more; only a reload starts it again
 * - `replaced`: another version of it runs now: take it from the runtime's `plugins` and ask that one
 * - `deadline`: no answer in time
 * - `unauthenticated`, `refused`, `error`: it said so itself
 * - `answer`: an answer outside the contract
 * - `too_large`: the observation does not fit a message, and never will
 */
export class PluginFault extends Schema.TaggedError<PluginFault>()("PluginFault", {
  plugin: Schema.String,
  code: Schema.Literals([
    "crashed",
    "not_ready",
    "deactivated",
    "replaced",
    "deadline",
    "unauthenticated",
    "refused",
    "error",
    "answer",
    "too_large"
  ])
}) {
  override get message() {
    return `plugin ${this.plugin}: ${this.code}`
  }
}

/** The plugin did not become ready: `describe` within the time, in the contract's words, with the id that was expected. */
export class PluginNotReady extends Schema.TaggedError<PluginNotReady>()("PluginNotReady", {
  plugin: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `plugin ${this.plugin} did not start: ${this.reason}`
  }
}

/** What an agent may ask of it. */
export interface Plugin {
  readonly description: PluginDescription
  /** `memory` is what the plugin last asked to be remembered of the observation's subject. */
  readonly verify: (observation: Observation, memory?: Uint8Array) => Effect.Effect<Verdict, PluginFault>
}
