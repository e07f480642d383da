/**
 * A ledger and its keys in a private folder of their own, on the way into a backup or out of one. Nothing leaves that folder
 * before `checkStaged` has looked at it.
 */
import { closeSync, copyFileSync, existsSync, fsyncSync, mkdirSync, openSync, rmSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { checkpointOrigin, verifyCheckpoint } from "@farmops/proof/checkpoint"
import { Ed25519 } from "@farmops/proof/Ed25519"
import { trackerKeyAt } from "@farmops/proof/trackerRotation"
import { Effect } from "effect"
import { checkPages } from "../../sql/checkPages.ts"
import * as Database from "../../sql/Database.ts"
import { readLatestCheckpoint } from "../checkpoint/CheckpointStore.ts"
import { keysInFiles } from "../keys/keyFiles.ts"
import { readFarmKeys } from "../keys/readFarmKeys.ts"
import { readSetting } from "../LedgerSettings.ts"
import { orDatabaseUnavailable } from "../LedgerUnavailable.ts"
import { ledgerMigrations } from "../ledgerTables.ts"
import { BackupFileUnusable, BackupInvalid } from "./backupErrors.ts"
import { isSameMark, type LedgerMark, readMark } from "./LedgerMark.ts"

/** What a tracker keeps beside its database and cannot make again. All are secrets. */
export const secretFiles = ["tracker.key", "tracker.key.next", "owner-token"] as const

/** Runs work on files; what fails is told of `path`. */
export const onFiles = <A>(path: string, work: () => A): Effect.Effect<A, BackupFileUnusable> =>
  Effect.try({
    try: work,
    catch: (error) =>
      new BackupFileUnusable({
        path,
        reason: `cannot be written or read (${error instanceof Error && "code" in error ? error.code : "unknown"})`
      })
  })

/** The file's bytes, or the folder's names, are on the disk when this returns. */
export const flush = (path: string): void => {
  const descriptor = openSync(path, "r")
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** An empty private folder beside `path`, gone with the scope. One that a killed command left is taken over. */
export const makeStage = (path: string) =>
  Effect.acquireRelease(
    onFiles(path, () => {
      const stage = `${path}.part`
      rmSync(stage, { recursive: true, force: true })
      mkdirSync(stage, { mode: 0o700 })
      return stage
    }),
    (stage) => Effect.ignore(onFiles(stage, () => rmSync(stage, { recursive: true, force: true })))
  )

/** The database in a stage. */
export const stagedDatabase = (stage: string): string => join(stage, "tracker.db")

/** Puts the secrets of a data folder into the stage. */
export const stageSecrets = (folder: string, stage: string) =>
  Effect.forEach(
    secretFiles,
    (name) => {
      const from = join(folder, name)
      return onFiles(from, () => {
        // Anything else than a small file is none of ours.
        if (existsSync(from) && statSync(from).isFile() && statSync(from).size <= 4096) {
          copyFileSync(from, join(stage, name))
        }
      })
    },
    { discard: true }
  )

/** Whether the stage holds the key in force, and that key signed the ledger's newest checkpoint. */
const holdsKey = Effect.fnUntraced(function* (stage: string) {
  const { backend } = yield* Ed25519
  const held = yield* keysInFiles(stage)
  const placed = yield* held.placed
  const keys = yield* readFarmKeys(placed?.publicKey ?? "", null, backend)
  const wanted = keys.epochs.at(-1)?.publicKey ?? ""
  if (wanted === "" || (yield* held.find(wanted)) === null) return false
  const last = yield* readLatestCheckpoint
  if (last === null) return true
  const origin = checkpointOrigin((yield* readSetting("farm_id")) ?? "")
  return verifyCheckpoint(last.note, { origin, publicKey: trackerKeyAt(keys, last.size) }, backend).ok
})

const markOf = (file: string): LedgerMark | null => {
  const db = new DatabaseSync(file, { readOnly: true })
  try {
    return readMark(db)
  } catch {
    return null
  } finally {
    db.close()
  }
}

/** Fails unless the staged files are whole, of the state that `mark` tells, and hold the key. `path` is for the message. */
export const checkStaged = Effect.fnUntraced(function* (stage: string, mark: LedgerMark, path: string) {
  const file = stagedDatabase(stage)
  const invalid = (fault: BackupInvalid["fault"]) => new BackupInvalid({ path, fault })
  if (mark.schema > Database.latestMigration(ledgerMigrations)) return yield* invalid("newer")
  if ((yield* checkPages(file)).length > 0) return yield* invalid("damaged")
  const found = yield* onFiles(file, () => markOf(file))
  if (found === null) return yield* invalid("not_a_backup")
  if (!isSameMark(found, mark)) return yield* invalid("other_content")
  const holds = yield* holdsKey(stage).pipe(Effect.provide(Database.layer(file)), orDatabaseUnavailable)
  if (!holds) return yield* invalid("key_missing")
})

/** Moves nothing, flushes all: what is renamed after this is on the disk. */
export const flushStage = (stage: string) =>
  onFiles(stage, () => {
    for (const name of ["tracker.db", ...secretFiles]) {
      const file = join(stage, name)
      if (existsSync(file)) flush(file)
    }
    flush(stage)
    flush(dirname(stage))
  })
