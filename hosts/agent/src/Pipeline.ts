/**
 * The way into the chain for a source whose backlog can be run again, such as a repository: observation → plugin → LeakGuard →
 * proof → durable log. Observations are taken in the source's order, and each ends in exactly one of two places, both on disk: a
 * proof, or the list of those seen and refused. Sources that see an event only once go through the `Dispatcher`.
 */
import type { Observation } from "@farmops/plugin-sdk/contract/Observation"
import type { VerifiedWork } from "@farmops/proof/ProofBuilder"
import { ProofChain } from "@farmops/proof/ProofChain"
import { ProofLog } from "@farmops/proof/ProofLog"
import { Context, Effect, Stream } from "effect"
import { AgentStatus } from "./AgentStatus.ts"
import { OutboxGate } from "./OutboxGate.ts"

/** What became of an observation at the plugin and the guard behind it. `code` is from a closed list, never a plugin's text. */
export type Examined =
  | { readonly _tag: "Work"; readonly work: VerifiedWork }
  | { readonly _tag: "Rejected" }
  | { readonly _tag: "Inconclusive" }
  | { readonly _tag: "Refused"; readonly code: string }

/** A plugin that did not answer, or not in the contract's words. The same observation may be tried again. */
export interface ExamineFault {
  readonly code: string
}

/** Asks the plugin about one observation. */
export class Examiner extends Context.Service<
  Examiner,
  { readonly examine: (observation: Observation) => Effect.Effect<Examined, ExamineFault> }
>()("@farmops/agent/Examiner") {}

// Enough to keep the plugin's socket busy while the log syncs to disk; order is kept whatever the number.
const examineAhead = 16

// Six tries within about six seconds outlast a plugin that is being restarted. After that a person should look.
const quickTries = 6
const firstDelayMs = 100
// From then on the same observation is tried at this pace, so that a cured plugin is noticed and nothing is skipped.
const slowDelayMs = 10_000

/**
 * Repeats what failed, for as long as it fails, and lets nothing pass it meanwhile. After the quick tries the agent is
 * `degraded`, for its owner to see; the first success takes that back.
 */
export const persist = Effect.fnUntraced(function* <A, E, R>(
  attempt: Effect.Effect<A, E, R>,
  codeOf: (error: E) => string
) {
  const status = yield* AgentStatus
  const quick = Effect.gen(function* () {
    for (let tries = 1; ; tries++) {
      const result = yield* Effect.result(attempt)
      if (result._tag === "Success") return { done: result.success }
      yield* status.fault(codeOf(result.failure))
      if (tries === quickTries) return null
      yield* Effect.sleep(firstDelayMs * 2 ** (tries - 1))
    }
  })
  const slow = Effect.gen(function* () {
    for (;;) {
      yield* Effect.sleep(slowDelayMs)
      const result = yield* Effect.result(attempt)
      if (result._tag === "Success") return { done: result.success }
      yield* status.fault(codeOf(result.failure))
    }
  })
  const first = yield* quick
  // Taken back also when the wait is cut off, as when the source fails meanwhile and the backlog starts over.
  const { done } =
    first ??
    (yield* Effect.acquireUseRelease(
      status.stuck,
      () => slow,
      () => status.recovered
    ))
  return done
})

/** Settles every observation of `source`, in order. `settled` runs after each one, whatever became of it. */
export const settleAll = <E, R, R2>(
  source: Stream.Stream<Observation, E, R>,
  settled: Effect.Effect<void, never, R2>
) =>
  Effect.gen(function* () {
    const log = yield* ProofLog
    const chain = yield* ProofChain
    const status = yield* AgentStatus
    const gate = yield* OutboxGate
    const { examine } = yield* Examiner

    const look = Effect.fnUntraced(function* (observation: Observation) {
      const known = yield* persist(log.hasObservation(observation.observationId), (error) => error._tag)
      if (known) return { observation, examined: null }
      const examined = yield* persist(examine(observation), (error) => error.code)
      return { observation, examined }
    })

    const refuse = Effect.fnUntraced(function* (observationId: string, code: string) {
      yield* status.fault(code)
      yield* persist(log.markSeen(observationId), (error) => error._tag)
      yield* status.count("refused")
    })

    const prove = Effect.fnUntraced(function* (work: VerifiedWork, observationId: string) {
      yield* gate.awaitRoom
      // A fork means that another writer holds this log, which the data folder's lock forbids: trying again rebuilds on its head.
      const outcome = yield* persist(
        chain.append(work, observationId).pipe(
          Effect.as({ _tag: "Proved" as const }),
          Effect.catchTag("ObservationAlreadyProved", () => Effect.succeed({ _tag: "Known" as const })),
          Effect.catchTag("WorkRefused", () => Effect.succeed({ _tag: "Refused" as const }))
        ),
        (error) => error._tag
      )
      if (outcome._tag === "Proved") yield* status.count("proved")
      if (outcome._tag === "Refused") yield* refuse(observationId, "work_refused")
    })

    const settle = Effect.fnUntraced(function* (one: { observation: Observation; examined: Examined | null }) {
      const { observationId } = one.observation
      switch (one.examined?._tag) {
        case "Work":
          yield* prove(one.examined.work, observationId)
          break
        case "Rejected":
          yield* persist(log.markSeen(observationId), (error) => error._tag)
          yield* status.count("rejected")
          break
        case "Refused":
          yield* refuse(observationId, one.examined.code)
          break
        case "Inconclusive":
          // Not settled: the source brings it again at the next start, when there may be more to see.
          yield* status.count("rejected")
          break
        case undefined:
          break
      }
      yield* settled
    })

    yield* source.pipe(Stream.mapEffect(look, { concurrency: examineAhead }), Stream.runForEach(settle))
  })
