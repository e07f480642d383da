/** The agent as a Layer: one mind behind HTTP. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { layerServer } from "@farmops/core/host/listen"
import { layerProblems } from "@farmops/core/http/problem"
import { readClassifier } from "@farmops/triage/minds/classifier/Classifier"
import { makeClassifierMind } from "@farmops/triage/minds/classifierMind"
import { keywordMind } from "@farmops/triage/minds/keywordMind"
import type { Mind } from "@farmops/triage/minds/Mind"
import { Effect, Layer } from "effect"
import { HttpRouter } from "effect/http"
import { type AgentSettings, SettingInvalid } from "./AgentSettings.ts"
import { agentRoutes } from "./taskRoute.ts"

/** Makes the mind that the settings name. */
export const openMind = Effect.fn("openMind")(function* (settings: AgentSettings) {
  if (settings.mind === "keyword") return keywordMind
  if (settings.mind === "classifier") {
    const classifier = yield* readClassifier(settings.model ?? "")
    return makeClassifierMind(classifier, settings.sureFrom ?? undefined)
  }
  return yield* new SettingInvalid({
    variable: "FARMOPS_AGENT_MIND",
    expected: "this agent has no language model inside"
  })
})

/** Serves a mind until the scope closes; what is being answered then may finish. */
export const agentLayer = (mind: Mind, { host, port }: Pick<AgentSettings, "host" | "port">, version: string) =>
  HttpRouter.serve(Layer.merge(agentRoutes(mind, version), layerProblems), { disableLogger: true }).pipe(
    Layer.provideMerge(layerServer({ port, host }))
  )

/** {@link openMind} with the file system of Node. */
export const openMindHere = (settings: AgentSettings) => Effect.provide(openMind(settings), NodeFileSystem.layer)
