/** The agent as a Layer: one mind behind HTTP. */
import { createServer } from "node:http"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { CannotListen, layerServer } from "@farmops/core/host/listen"
import { layerProblems } from "@farmops/core/http/problem"
import { readClassifier } from "@farmops/triage/minds/classifier/Classifier"
import { makeClassifierMind } from "@farmops/triage/minds/classifierMind"
import { keywordMind } from "@farmops/triage/minds/keywordMind"
import { makeLlmMindByTask } from "@farmops/triage/minds/llmMind"
import type { Mind } from "@farmops/triage/minds/Mind"
import { taskBytesMax } from "@farmops/triage/protocol/agentWire"
import { ByteSize, Effect, Layer } from "effect"
import { HttpIncomingMessage, HttpRouter, HttpServer } from "effect/http"
import type { AgentSettings } from "./AgentSettings.ts"
import { readModelAccess } from "./modelAccess.ts"
import { agentRoutes } from "./taskRoute.ts"

/** Makes the mind that the settings name. */
export const openMind = Effect.fn("openMind")(function* (settings: AgentSettings) {
  if (settings.mind === "keyword") return keywordMind
  if (settings.mind === "classifier") {
    const classifier = yield* readClassifier(settings.model ?? "")
    return makeClassifierMind(classifier, settings.sureFrom ?? undefined)
  }
  const { access, chosen } = yield* readModelAccess
  return makeLlmMindByTask(access, chosen)
})

// As `layerServer` has them; a harness alone reaches this socket.
const requestTimeoutMs = 30_000
const gracefulShutdownMs = 10_000

const layerSocket = (path: string) =>
  Layer.effect(
    HttpServer.HttpServer,
    NodeHttpServer.make(() => createServer({ requestTimeout: requestTimeoutMs }), {
      path,
      // The harness runs under another number, and the folder is its own.
      readableAll: true,
      writableAll: true,
      gracefulShutdownTimeout: gracefulShutdownMs
    }).pipe(Effect.mapError(() => new CannotListen({ port: 0, host: path, reason: "the socket" })))
  ).pipe(
    Layer.provideMerge(Layer.succeed(HttpIncomingMessage.MaxBodySize, ByteSize.bytes(taskBytesMax))),
    Layer.provideMerge(NodeHttpServer.layerHttpServices)
  )

/** Where the agent listens. */
export type AgentPlace = Pick<AgentSettings, "host" | "port" | "socket">

/** Serves a mind until the scope closes; what is being answered then may finish. */
export const agentLayer = (mind: Mind, { host, port, socket }: AgentPlace, version: string) =>
  HttpRouter.serve(Layer.merge(agentRoutes(mind, version), layerProblems), { disableLogger: true }).pipe(
    Layer.provideMerge(socket === null ? layerServer({ port, host }) : layerSocket(socket))
  )

/** {@link openMind} with the file system of Node. */
export const openMindHere = (settings: AgentSettings) => Effect.provide(openMind(settings), NodeFileSystem.layer)
