/** Everything that an agent watches, at work: repositories along their backlog and on, and the other sources through the store. */
import { ProofOutbox } from "@farmops/core/delivery/ProofOutbox"
import type { Observation } from "@farmops/plugin-sdk/contract/Observation"
import type { ObservationSink } from "@farmops/plugin-sdk/contract/Source"
import { PluginRuntime } from "@farmops/plugin-sdk/runtime/PluginRuntime"
import { Effect, Stream, SubscriptionRef } from "effect"
import { AgentStatus } from "./AgentStatus.ts"
import { makeDispatcher } from "./Dispatcher.ts"
import { persist, settleAll } from "./Pipeline.ts"
import { SourceBoard } from "./SourceBoard.ts"
import { type AgentSource, Watching } from "./Watching.ts"
import { backlogPlugin, type Wants, wants } from "./wantedSources.ts"

const codeOf = (error: { readonly _tag: string }) => error._tag

/** Runs until it is interrupted. A source that needs a person ends by itself and shows on the board; the others go on. */
export const watch = Effect.fn("watch")(function* (clusterAlias: string) {
  const { repositories, sources } = yield* Watching
  const board = yield* SourceBoard
  const outbox = yield* ProofOutbox
  const runtime = yield* PluginRuntime
  const status = yield* AgentStatus
  const { sink } = yield* makeDispatcher(clusterAlias, outbox.wake)

  const backlogPluginRuns = () => runtime.status.value.some(({ id }) => id === backlogPlugin)
  // The plugin for repositories asks the source itself again; whoever else wants a commit gets it from the store.
  const othersWant = (sourceType: string, answers: ReadonlyArray<Wants>) =>
    runtime.status.value.some((one) => one.id !== backlogPlugin && answers.includes(wants(one, sourceType)))
  const hand = (to: ObservationSink, answers: ReadonlyArray<Wants>) => (observation: Observation) =>
    othersWant(observation.sourceType, answers) ? to.put(observation) : Effect.void

  const settle = (
    stream: AgentSource["backlog"],
    settled: Effect.Effect<void>,
    answers: ReadonlyArray<Wants> = ["yes"]
  ) =>
    Effect.suspend(() => {
      const handed = Stream.tap(stream, hand(sink, answers))
      return backlogPluginRuns() ? settleAll(handed, settled) : Stream.runForEach(handed, () => settled)
    })

  const backfill = Effect.gen(function* () {
    const total = repositories.reduce((sum, { backlogCount }) => sum + backlogCount, 0)
    let done = 0
    for (const { backlog, backlogCount } of repositories) {
      const run = Effect.andThen(
        status.update({ phase: "backfilling", backfill: { done, total } }),
        settle(backlog, Effect.andThen(status.advance, outbox.wake))
      )
      yield* persist(run, codeOf)
      done += backlogCount
    }
    yield* status.update({ phase: "watching" })
  })

  // Nobody can be asked before the plugins are named.
  if (runtime.status.value.length === 0) yield* status.warn("no_plugins")
  yield* Stream.runHead(Stream.filter(SubscriptionRef.changes(runtime.status), (plugins) => plugins.length > 0))
  yield* status.unwarn("no_plugins")
  // The backlog comes again at the next start, for whoever has described itself by then; what is new comes once.
  const follow = repositories.map((one) => persist(settle(one.follow, outbox.wake, ["yes", "unknown"]), codeOf))
  const run = sources.map((source) => Effect.catch(source.run(sink), board.failed))
  yield* Effect.all(
    [Effect.andThen(backfill, Effect.all(follow, { concurrency: "unbounded", discard: true })), ...run],
    {
      concurrency: "unbounded",
      discard: true
    }
  )
  return yield* Effect.never
})
