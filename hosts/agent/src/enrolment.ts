/** Asks the tracker to take this agent until its owner has said yes or no. Asking again is harmless: enrolment is idempotent for one key. */
import { TrackerClient } from "@farmops/core/delivery/TrackerClient"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { AgentKey } from "@farmops/proof/AgentKey"
import { farmSaltFromHex } from "@farmops/proof/FarmSalt"
import { signStatement } from "@farmops/proof/signedStatement"
import { DateTime, Effect, Runtime, Schema } from "effect"
import { AgentStatus } from "./AgentStatus.ts"
import { readFarmSalt, writeFarmSalt } from "./FarmSaltFile.ts"
import { keepRecoveryKey } from "./RecoveryKeyFile.ts"

/** The owner withdrew this agent's trust. Nothing that it signs from now on would count. */
export class AgentRevoked extends Schema.TaggedError<AgentRevoked>()("AgentRevoked", { agentId: Schema.String }) {
  override get message() {
    return `the tracker revoked this agent (${this.agentId}); to go on, enrol a new one with a new data folder`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.noPermission
}

// The first answers come quickly, so that `farmops up` does not wait for its own approval; a person needs no more than one look in 2 s.
const pollFirstMs = 50
const pollMostMs = 2_000

/** What an agent sends to be enrolled, signed now: the tracker takes it for some minutes only, and the recovery key once. */
export const signEnrolment = Effect.fnUntraced(function* (clusterAlias: string, recoveryPublicKey: string | null) {
  const key = yield* AgentKey
  const body = {
    agent_id: key.agentId,
    public_key: key.publicKey,
    recovery_public_key: recoveryPublicKey,
    cluster_alias: clusterAlias,
    requested_at: DateTime.formatIso(yield* DateTime.now).replace(/\.\d+Z$/, "Z")
  }
  return { ...body, possession: signStatement(key, "farmops/enrolment/v1", body) }
})

/** Waits for the owner's approval and answers with the farm's salt. Fails only when the agent is revoked. */
export const awaitApproval = Effect.fn("awaitApproval")(function* (recoveryPublicKey: string | null) {
  const client = yield* TrackerClient
  const status = yield* AgentStatus
  const { fingerprint } = yield* AgentKey
  const announce = yield* Effect.cached(
    Effect.logInfo("waits for the tracker's owner, who compares this fingerprint before approving").pipe(
      Effect.annotateLogs({ fingerprint })
    )
  )
  for (let waitMs = pollFirstMs; ; waitMs = Math.min(waitMs * 2, pollMostMs)) {
    const answer = yield* client
      .enroll(yield* signEnrolment(status.state.value.cluster_alias, recoveryPublicKey))
      .pipe(Effect.catch((error) => Effect.as(status.fault(error._tag), null)))
    yield* status.update({
      enrolment: answer === null ? "tracker_unreachable" : answer.status,
      ...(answer !== null && { unscored: answer.waiting_proofs })
    })
    if (answer?.status === "pending") yield* announce
    if (answer?.status === "revoked") return yield* new AgentRevoked({ agentId: (yield* AgentKey).agentId })
    const salt = answer?.status === "approved" ? farmSaltFromHex(answer.farm_salt ?? "") : null
    if (salt !== null) return salt
    yield* Effect.sleep(waitMs)
  }
})

/** The salt from the file of an earlier approval, else from the tracker, then kept. */
export const obtainFarmSalt = Effect.fn("obtainFarmSalt")(function* (
  directory: string,
  wantedRecoveryKey: string | null = null
) {
  const kept = yield* readFarmSalt(directory)
  const recoveryKey = yield* keepRecoveryKey(directory, wantedRecoveryKey, { enrolled: kept !== null })
  if (kept !== null) {
    // Approved once, so work can begin at once; the tracker is asked meanwhile whether that still stands.
    return { salt: kept, confirmed: Effect.asVoid(awaitApproval(recoveryKey)) }
  }
  yield* Effect.flatMap(AgentStatus, (status) => status.update({ phase: "waiting_for_approval" }))
  const salt = yield* awaitApproval(recoveryKey)
  yield* writeFarmSalt(directory, salt)
  return { salt, confirmed: Effect.void }
})
