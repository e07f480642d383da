/** Keeps the ledger checkpointed while it grows: soon after a commit, seldom enough to cost nothing, and at the stop. */
import { Effect, Layer, PubSub } from "effect"
import { Health } from "../../host/Health.ts"
import { afterCommits } from "../afterCommits.ts"
import { ProofIntake } from "../ProofIntake.ts"
import { Checkpointer } from "./Checkpointer.ts"

/** What a stop waits for the last checkpoint. What is missing then is signed at the next start. */
const stopMsMax = 3000

const part = "checkpoint"

/** Signs at the start, after commits and at the stop. While nothing may be signed, the part `checkpoint` is not ready. */
export const layerKeepCheckpoints: Layer.Layer<never, never, Checkpointer | Health | ProofIntake> = Layer.effectDiscard(
  Effect.gen(function* () {
    const checkpointer = yield* Checkpointer
    const health = yield* Health
    const { committed } = yield* ProofIntake
    // Subscribed before the first look, so that no commit falls in between.
    const commits = yield* PubSub.subscribe(committed)
    yield* health.set(part, true)

    const attempt = checkpointer.checkpoint.pipe(
      Effect.andThen(health.set(part, true)),
      Effect.catchTags({
        CheckpointInconsistent: (error) =>
          Effect.andThen(
            health.set(part, false),
            Effect.logError(error.message).pipe(Effect.annotateLogs({ reason: error.reason, at: error.at }))
          ),
        LedgerUnavailable: () => Effect.logWarning("no checkpoint could be signed now; the next commit tries again")
      })
    )

    yield* Effect.addFinalizer(() => Effect.timeoutOption(Effect.interruptible(attempt), stopMsMax))
    yield* Effect.forkScoped(afterCommits(attempt, commits))
  })
)
