/** The issue-triage agent as a program: answers tasks over HTTP and holds no GitHub token. Told what to do by its environment. */
import { relaySocket } from "@farmops/core/host/relaySocket"
import { runHost } from "@farmops/core/host/runHost"
import { layerLog } from "@farmops/core/log/layerLog"
import { SecretsToScrub } from "@farmops/core/log/SecretsToScrub"
import { Effect, Layer } from "effect"
import { HttpServer } from "effect/http"
import manifest from "../package.json" with { type: "json" }
import { readSettings } from "./AgentSettings.ts"
import { agentLayer, openMindHere } from "./layer.ts"
import { readModelAccess } from "./modelAccess.ts"

// A harness that is killed cannot end its agents: the process that takes them in its place is another parent. Set by a harness that starts
// the agent as a process; in a container the engine does the same.
if (process.env.FARMOPS_AGENT_PARENT !== undefined) {
  const parent = Number(process.env.FARMOPS_AGENT_PARENT)
  setInterval(() => {
    if (process.ppid !== parent) process.exit(0)
  }, 1000).unref()
}

const program = Effect.gen(function* () {
  const settings = yield* readSettings
  const mind = yield* openMindHere(settings)
  if (settings.egress !== null) yield* relaySocket(settings.egress)
  const serve = Effect.gen(function* () {
    const { address } = yield* HttpServer.HttpServer
    const port = "port" in address ? address.port : settings.port
    yield* Effect.logInfo("listening").pipe(Effect.annotateLogs({ host: settings.host, port, mind: mind.name }))
    return yield* Effect.never
  })
  const { secrets } = yield* readModelAccess
  return yield* Effect.provide(serve, agentLayer(mind, settings, manifest.version)).pipe(
    Effect.provideService(SecretsToScrub, secrets)
  )
})

runHost(
  "farmops-agent-issue-triage",
  Effect.provide(Effect.scoped(program), Layer.mergeAll(layerLog({ format: "auto", level: "Info" }))),
  {
    debug: process.env.FARMOPS_DEBUG !== undefined
  }
)
