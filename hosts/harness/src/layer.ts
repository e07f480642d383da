/** The harness as Layers: follows repositories, asks agents, does what policy allows, and says how it is. */
import type { ConfigInvalid } from "@farmops/core/config/ConfigInvalid"
import { loadYamlConfig } from "@farmops/core/config/loadYamlConfig"
import { Health, healthRoutes, healthRoutesAt } from "@farmops/core/host/Health"
import { layerServer } from "@farmops/core/host/listen"
import { layerProblems } from "@farmops/core/http/problem"
import { SecretsToScrub } from "@farmops/core/log/SecretsToScrub"
import * as ProofLogSql from "@farmops/proof/ProofLogSql"
import { GitHubReads } from "@farmops/triage/GitHubReads"
import { RepositoryPoller } from "@farmops/triage/poll/RepositoryPoller"
import { layerHarnessChain } from "@farmops/triage/proofs/HarnessChain"
import { sameName } from "@farmops/triage/TriageRules"
import { IssueSweeps } from "@farmops/triage/work/IssueSweeps"
import { TriageDispatch } from "@farmops/triage/work/TriageDispatch"
import { TriageRoutes } from "@farmops/triage/work/triagePorts"
import { Context, Effect, type FileSystem, Layer, Option, Schedule } from "effect"
import { HttpRouter } from "effect/http"
import { PrometheusMetrics } from "effect/observability"
import { HarnessFile, pollingDefaultSeconds } from "./HarnessFile.ts"
import { updateMetrics } from "./harnessMetrics.ts"
import {
  dataFolderOf,
  type HarnessPace,
  layerReads,
  layerStore,
  layerWork,
  memoryFileOf,
  repositoriesOf
} from "./harnessServices.ts"
import { type AgentMachine, openRoutes } from "./openAgents.ts"

export { type DemoGitHub, startDemoGitHub } from "./demo/DemoGitHub.ts"
export type { DemoIssue, NewIssue } from "./demo/DemoRepository.ts"
export { HarnessFile, summaryOf } from "./HarnessFile.ts"
export {
  classifierFileOf,
  dataFolderOf,
  layerReads,
  layerStore,
  layerUndo,
  layerWork,
  memoryFileOf,
  repositoriesOf
} from "./harnessServices.ts"
export { layerTelemetry } from "./layerTelemetry.ts"
export { mindAgent, mindNameOf, modelAccessOf, openMind } from "./openMind.ts"
export { rulesOf } from "./rulesOf.ts"

/** What the owner decided, from a file that was checked as a whole. */
export class HarnessSettings extends Context.Service<HarnessSettings, HarnessFile>()(
  "@farmops/harness/HarnessSettings"
) {
  /** Puts `env` in for `${NAME}`. Fails with the file, the line and what was expected there. */
  static readonly layer = (
    file: string,
    env: Readonly<Record<string, string | undefined>>
  ): Layer.Layer<HarnessSettings, ConfigInvalid, FileSystem.FileSystem> =>
    Layer.effect(this, loadYamlConfig(file, HarnessFile, env))
}

/** What a running harness is told beside its file: of the machine, not of repositories. */
export interface HarnessOptions extends AgentMachine {
  readonly port: number
  readonly host: string
  readonly pace?: HarnessPace
}

/** Every secret of the file, for the log's scrubber. */
export const secretsOf = ({ identity, llm, tracker }: HarnessFile) => [
  identity.github_token,
  ...(llm.provider === "anthropic" ? [llm.api_key] : []),
  ...(tracker?.api_key === undefined ? [] : [tracker.api_key])
]

// A gauge that is ten seconds old is fresh enough for a scraper that comes every fifteen.
const metricsEvery = Schedule.spaced("10 seconds")

// Costs no request: what the poller last met.
const standingsEvery = Schedule.spaced("1 second")

/** The specification's names for what every host calls `/healthz` and `/readyz`. */
const specifiedHealth = healthRoutesAt("/healthcheck", "/healthcheck/ready")

// What is stale by days is stale an hour later too.
const sweepEveryMsDefault = 3_600_000

// GitHub may be away for a moment; a wrong token does not become right by asking often.
const accountRetry = "2 seconds"
const wrongAccountEvery = "30 seconds"

/** Waits until GitHub has said that the token is the bot's. */
const ownAccount = Effect.fnUntraced(function* ({ identity }: Pick<HarnessFile, "identity">) {
  const reads = yield* GitHubReads
  for (;;) {
    const viewer = yield* Effect.option(reads.viewer)
    if (Option.isNone(viewer)) yield* Effect.sleep(accountRetry)
    else {
      if (sameName(viewer.value.login, identity.github_user)) return
      yield* Effect.logError("the token is another account's than identity.github_user: nothing is done").pipe(
        Effect.annotateLogs({ token_of: viewer.value.login, github_user: identity.github_user })
      )
      yield* Effect.sleep(wrongAccountEvery)
    }
  }
})

const work = (file: HarnessFile, { sweepEveryMs }: HarnessPace) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const poller = yield* RepositoryPoller
      const dispatch = yield* TriageDispatch
      const health = yield* Health
      yield* health.set("GitHub", false)
      const intervalMs = (file.polling?.interval_seconds ?? pollingDefaultSeconds) * 1000
      // Whoever's token it is, that account speaks: nothing is done before it is known to be the file's.
      yield* Effect.forkScoped(Effect.andThen(ownAccount(file), dispatch.run))
      yield* Effect.forkScoped(poller.run(repositoriesOf(file), { intervalMs, found: dispatch.wake }))
      const sweeps = yield* IssueSweeps
      const routes = yield* TriageRoutes
      const sweep = Effect.forEach(
        [...routes.values()],
        ({ rules }) =>
          Effect.gen(function* () {
            const added = (yield* sweeps.closings(rules)) + (yield* sweeps.stale(rules))
            if (added > 0) yield* dispatch.wake
          }).pipe(
            // One repository's fault is no reason to leave the others out; the next sweep comes.
            Effect.catch((error) =>
              Effect.logWarning("a sweep of a repository failed").pipe(
                Effect.annotateLogs({ repo: rules.repo, fault: error._tag })
              )
            )
          ),
        { discard: true }
      )
      yield* Effect.forkScoped(Effect.repeat(sweep, Schedule.spaced(sweepEveryMs ?? sweepEveryMsDefault)))
      const standing = Effect.flatMap(poller.standings, (all) =>
        health.set("GitHub", all.length > 0 && all.every(({ fault }) => fault === null))
      )
      yield* Effect.forkScoped(Effect.repeat(standing, standingsEvery))
      const measure = updateMetrics.pipe(
        Effect.andThen(health.set("the database", true)),
        Effect.catchTag("StoreUnavailable", () => health.set("the database", false))
      )
      yield* Effect.forkScoped(Effect.repeat(measure, metricsEvery))
    })
  )

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
    Layer.provideMerge(work(file, pace)),
    Layer.provideMerge(layerWork(pace)),
    Layer.provideMerge(Layer.effect(TriageRoutes, openRoutes(file, { engineSocket }))),
    Layer.provideMerge(chain),
    Layer.provideMerge(Layer.mergeAll(layerStore(`sqlite://${memoryFileOf(file)}`), layerReads(file), Health.layer)),
    Layer.provide(Layer.succeed(SecretsToScrub, secretsOf(file)))
  )
}
