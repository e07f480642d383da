/**
 * One plugin's answer to one observation, brought into the chain, and then into the store: whatever cuts it off, it is done again
 * and makes no second proof.
 */
import type { Observation } from "@farmops/plugin-sdk/contract/Observation"
import { ObservationStore } from "@farmops/plugin-sdk/runtime/ObservationStore"
import type { RuntimePlugin } from "@farmops/plugin-sdk/runtime/PluginRuntime"
import { ProofChain } from "@farmops/proof/ProofChain"
import { Effect } from "effect"
import { AgentStatus } from "./AgentStatus.ts"
import { type Answer, askPlugin, settlementKey } from "./askPlugin.ts"
import { OutboxGate } from "./OutboxGate.ts"

const noMemory = new Uint8Array()

/** Gives the way to ask. Fails where the plugin, the store or the log did. */
export const makeAnswerObservation = Effect.fnUntraced(function* (clusterAlias: string) {
  const chain = yield* ProofChain
  const gate = yield* OutboxGate
  const status = yield* AgentStatus
  const store = yield* ObservationStore

  const conclude = Effect.fnUntraced(function* (plugin: string, observation: Observation, { examined }: Answer) {
    const refuse = Effect.fnUntraced(function* (code: string) {
      yield* status.fault(code)
      yield* status.count("refused")
    })
    if (examined._tag === "Refused") return yield* refuse(examined.code)
    if (examined._tag !== "Work") return yield* status.count("rejected")
    yield* chain.append(examined.work, settlementKey(plugin, observation.observationId)).pipe(
      Effect.andThen(status.count("proved")),
      Effect.catchTags({
        // A crash came between the proof and the end of its delivery: the rest is done now.
        ObservationAlreadyProved: () => Effect.void,
        WorkRefused: () => refuse("work_refused")
      })
    )
  })

  const recall = (plugin: string, { subject }: Observation) =>
    subject === null
      ? Effect.succeed(noMemory)
      : store
          .recall(plugin, subject)
          .pipe(Effect.catchTag("ObservationUnreadable", () => Effect.as(status.fault("memory_unreadable"), noMemory)))

  return Effect.fnUntraced(function* (plugin: RuntimePlugin, observation: Observation) {
    yield* gate.awaitRoom
    const answer = yield* askPlugin(plugin, observation, yield* recall(plugin.id, observation), clusterAlias)
    yield* conclude(plugin.id, observation, answer)
    yield* store.settle(plugin.id, observation, answer.remember)
  })
})
