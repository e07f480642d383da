/**
 * Plays the observations of one subject to a plugin, one after another and as an agent would: cut to its fields, with what it
 * remembered of the ones before, its answers checked and held against LeakGuard. For the tests of plugins.
 */
import { DateTime, Effect, Redacted, Schema } from "effect"
import type { DefinedPlugin } from "../contract/DefinedPlugin.ts"
import type { Verdict } from "../contract/Verdict.ts"
import { checkLeak, type LeakFault } from "./checkLeak.ts"
import { inProcessPlugin } from "./InProcessPlugin.ts"
import type { PluginFault } from "./Plugin.ts"
import { projectFields } from "./projectFields.ts"

/** The agent would not have gone on: it refused the configuration, or kept the verdict back. */
export class RehearsalStopped extends Schema.TaggedError<RehearsalStopped>()("RehearsalStopped", {
  plugin: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `plugin ${this.plugin}: ${this.reason}`
  }
}

/** One subject, from its first observation on. */
export interface Rehearsal {
  /** The verdict over the next observation; what it wants remembered is remembered. `data` is any JSON. */
  readonly see: (data: unknown) => Effect.Effect<Verdict, PluginFault | RehearsalStopped>
  /** What is remembered now. */
  readonly memory: () => Uint8Array
}

const at = DateTime.makeUnsafe("2026-02-21T09:30:00Z")
const utf8 = new TextEncoder()

const leakReason = (fault: LeakFault): string => `LeakGuard keeps the verdict back: ${fault}`

/** A new subject of one source. `configuration` is what an operator would write; null where nothing. */
export const rehearse = (plugin: DefinedPlugin, sourceType: string, configuration: unknown = null): Rehearsal => {
  const { description } = plugin
  const fields = description.sources.find(({ source_type }) => source_type === sourceType)?.fields ?? []
  const stop = (reason: string) => new RehearsalStopped({ plugin: description.plugin_id, reason })
  const running = inProcessPlugin(plugin)
  let memory = new Uint8Array()
  let count = 0
  return {
    see: Effect.fn("Rehearsal.see")(function* (data) {
      // A plugin is one value in all tests of a file: the last to configure it would win.
      const fault = plugin.configure(configuration)
      if (fault !== null) return yield* stop(fault)
      count += 1
      const observation = {
        observationId: `rehearsal-${count}`,
        sourceType,
        rawData: utf8.encode(JSON.stringify(projectFields(data, fields) ?? null)),
        detectedAt: at,
        occurredAt: at,
        subject: "rehearsal",
        actor: { identifier: Redacted.make("rehearsal@example.org"), type: "human" }
      } as const
      const verdict = yield* running.verify(observation, memory)
      if (verdict.verdict === "verified") {
        const leak = checkLeak(description, verdict, utf8.encode(JSON.stringify(data)))
        if (leak !== null) return yield* stop(leakReason(leak))
      }
      if (verdict.remember !== null) memory = new Uint8Array(verdict.remember)
      return verdict
    }),
    memory: () => memory
  }
}
