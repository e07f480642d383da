/** The harness as one Layer: follows repositories, asks agents, does what policy allows, and says how it is. */
import { Health, healthRoutes, healthRoutesAt } from "@farmops/core/host/Health"
import { layerServer } from "@farmops/core/host/listen"
import { layerProblems } from "@farmops/core/http/problem"
import { SecretsToScrub } from "@farmops/core/log/SecretsToScrub"
import * as ProofLogSql from "@farmops/proof/ProofLogSql"
import { layerHarnessChain } from "@farmops/triage/proofs/HarnessChain"
import { TriageRoutes } from "@farmops/triage/work/triagePorts"
import { Layer } from "effect"
import { HttpRouter } from "effect/http"
import { PrometheusMetrics } from "effect/observability"
import type { HarnessFile } from "./HarnessFile.ts"
import { secretsOf } from "./HarnessSettings.ts"
import { dataFolderOf, type HarnessPace, layerReads, layerStore, layerWork, memoryFileOf } from "./harnessServices.ts"
import { layerBackground } from "./layerBackground.ts"
import { type AgentMachine, openRoutes } from "./openAgents.ts"

/** What a running harness is told beside its file: of the machine, not of repositories. */
export interface HarnessOptions extends AgentMachine {
  readonly port: number
  readonly host: string
  readonly pace?: HarnessPace
}

/** The specification's names for what every host calls `/healthz` and `/readyz`. */
const specifiedHealth = healthRoutesAt("/healthcheck", "/healthcheck/ready")

/** Runs the harness of a file until the scope closes. What is in hand then is finished, or taken up at the next start. */
export const harnessLayer = (file: HarnessFile, { engineSocket, host, pace = {}, port }: HarnessOptions) => {
  const { identity, tracker } = file
  const chain = layerHarnessChain({
    clusterAlias: "harness",
    botUser: identity.github_user,
    dataDir: dataFolderOf(file),
    tracker:
      tracker === undefined
        ? null
        : { url: tracker.url, ...(tracker.api_key === undefined ? {} : { access: { apiKey: tracker.api_key } }) }
  }).pipe(Layer.provide(ProofLogSql.layer))
  const routes = Layer.mergeAll(
    healthRoutes,
    specifiedHealth,
    PrometheusMetrics.layerHttp({ path: "/metrics" }),
    layerProblems
  )
  return HttpRouter.serve(routes, { disableListenLog: true, disableLogger: true }).pipe(
    Layer.provideMerge(layerServer({ host, port })),
    Layer.provideMerge(layerBackground(file, pace)),
    Layer.provideMerge(layerWork(pace)),
    Layer.provideMerge(Layer.effect(TriageRoutes, openRoutes(file, { engineSocket }))),
    Layer.provideMerge(chain),
    Layer.provideMerge(Layer.mergeAll(layerStore(`sqlite://${memoryFileOf(file)}`), layerReads(file), Health.layer)),
    Layer.provide(Layer.succeed(SecretsToScrub, secretsOf(file)))
  )
}
