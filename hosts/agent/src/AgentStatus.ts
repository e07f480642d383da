/** What the agent is doing, for the owner to see. Carries codes and counts only, never a name, a path or a message. */
import { Context, DateTime, Effect, Layer, Metric, SubscriptionRef } from "effect"

/** `degraded` means that work waits on something that retries have not cured; nothing is lost and order is kept. */
export type AgentPhase = "starting" | "waiting_for_approval" | "backfilling" | "watching" | "degraded" | "stopped"

/** How the agent stands with its tracker, by the tracker's last answer. */
export type Enrolment = "unknown" | "tracker_unreachable" | "pending" | "approved" | "frozen" | "revoked"

/** One moment of the agent. `backfill.total` is what the source counted at start; commits that arrive later are not in it. */
export interface AgentState {
  readonly agent_id: string | null
  readonly fingerprint: string | null
  readonly cluster_alias: string
  readonly phase: AgentPhase
  readonly enrolment: Enrolment
  readonly source: { readonly kind: string; readonly whose: string; readonly sample: boolean } | null
  readonly backfill: { readonly done: number; readonly total: number }
  readonly proved: number
  readonly rejected: number
  readonly refused: number
  /** Proofs that the tracker holds and does not score before the agent is approved. */
  readonly unscored: number
  /** What holds observation up now, each a code: `outbox_full`, `observations_full`, `observations_unwritable`. */
  readonly warnings: ReadonlyArray<string>
  readonly last_error: { readonly code: string; readonly at: string } | null
}

/** Observations by `result`; the label is from a closed list. */
const observationsTotal = Metric.counter("farmops_agent_observations_total", {
  description: "Observations settled, by result",
  incremental: true
})

/** The one place where the pipeline says what it does; the HTTP API and `farmops up` read it. */
export class AgentStatus extends Context.Service<
  AgentStatus,
  {
    readonly state: SubscriptionRef.SubscriptionRef<AgentState>
    readonly update: (change: Partial<AgentState>) => Effect.Effect<void>
    readonly count: (what: "proved" | "rejected" | "refused") => Effect.Effect<void>
    /** One more observation of the backlog is dealt with; never counts past the total. */
    readonly advance: Effect.Effect<void>
    readonly fault: (code: string) => Effect.Effect<void>
    /** Shows a warning until `unwarn` takes it back. */
    readonly warn: (code: string) => Effect.Effect<void>
    readonly unwarn: (code: string) => Effect.Effect<void>
    /** Something waits on a cure. The phase is `degraded` until each that called this has called `recovered`. */
    readonly stuck: Effect.Effect<void>
    readonly recovered: Effect.Effect<void>
  }
>()("@farmops/agent/AgentStatus") {
  static readonly layer = (clusterAlias: string) =>
    Layer.effect(
      AgentStatus,
      Effect.gen(function* () {
        const state = yield* SubscriptionRef.make<AgentState>({
          agent_id: null,
          fingerprint: null,
          cluster_alias: clusterAlias,
          phase: "starting",
          enrolment: "unknown",
          source: null,
          backfill: { done: 0, total: 0 },
          proved: 0,
          rejected: 0,
          refused: 0,
          unscored: 0,
          warnings: [],
          last_error: null
        })
        // Several observations are looked at side by side and may wait on the same cure: the phase is what is left without them.
        let phase: AgentPhase = "starting"
        let waiting = 0
        const shown = () => (waiting > 0 && phase !== "stopped" ? "degraded" : phase)
        const wait = (more: number) =>
          SubscriptionRef.update(state, (now) => {
            waiting += more
            return { ...now, phase: shown() }
          })
        return AgentStatus.of({
          state,
          update: (change) =>
            SubscriptionRef.update(state, (now) => {
              phase = change.phase ?? phase
              return { ...now, ...change, phase: shown() }
            }),
          warn: (code) =>
            SubscriptionRef.update(state, (now) =>
              now.warnings.includes(code) ? now : { ...now, warnings: [...now.warnings, code] }
            ),
          unwarn: (code) =>
            SubscriptionRef.update(state, (now) => ({
              ...now,
              warnings: now.warnings.filter((shown) => shown !== code)
            })),
          stuck: wait(1),
          recovered: wait(-1),
          count: (what) =>
            Effect.andThen(
              Metric.update(Metric.withAttributes(observationsTotal, { result: what }), 1),
              SubscriptionRef.update(state, (now) => ({ ...now, [what]: now[what] + 1 }))
            ),
          advance: SubscriptionRef.update(state, (now) => ({
            ...now,
            backfill: { ...now.backfill, done: Math.min(now.backfill.done + 1, now.backfill.total) }
          })),
          fault: Effect.fnUntraced(function* (code: string) {
            const at = DateTime.formatIso(yield* DateTime.now)
            yield* SubscriptionRef.update(state, (now) => ({ ...now, last_error: { code, at } }))
          })
        })
      })
    )
}
