/** A dispatcher over plugins of this process, and the way to let it work. */
import type { ObservationSink } from "@farmops/plugin-sdk/contract/Source"
import { type ObservationLimits, ObservationStore } from "@farmops/plugin-sdk/runtime/ObservationStore"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { AgentStatus } from "../src/AgentStatus.ts"
import { makeDispatcher } from "../src/Dispatcher.ts"
import { OutboxGate } from "../src/OutboxGate.ts"
import { layerChain, makeRuntime, observation } from "./agentFixture.ts"

type Runtime = Effect.Success<ReturnType<typeof makeRuntime>>

/** An agent in memory around the dispatcher. */
export const layerAgent = (runtime: Runtime, options: { readonly limits?: Partial<ObservationLimits> } = {}) =>
  Layer.mergeAll(
    layerChain(),
    AgentStatus.layer("local"),
    ObservationStore.layerMemory(options.limits),
    runtime.layer,
    OutboxGate.layerOpen
  )

/** A dispatcher that runs, by its sink. */
export const started = Effect.map(makeDispatcher("local", Effect.void), ({ sink }) => sink)

// Plugins answer and SQLite writes in the event loop's own time, which a test clock does not move.
const turns = Effect.repeat(
  Effect.promise(() => new Promise<void>((done) => setImmediate(done))),
  { times: 40 }
)

/** Lets time go by, second by second, so that what a sleep ends in has its turn before the next one. */
export const pass = (seconds: number) =>
  Effect.repeat(Effect.andThen(TestClock.adjust("1 second"), turns), { times: seconds - 1 })

export const offerAll = (sink: ObservationSink, names: ReadonlyArray<string>, subject: string | null = null) =>
  Effect.forEach(names, (name) => sink.offer(observation(name, {}, { subject })), { discard: true })

export const pending = Effect.map(ObservationStore, (store) => store.usage.value.pending)

export const twoPlugins = makeRuntime({ "a/one": { fields: ["/do"] }, "a/two": { fields: ["/secret", "/id"] } })
