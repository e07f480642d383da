/** What a harness does by itself once its parts are there. */
import { Health } from "@farmops/core/host/Health"
import { GitHubReads } from "@farmops/triage/GitHubReads"
import { RepositoryPoller } from "@farmops/triage/poll/RepositoryPoller"
import { sameName } from "@farmops/triage/TriageRules"
import { IssueSweeps } from "@farmops/triage/work/IssueSweeps"
import { TriageDispatch } from "@farmops/triage/work/TriageDispatch"
import { TriageRoutes } from "@farmops/triage/work/triagePorts"
import { Effect, Layer, Option, Schedule } from "effect"
import { type HarnessFile, pollingDefaultSeconds } from "./HarnessFile.ts"
import { updateMetrics } from "./harnessMetrics.ts"
import { type HarnessPace, repositoriesOf } from "./harnessServices.ts"

// A gauge that is ten seconds old is fresh enough for a scraper that comes every fifteen.
const metricsEvery = Schedule.spaced("10 seconds")

// Costs no request: what the poller last met.
const standingsEvery = Schedule.spaced("1 second")

// What is stale by days is stale an hour later too.
const sweepEveryMsDefault = 3_600_000

// GitHub may be away for a moment; a wrong token does not become right by asking often.
const accountRetry = "2 seconds"
const wrongAccountEvery = "30 seconds"

const accountPart = "the bot's account"

/** Waits until GitHub has said that the token is the bot's: whoever's it is, that account would speak. */
const ownAccount = Effect.fnUntraced(function* ({ identity }: HarnessFile) {
  const reads = yield* GitHubReads
  const health = yield* Health
  for (;;) {
    const viewer = yield* Effect.option(reads.viewer)
    if (Option.isNone(viewer)) yield* Effect.sleep(accountRetry)
    else {
      if (sameName(viewer.value.login, identity.github_user)) return yield* health.set(accountPart, true)
      yield* health.set(accountPart, false)
      yield* Effect.logError("the token is another account's than identity.github_user: nothing is done").pipe(
        Effect.annotateLogs({ token_of: viewer.value.login, github_user: identity.github_user })
      )
      yield* Effect.sleep(wrongAccountEvery)
    }
  }
})

/** Follows, sweeps, dispatches and measures for as long as it lives; says by name which part is not ready. */
export const layerBackground = (file: HarnessFile, { sweepEveryMs }: HarnessPace) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const poller = yield* RepositoryPoller
      const dispatch = yield* TriageDispatch
      const health = yield* Health
      yield* health.set("GitHub", false)
      const intervalMs = (file.polling?.interval_seconds ?? pollingDefaultSeconds) * 1000
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
