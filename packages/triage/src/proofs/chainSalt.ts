/** The salt under which the harness's account becomes an actor: the farm's where a tracker takes the proofs, one of its own where none does. */
import type { EnrolmentAnswer } from "@farmops/core/delivery/enrolment"
import { TrackerClient } from "@farmops/core/delivery/TrackerClient"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { AgentKey } from "@farmops/proof/AgentKey"
import { FarmSalt, farmSaltFromHex, farmSaltToHex } from "@farmops/proof/FarmSalt"
import { signStatement } from "@farmops/proof/signedStatement"
import { DateTime, Effect, FileSystem, Runtime, Schema } from "effect"

/** A file of the chain is there and is not one of ours, or cannot be read or written. */
export class ChainFileUnusable extends Schema.TaggedError<ChainFileUnusable>()("ChainFileUnusable", {
  path: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.path} ${this.reason}`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.io
}

/** The tracker's owner withdrew the harness's trust: nothing that it signs counts any more. */
export class HarnessRevoked extends Schema.TaggedError<HarnessRevoked>()("HarnessRevoked", { agentId: Schema.String }) {
  override get message() {
    return `the tracker revoked this harness (${this.agentId}); its decisions stay in its own log, and to be scored it has to enrol anew with a new data folder`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.noPermission
}

const readSalt = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  const text = yield* fs
    .readFileString(path)
    .pipe(
      Effect.catchTag("PlatformError", ({ reason }) =>
        reason._tag === "NotFound"
          ? Effect.succeed(null)
          : Effect.fail(new ChainFileUnusable({ path, reason: "cannot be read" }))
      )
    )
  if (text === null) return null
  const salt = farmSaltFromHex(text.trim())
  return salt ?? (yield* new ChainFileUnusable({ path, reason: "holds no salt; delete it and start again" }))
})

/** Whole or not at all, and for its owner alone. */
const writeSalt = Effect.fnUntraced(
  function* (path: string, salt: FarmSalt["Service"]) {
    const fs = yield* FileSystem.FileSystem
    const draft = `${path}.new`
    yield* fs.remove(draft, { force: true })
    yield* fs.writeFileString(draft, `${farmSaltToHex(salt)}\n`, { flag: "wx", mode: 0o600 })
    yield* fs.rename(draft, path)
    return salt
  },
  (effect, path) => Effect.mapError(effect, () => new ChainFileUnusable({ path, reason: "cannot be written" }))
)

/** For a harness without a tracker: made at the first start, then kept. */
export const ownSalt = Effect.fnUntraced(function* (dataDir: string) {
  const path = `${dataDir}/own-salt`
  return (yield* readSalt(path)) ?? (yield* writeSalt(path, yield* FarmSalt.generate))
})

const signRequest = Effect.fnUntraced(function* (clusterAlias: string) {
  const key = yield* AgentKey
  const body = {
    agent_id: key.agentId,
    public_key: key.publicKey,
    recovery_public_key: null,
    cluster_alias: clusterAlias,
    requested_at: DateTime.formatIso(yield* DateTime.now).replace(/\.\d+Z$/, "Z")
  }
  return { ...body, possession: signStatement(key, "farmops/enrolment/v1", body) }
})

// A person approves it: half a minute's patience is enough, and the first looks are for one who has the page open.
const lookFirstMs = 500
const lookMostMs = 30_000

const saltOf = (answer: EnrolmentAnswer | null) =>
  answer?.status === "approved" ? farmSaltFromHex(answer.farm_salt ?? "") : null

/** Asks the tracker to take the harness until its owner has decided. A tracker that is away is asked again. */
const awaitApproval = Effect.fnUntraced(function* (clusterAlias: string) {
  const client = yield* TrackerClient
  const { agentId, fingerprint } = yield* AgentKey
  for (let waitMs = lookFirstMs; ; waitMs = Math.min(waitMs * 2, lookMostMs)) {
    const answer = yield* client
      .enroll(yield* signRequest(clusterAlias))
      .pipe(
        Effect.catch((error) =>
          Effect.as(
            Effect.logWarning("the tracker does not enrol us now").pipe(Effect.annotateLogs({ fault: error._tag })),
            null
          )
        )
      )
    if (answer?.status === "revoked") return yield* new HarnessRevoked({ agentId })
    const salt = saltOf(answer)
    if (salt !== null) return salt
    if (waitMs === lookFirstMs && answer !== null) {
      yield* Effect.logInfo("waits for the tracker's owner, who compares this fingerprint before approving").pipe(
        Effect.annotateLogs({ fingerprint })
      )
    }
    yield* Effect.sleep(waitMs)
  }
})

/** For a harness with a tracker: handed over at the approval, then kept. */
export const farmSalt = Effect.fnUntraced(function* (dataDir: string, clusterAlias: string) {
  const path = `${dataDir}/farm-salt`
  return (yield* readSalt(path)) ?? (yield* writeSalt(path, yield* awaitApproval(clusterAlias)))
})
