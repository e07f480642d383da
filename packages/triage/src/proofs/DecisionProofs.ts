/** Brings every recorded decision into the harness's own chain, in the log's order and each once. */

import type { VerifiedWork } from "@farmops/proof/ProofBuilder"
import { ProofChain } from "@farmops/proof/ProofChain"
import { ProofLog } from "@farmops/proof/ProofLog"
import { DateTime, Effect, Option, Redacted, Schema, Semaphore } from "effect"
import { SqlClient } from "effect/sql"
import { orStoreUnavailable } from "../StoreUnavailable.ts"
import { observationIdOf, type RecordedDecision, readRecorded } from "./decisionEvidence.ts"

/** How the harness is named in its proofs. */
export interface DecisionProofsOptions {
  /** A label for people; never a repository's name. */
  readonly clusterAlias: string
  /** The account that the harness writes as; a keyed hash of it is the proof's actor. */
  readonly botUser: string
}

/** The plugin's name in a decision's proof. */
export const triagePluginName = "farmops/harness"

/** The decision cannot be proved now: the chain's log, its key or the decision's row are not as they must be. It is tried again. */
export class ProofImpossible extends Schema.TaggedError<ProofImpossible>()("ProofImpossible", {
  reason: Schema.String
}) {
  override get message() {
    return `a decision cannot be proved (${this.reason})`
  }
}

// Enough for a page of work; a chain of a year is read in pages.
const pageSize = 100

/** The work as a proof tells it: that an issue was triaged, and nothing of which or how. */
export const workOf = ({ acts, at, evidence }: RecordedDecision, options: DecisionProofsOptions) =>
  Option.map(
    DateTime.make(at),
    (timestamp): VerifiedWork => ({
      timestamp: DateTime.toUtc(timestamp),
      clusterAlias: options.clusterAlias,
      actor: { identifier: Redacted.make(options.botUser), type: "bot" },
      action: {
        plugin: triagePluginName,
        action_type: "review",
        category: "toil",
        subcategory: "issue-triage",
        description: "Triaged an issue"
      },
      // What is only thought through is seen, and earns nothing.
      status: acts ? "success" : "partial",
      evidence,
      hints: { complexity: "low", impact_radius: 1, artifacts_touched: 1, time_spent_seconds: null }
    })
  )

/** Makes the effect that proves whatever the log holds and the chain does not, and answers with how much that was. */
export const makeProveRecorded = Effect.fnUntraced(function* (options: DecisionProofsOptions) {
  const chain = yield* ProofChain
  const proofs = yield* ProofLog
  const sql = yield* SqlClient.SqlClient
  const turn = yield* Semaphore.make(1)
  // What was proved before this process is passed over once, and then known.
  let through = 0

  const proveOne = Effect.fnUntraced(function* (decision: RecordedDecision) {
    const observationId = observationIdOf(decision.taskId)
    if (yield* proofs.hasObservation(observationId)) return 0
    const work = workOf(decision, options)
    if (Option.isNone(work)) return yield* new ProofImpossible({ reason: "the decision's time is none" })
    yield* chain.append(work.value, observationId)
    return 1
  })

  const provePages = Effect.gen(function* () {
    let count = 0
    for (;;) {
      const page = yield* orStoreUnavailable(
        Effect.provideService(readRecorded(through, pageSize), SqlClient.SqlClient, sql)
      )
      for (const decision of page) {
        count += yield* proveOne(decision).pipe(
          Effect.catchTags({
            ObservationAlreadyProved: () => Effect.succeed(0),
            WorkRefused: ({ code }) => Effect.fail(new ProofImpossible({ reason: code })),
            ChainForked: () => Effect.fail(new ProofImpossible({ reason: "another writer holds the chain" })),
            ChainOfAnotherAgent: () => Effect.fail(new ProofImpossible({ reason: "the chain is of another key" })),
            ProofLogUnavailable: () => Effect.fail(new ProofImpossible({ reason: "the chain's log is away" })),
            KeyFileUnreadable: () => Effect.fail(new ProofImpossible({ reason: "the key cannot be read" }))
          })
        )
        through = decision.logId
      }
      if (page.length < pageSize) return count
    }
  })

  return Effect.withSpan(turn.withPermits(1)(provePages), "DecisionProofs.proveRecorded")
})
