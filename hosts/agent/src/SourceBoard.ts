/** How each source is, for the owner to see. Codes and counts only; why one needs a person is said to its owner and not logged. */
import type { Source, SourceFailed } from "@farmops/plugin-sdk/contract/Source"
import { Context, Effect, Layer } from "effect"
import { AgentStatus } from "./AgentStatus.ts"
import { Watching } from "./Watching.ts"

/** One source as the API shows it. */
export interface SourceView {
  readonly name: string
  readonly type: string
  readonly phase: "starting" | "watching" | "degraded" | "paused" | "failed"
  readonly code: string | null
  readonly observations: number
  /** What a person has to change; null unless it failed. */
  readonly reason: string | null
}

/** What the agent watches, repositories first. */
export class SourceBoard extends Context.Service<
  SourceBoard,
  {
    readonly list: Effect.Effect<ReadonlyArray<SourceView>>
    /** The source has ended and needs a person. */
    readonly failed: (error: SourceFailed) => Effect.Effect<void>
  }
>()("@farmops/agent/SourceBoard") {
  static readonly layer = Layer.effect(
    SourceBoard,
    Effect.gen(function* () {
      const { repositories, sources } = yield* Watching
      const status = yield* AgentStatus
      const reasons = new Map<string, string>()
      const viewOf = ({ name, sourceType, state }: Source): SourceView => {
        const reason = reasons.get(name) ?? null
        const { code, observations, phase } = state.value
        const shown = reason === null ? { phase, code } : { phase: "failed" as const, code: "source_failed" }
        return { name, type: sourceType, ...shown, observations, reason }
      }
      const repositoryViews = Effect.sync((): ReadonlyArray<SourceView> => {
        const { phase, proved, refused, rejected } = status.state.value
        const isWatching = phase === "watching" || phase === "backfilling" || phase === "degraded"
        return repositories.map(({ info, name }) => ({
          name,
          type: info.kind,
          phase: isWatching ? "watching" : "starting",
          code: null,
          observations: repositories.length === 1 && sources.length === 0 ? proved + rejected + refused : 0,
          reason: null
        }))
      })
      return {
        list: Effect.map(repositoryViews, (views) => [...views, ...sources.map(viewOf)]),
        failed: ({ reason, source }) =>
          Effect.andThen(
            Effect.sync(() => reasons.set(source, reason)),
            Effect.andThen(
              status.fault("source_failed"),
              Effect.logWarning("a source needs a person; the agent's API says why").pipe(
                Effect.annotateLogs({ source })
              )
            )
          )
      }
    })
  )
}
