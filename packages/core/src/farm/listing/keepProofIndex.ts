/** Keeps the index of proofs near the ledger's end, so that a look-up finds little left to do. */
import { Effect, Layer, PubSub } from "effect"
import type { SqlClient } from "effect/sql"
import { afterCommits } from "../afterCommits.ts"
import { orDatabaseUnavailable } from "../LedgerUnavailable.ts"
import { ProofIntake } from "../ProofIntake.ts"
import { catchUpProofIndex } from "./proofIndex.ts"

/** Works after commits for as long as it lives. What is missing at the stop comes at the next start. */
export const layerKeepProofIndex: Layer.Layer<never, never, ProofIntake | SqlClient.SqlClient> = Layer.effectDiscard(
  Effect.gen(function* () {
    const { committed } = yield* ProofIntake
    const commits = yield* PubSub.subscribe(committed)
    const round = orDatabaseUnavailable(catchUpProofIndex).pipe(
      Effect.catchTag("LedgerUnavailable", () =>
        Effect.logWarning("the index of proofs could not be brought up to date; the next commit tries again")
      )
    )
    yield* Effect.forkScoped(afterCommits(round, commits))
  })
)
