/**
 * The farm's own key. It signs what the farm says of itself (events, checkpoints, snapshots, registrations), each under its
 * own tag, and never a proof. The ledger says which key is in force; a file only holds it.
 */
import { verifyCheckpoint } from "@farmops/proof/checkpoint"
import { Ed25519 } from "@farmops/proof/Ed25519"
import type { SigningKey } from "@farmops/proof/SigningKey"
import type { VerifyBackend } from "@farmops/proof/strictEd25519"
import { Context, Effect, type FileSystem, Layer } from "effect"
import type { SqlClient } from "effect/sql"
import { readLatestCheckpoint } from "./checkpoint/CheckpointStore.ts"
import { type HeldKeys, keysInFiles, keysInMemory } from "./keys/keyFiles.ts"
import { type FarmKeyRow, type FarmKeysDamaged, readFarmKeys } from "./keys/readFarmKeys.ts"
import { keyNotHeld, keyOfAnother, TrackerKeyUnusable } from "./keys/TrackerKeyUnusable.ts"
import { LedgerUnavailable, orLedgerUnavailable } from "./LedgerUnavailable.ts"
import { underFarmLock } from "./underFarmLock.ts"

export { TrackerKeyUnusable } from "./keys/TrackerKeyUnusable.ts"

/**
 * Whoever holds this service speaks for the farm. `publicKey` and `fingerprint` are of the key that was in force when this
 * process last looked. Nothing is signed but with `inForce`: another process may have rotated the key since.
 */
export class TrackerKey extends Context.Service<
  TrackerKey,
  Pick<SigningKey, "publicKey" | "fingerprint"> & {
    /** Every key that the farm had, as of the transaction at hand. */
    readonly keys: Effect.Effect<FarmKeyRow, LedgerUnavailable, SqlClient.SqlClient>
    /** The last of `keys`, to sign with. Unavailable where this process does not hold it. */
    readonly inForce: Effect.Effect<SigningKey, LedgerUnavailable, SqlClient.SqlClient>
    /** A fresh key to rotate to, as safe on disk as the present one before this returns. Under the farm's lock, after `settle`. */
    readonly prepareNext: Effect.Effect<SigningKey, TrackerKeyUnusable>
    /** Gives a prepared key that is in force its place; the key before it is gone then. Under the farm's lock. */
    readonly settle: Effect.Effect<void, LedgerUnavailable | TrackerKeyUnusable, SqlClient.SqlClient>
  }
>()("@farmops/core/farm/TrackerKey") {
  /**
   * `tracker.key` in the tracker's data directory, made at the first start with mode 0600. A start finishes a rotation that
   * a crash left half done. Needs the tables of `ledgerMigrations`. `signed: false` takes the key also where the ledger's last
   * checkpoint is not by it, for whoever looks for damage.
   */
  static readonly layerFile = (
    directory: string,
    { signed = true }: { readonly signed?: boolean } = {}
  ): Layer.Layer<
    TrackerKey,
    LedgerUnavailable | TrackerKeyUnusable,
    Ed25519 | FileSystem.FileSystem | SqlClient.SqlClient
  > => Layer.effect(this, makeOnFile(directory, signed))

  /** A fresh key that is forgotten with the process. */
  static readonly layerMemory: Layer.Layer<TrackerKey, never, Ed25519> = Layer.effect(
    this,
    Effect.suspend(() => makeInMemory)
  )
}

/** Follows the ledger from key to key, beginning with one that is at hand. */
const following = (first: SigningKey, held: HeldKeys, backend: VerifyBackend): TrackerKey["Service"] => {
  let present = first
  let known: FarmKeyRow | null = null

  const keys = orLedgerUnavailable(
    Effect.suspend(() => readFarmKeys(present.publicKey, known, backend)).pipe(
      Effect.tap((row) =>
        Effect.sync(() => {
          known = row
        })
      )
    )
  )

  const find = Effect.gen(function* () {
    const { epochs } = yield* keys
    const wanted = epochs.at(-1)?.publicKey ?? present.publicKey
    if (present.publicKey !== wanted) present = (yield* held.find(wanted)) ?? (yield* keyNotHeld(held.path))
    return present
  })

  return {
    get publicKey() {
      return present.publicKey
    },
    get fingerprint() {
      return present.fingerprint
    },
    keys,
    inForce: Effect.catchTag(find, "TrackerKeyUnusable", (error) =>
      Effect.andThen(Effect.logError(error.message), Effect.fail(new LedgerUnavailable({ cause: error })))
    ),
    prepareNext: held.makeNext,
    settle: Effect.flatMap(find, ({ publicKey }) => held.adopt(publicKey))
  }
}

/** A ledger that was never rotated names no key, but its last checkpoint tells whose it is. */
const checkFirst = Effect.fnUntraced(function* (held: HeldKeys, backend: VerifyBackend) {
  const last = yield* orLedgerUnavailable(readLatestCheckpoint)
  if (last === null) return
  const publicKey = (yield* held.placed)?.publicKey ?? ""
  if (!verifyCheckpoint(last.note, { origin: null, publicKey }, backend).ok) yield* keyOfAnother(held.path)
})

const makeOnFile = Effect.fnUntraced(function* (directory: string, signed: boolean) {
  const { backend } = yield* Ed25519
  const held = yield* keysInFiles(directory)
  const { epochs, rotations } = yield* readFarmKeys("", null, backend).pipe(
    Effect.catchTag("FarmKeysDamaged", ({ message }: FarmKeysDamaged) =>
      Effect.fail(new TrackerKeyUnusable({ path: held.path, message }))
    ),
    Effect.mapError((error) => (error instanceof TrackerKeyUnusable ? error : new LedgerUnavailable({ cause: error })))
  )
  // Where the ledger names its key, a fresh one would be nobody's.
  if (rotations.length === 0) {
    if (signed) yield* checkFirst(held, backend)
    return following(yield* held.first, held, backend)
  }
  const wanted = epochs.at(-1)?.publicKey ?? ""
  const key = following((yield* held.find(wanted)) ?? (yield* keyNotHeld(held.path)), held, backend)
  const placed = yield* Effect.orElseSucceed(held.placed, () => null)
  if (placed?.publicKey !== wanted) {
    // A key that cannot be moved is used from where it is.
    const settled = Effect.catchTag(key.settle, "TrackerKeyUnusable", ({ message }) => Effect.logWarning(message))
    yield* orLedgerUnavailable(underFarmLock(settled))
  }
  return key
})

const makeInMemory = Effect.gen(function* () {
  const { backend } = yield* Ed25519
  const held = yield* keysInMemory
  return following(yield* Effect.orDie(held.first), held, backend)
})
