/** Proofs of agents that their owner has not decided on: on disk before they are acknowledged, scored by nobody yet. */
import { Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { orDatabaseUnavailable } from "../LedgerUnavailable.ts"
import { readAgent, readEpochs } from "../trust/agentRows.ts"
import type { Candidate, SignerView } from "../trust/checkSigner.ts"
import { presentEpochs, withEpoch } from "../trust/keyEpochs.ts"
import { underFarmLock } from "../underFarmLock.ts"
import { keepWaiting } from "./keepWaiting.ts"
import {
  deleteWaiting,
  readUnsettledAgents,
  readWaitingHead,
  readWaitingLines,
  readWaitingRotations
} from "./waitingRows.ts"

const readSigners = Effect.fnUntraced(function* (agentId: string) {
  const record = yield* readAgent(agentId)
  const epochs = presentEpochs((yield* readEpochs([agentId])).get(agentId) ?? [])
  const rotations = yield* readWaitingRotations(agentId)
  const view: SignerView = {
    epochs: rotations.reduce(
      (known, { next_key, sequence }) =>
        withEpoch(known, { branch: 0, firstSequence: sequence + 1, publicKey: next_key }),
      epochs
    ),
    recoveryKey: record?.recovery_public_key ?? null,
    headSequence: (yield* readWaitingHead(agentId))?.sequence ?? -1
  }
  return view
})

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const onDatabase = <A, E>(effect: Effect.Effect<A, E, SqlClient.SqlClient>) =>
    orDatabaseUnavailable(effect).pipe(Effect.provideService(SqlClient.SqlClient, sql))
  return {
    /** With what the next proofs of a pending agent are checked. */
    signers: (agentId: string) => onDatabase(readSigners(agentId)),
    /** One verdict for each candidate, in order; what it kept is on disk. */
    keep: Effect.fn("WaitingProofs.keep")((candidates: ReadonlyArray<Candidate>) =>
      onDatabase(underFarmLock(keepWaiting(candidates)))
    ),
    /** The first lines of an agent, in the order of its chain. */
    first: (agentId: string, limit: number) => onDatabase(readWaitingLines(agentId, limit)),
    /** Forgets what was scored, or what will never be. */
    forget: (agentId: string, through?: number) => onDatabase(deleteWaiting(agentId, through)),
    /** Approved agents of which proofs still wait. */
    unsettled: onDatabase(readUnsettledAgents)
  } as const
})

/** The proofs that wait. Approval scores them: see `ProofIntake.settle`. */
export class WaitingProofs extends Context.Service<WaitingProofs>()("@farmops/core/farm/WaitingProofs", { make }) {
  /** Needs the tables of `ledgerMigrations`. */
  static readonly layer: Layer.Layer<WaitingProofs, never, SqlClient.SqlClient> = Layer.effect(this, this.make)
}
