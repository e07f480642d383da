/** The farm's own keys for whoever knows one of them, and the owner's wish for another. */
import { ProofHash } from "@farmops/proof/FarmProof"
import { fingerprintOf } from "@farmops/proof/fingerprint"
import { signTakeover, trackerRotationKind, trackerRotationsMax } from "@farmops/proof/trackerRotation"
import { Context, Effect, Layer, Runtime, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { exitCodes } from "../../host/exitCodes.ts"
import { LedgerCommits } from "../LedgerCommits.ts"
import { LedgerSettings } from "../LedgerSettings.ts"
import { orDatabaseUnavailable } from "../LedgerUnavailable.ts"
import { TrackerKey } from "../TrackerKey.ts"
import { appendEvent } from "../trust/LedgerEvent.ts"
import { underFarmLock } from "../underFarmLock.ts"
import type { FarmKeyList } from "./FarmKeyList.ts"

/** The farm has rotated its key as often as anybody follows. */
export class RotationsExhausted extends Schema.TaggedError<RotationsExhausted>()("RotationsExhausted", {
  rotationsMax: Schema.Int
}) {
  override get message() {
    return `this farm's key was rotated ${this.rotationsMax} times, and nobody follows it further; nothing was changed`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.dataInvalid
}

/** A rotation that is in the ledger. */
export const RotatedKey = Schema.Struct({
  public_key: ProofHash,
  fingerprint: Schema.String,
  /** Of the event: the new key signs what comes after it. */
  position: Schema.Int
})

/** See the schema of the same name. */
export type RotatedKey = typeof RotatedKey.Type

/** Prepares the next key and has the old one name it. The new key is on disk before the ledger speaks of it. */
const handOver = Effect.gen(function* () {
  const key = yield* TrackerKey
  yield* key.settle
  const { rotations } = yield* key.keys
  if (rotations.length >= trackerRotationsMax) {
    return yield* new RotationsExhausted({ rotationsMax: trackerRotationsMax })
  }
  const { publicKey: public_key } = yield* key.inForce
  const next = yield* key.prepareNext
  const { position } = yield* appendEvent((place) => ({
    kind: trackerRotationKind,
    new_public_key: next.publicKey,
    possession: signTakeover(next, { ...place, public_key })
  }))
  const rotated: RotatedKey = { public_key: next.publicKey, fingerprint: next.fingerprint, position }
  return rotated
})

/** The prepared key is in force now, wherever its file is; a file that cannot be moved is moved by the next start. */
const takePlace = Effect.gen(function* () {
  const { settle } = yield* TrackerKey
  yield* underFarmLock(settle)
}).pipe(
  Effect.catch(({ message }) => Effect.logWarning(`the farm's new key could not be moved to its place: ${message}`))
)

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const settings = yield* LedgerSettings
  const key = yield* TrackerKey
  const { announce } = yield* LedgerCommits

  const onLedger = <A, E>(effect: Effect.Effect<A, E, LedgerSettings | SqlClient.SqlClient | TrackerKey>) =>
    orDatabaseUnavailable(effect).pipe(
      Effect.provideService(SqlClient.SqlClient, sql),
      Effect.provideService(LedgerSettings, settings),
      Effect.provideService(TrackerKey, key)
    )

  const list = onLedger(key.keys).pipe(
    Effect.map(({ epochs, rotations }): FarmKeyList => {
      const public_key = epochs.at(-1)?.publicKey ?? key.publicKey
      return { farm_id: settings.farmId, public_key, fingerprint: fingerprintOf(public_key) ?? "", rotations }
    }),
    Effect.withSpan("FarmKeys.list")
  )

  const rotate = Effect.gen(function* () {
    const rotated = yield* onLedger(underFarmLock(handOver))
    yield* onLedger(takePlace)
    yield* announce
    return rotated
  }).pipe(Effect.uninterruptible, Effect.withSpan("FarmKeys.rotate"))

  return {
    list,
    /** Hands the farm over to a fresh key. From the next line on that key signs; what the old one signed before stays good, and the old one is gone. */
    rotate
  } as const
})

/** See the top of the file. */
export class FarmKeys extends Context.Service<FarmKeys>()("@farmops/core/farm/keys/FarmKeys", { make }) {
  /** Needs the tables of `ledgerMigrations`. */
  static readonly layer: Layer.Layer<FarmKeys, never, LedgerSettings | SqlClient.SqlClient | TrackerKey> = Layer.effect(
    this,
    this.make
  ).pipe(Layer.provide(LedgerCommits.layer))
}
