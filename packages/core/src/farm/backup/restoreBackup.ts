/** Brings a backup back: checked in a folder beside, then put into place, keys first. Never over anything that is there. */
import { chmodSync, copyFileSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Effect, Option, Schema } from "effect"
import * as DataDirectory from "../../host/DataDirectory.ts"
import { checkPages } from "../../sql/checkPages.ts"
import { BackupFileUnusable, BackupInvalid } from "./backupErrors.ts"
import { LedgerMark } from "./LedgerMark.ts"
import { checkStaged, flush, flushStage, makeStage, onFiles, secretFiles, stagedDatabase } from "./stagedLedger.ts"

/** What is brought back and where to. */
export interface RestoreWish {
  readonly path: string
  readonly file: string
  readonly dataDir: string
}

const decodeMark = Schema.decodeUnknownOption(Schema.fromJsonString(LedgerMark))

/** Takes the secrets out of the staged database; null where it holds no mark. */
const unpack = (stage: string): LedgerMark | null => {
  const db = new DatabaseSync(stagedDatabase(stage))
  try {
    const rows = db.prepare("SELECT name, content FROM farmops_backup").all()
    const content = new Map(rows.map((row) => [String(row.name), String(row.content)]))
    for (const name of secretFiles) {
      const text = content.get(name)
      if (text !== undefined) writeFileSync(join(stage, name), text, { mode: 0o600 })
    }
    // No trace of a key stays in the pages that the table leaves.
    db.exec("PRAGMA secure_delete = ON; DROP TABLE farmops_backup")
    return Option.getOrNull(decodeMark(content.get("mark")))
  } catch {
    return null
  } finally {
    db.close()
  }
}

const isSameSecret = (one: string, other: string): boolean => readFileSync(one).equals(readFileSync(other))

const there = (path: string) => new BackupFileUnusable({ path, reason: "is there already and is not written over" })

const place = Effect.fnUntraced(function* (stage: string, { dataDir, file }: RestoreWish) {
  const secrets = secretFiles.filter((name) => existsSync(join(stage, name)))
  for (const name of secrets) {
    const to = join(dataDir, name)
    // The same key may be there: of this very farm, or of a restore that was cut off.
    if (existsSync(to) && !(yield* onFiles(to, () => isSameSecret(join(stage, name), to)))) return yield* there(to)
  }
  yield* flushStage(stage)
  yield* onFiles(file, () => {
    for (const name of secrets) renameSync(join(stage, name), join(dataDir, name))
    flush(dataDir)
    // Last: a folder without it is one that a restore may still go to.
    renameSync(stagedDatabase(stage), file)
    flush(dirname(file))
  })
  return secrets
})

/** Restores a tracker into a folder that has none and that no tracker holds. */
export const restoreBackup = Effect.fn("restoreBackup")(function* (wish: RestoreWish) {
  const { dataDir, file, path } = wish
  yield* DataDirectory.open(dataDir)
  for (const end of ["", "-wal", "-journal"]) if (existsSync(file + end)) return yield* there(file + end)
  const stage = yield* makeStage(file)
  yield* onFiles(path, () => {
    copyFileSync(path, stagedDatabase(stage))
    chmodSync(stagedDatabase(stage), 0o600)
  })
  if ((yield* checkPages(stagedDatabase(stage))).length > 0) return yield* new BackupInvalid({ path, fault: "damaged" })
  const mark = yield* onFiles(path, () => unpack(stage))
  if (mark === null) return yield* new BackupInvalid({ path, fault: "not_a_backup" })
  yield* checkStaged(stage, mark, path)
  return { lines: mark.lines, schema: mark.schema, secrets: yield* place(stage, wish) }
}, Effect.scoped)
