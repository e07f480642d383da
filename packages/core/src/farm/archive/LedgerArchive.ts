/**
 * Moves the beginning of a ledger into a file that verifies alone, and brings it back. No line leaves the database before
 * the file that holds it is on disk and was read back and verified; what happens then is one transaction with its event.
 */
import { signArchiveHeader } from "@farmops/proof/archiveHeader"
import { Ed25519 } from "@farmops/proof/Ed25519"
import { Context, Effect, FileSystem, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { readCheckpoint } from "../checkpoint/CheckpointStore.ts"
import { isOfSet } from "../economy/achievementsAfter.ts"
import { trustIn } from "../keys/readFarmKeys.ts"
import { LedgerSettings } from "../LedgerSettings.ts"
import { orDatabaseUnavailable } from "../LedgerUnavailable.ts"
import { forgetProofs } from "../listing/proofIndex.ts"
import { refoldAchievements } from "../renewAchievements.ts"
import { ActiveShop } from "../shop/ActiveShop.ts"
import { TrackerKey } from "../TrackerKey.ts"
import { appendEvent } from "../trust/LedgerEvent.ts"
import { underFarmLock } from "../underFarmLock.ts"
import { wireNow } from "../wireTime.ts"
import { archivedAchievements, markRestored, readLastArchive, writeArchive } from "./ArchiveStore.ts"
import { archivedRowsHash } from "./archivedRows.ts"
import { ArchiveInvalid, ArchiveMismatch, ArchiveRefused, NothingToArchive } from "./archiveErrors.ts"
import { type ReadArchive, readArchiveFile, writeArchiveFile } from "./archiveFiles.ts"
import { type ArchiveWish, chooseBoundary } from "./chooseBoundary.ts"
import { describeRun } from "./describeRun.ts"
import { restoreLines } from "./restoreLines.ts"

/** What was moved: the lines from position `from` to before `to`. */
export interface MovedLines {
  readonly from: number
  readonly to: number
  readonly file_sha256: string
}

const findCheckpoint = Effect.fnUntraced(function* (wish: ArchiveWish) {
  const archived = (yield* readLastArchive)?.to_size ?? 0
  const size = yield* chooseBoundary(wish)
  const checkpoint = size === null || size <= archived ? null : yield* readCheckpoint(size)
  return checkpoint ?? (yield* new NothingToArchive({ archived }))
})

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { backend } = yield* Ed25519
  const settings = yield* LedgerSettings
  const key = yield* TrackerKey
  const fs = yield* FileSystem.FileSystem
  const { farmId } = settings

  const inLedger = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    effect.pipe(
      Effect.provideService(SqlClient.SqlClient, sql),
      Effect.provideService(LedgerSettings, settings),
      Effect.provideService(TrackerKey, key),
      Effect.provideService(FileSystem.FileSystem, fs),
      orDatabaseUnavailable
    )

  const dropLines = Effect.fnUntraced(function* (file: ReadArchive, header: string, state: string, signer: string) {
    const { checkpoint_root, from, rows_sha256, to } = {
      ...file.header,
      checkpoint_root: Buffer.from(file.checkpoint.root).toString("hex")
    }
    const last = yield* readLastArchive
    const isRotated = (yield* key.inForce).publicKey !== signer
    if (isRotated || (last?.to_size ?? 0) !== from || (yield* archivedRowsHash(from, to)) !== rows_sha256) {
      return yield* new ArchiveRefused({ reason: "ledger_moved" })
    }
    yield* sql`UPDATE tracker_proof SET line = NULL, scoring_detail = NULL
      WHERE position >= ${from} AND position < ${to}`
    yield* forgetProofs(from, to)
    const file_sha256 = file.sha256
    yield* writeArchive({ to_size: to, from_size: from, header, state, file_sha256, restored_at: null })
    // The event names both ends of what is away.
    yield* appendEvent({
      kind: "range_archived",
      from,
      to: to - 1,
      checkpoint_size: to,
      checkpoint_root,
      file_sha256
    })
    const moved: MovedLines = { from, to, file_sha256 }
    return moved
  })

  const archive = Effect.fn("LedgerArchive.archive")(function* (wish: ArchiveWish, path: string) {
    const checkpoint = yield* findCheckpoint(wish)
    const { keys, run, signer } = yield* sql.withTransaction(
      Effect.gen(function* () {
        const keys = yield* key.keys
        return { keys, signer: yield* key.inForce, run: yield* describeRun(checkpoint, keys, backend) }
      })
    )
    const { header, state } = run
    const firstLine = signArchiveHeader(signer, header)
    const written = yield* writeArchiveFile(path, firstLine, header.from, header.to)
    const file = yield* Effect.catchTag(
      readArchiveFile(path, { ...trustIn(keys), farmId }, backend),
      "ArchiveInvalid",
      () => Effect.fail(new ArchiveRefused({ reason: "file_invalid" }))
    )
    if (file.sha256 !== written) return yield* new ArchiveRefused({ reason: "file_invalid" })
    return yield* underFarmLock(dropLines(file, firstLine, state, signer.publicKey))
  }, inLedger)

  const bringBack = Effect.fnUntraced(function* (file: ReadArchive, path: string) {
    const { from, to } = file.header
    const last = yield* readLastArchive
    if (last === null || to > last.to_size) return yield* new ArchiveMismatch({ reason: "not_away" })
    if (to < last.to_size) return yield* new ArchiveMismatch({ reason: "later_first" })
    if (file.sha256 !== last.file_sha256) return yield* new ArchiveMismatch({ reason: "other_file" })
    if ((yield* readCheckpoint(to))?.note !== file.header.checkpoint) {
      return yield* new ArchiveMismatch({ reason: "other_checkpoint" })
    }
    yield* markRestored(to, yield* wireNow)
    const sha256 = yield* restoreLines(path, from, to)
    // It may have been written to since it was verified.
    if (sha256 !== file.sha256) return yield* new ArchiveInvalid({ code: "changed", line: null, detail: "try again" })
    const { achievements } = yield* ActiveShop
    if (!isOfSet(yield* archivedAchievements(last), achievements)) yield* refoldAchievements
    yield* appendEvent({ kind: "range_restored", from, to: to - 1, file_sha256: sha256 })
    const moved: MovedLines = { from, to, file_sha256: sha256 }
    return moved
  })

  const restore = Effect.fn("LedgerArchive.restore")(function* (path: string) {
    const file = yield* readArchiveFile(path, { ...trustIn(yield* key.keys), farmId }, backend)
    return yield* underFarmLock(bringBack(file, path))
  }, inLedger)

  return {
    /** Moves what follows the last archive, up to the checkpoint that the wish allows, into a new file at `path`. */
    archive,
    /** Brings the lines of the archive that ends last back from its file. The farm stays as it is. */
    restore
  } as const
})

/** Pruning that loses nothing. */
export class LedgerArchive extends Context.Service<LedgerArchive>()("@farmops/core/farm/archive/LedgerArchive", {
  make
}) {
  static readonly layer: Layer.Layer<
    LedgerArchive,
    never,
    Ed25519 | FileSystem.FileSystem | LedgerSettings | SqlClient.SqlClient | TrackerKey
  > = Layer.effect(this, this.make)
}
