/**
 * A tracker on SQLite as one file, made while it serves: its database as of one moment, with its keys in a table. It is
 * checked before it takes its name. Whoever has the file can speak for the farm.
 */
import { existsSync, readFileSync, renameSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Effect } from "effect"
import { copySqlite } from "../../sql/copySqlite.ts"
import { wireNow } from "../wireTime.ts"
import { BackupFileUnusable, BackupInvalid } from "./backupErrors.ts"
import { type LedgerMark, readMark } from "./LedgerMark.ts"
import {
  checkStaged,
  flush,
  flushStage,
  makeStage,
  onFiles,
  secretFiles,
  stagedDatabase,
  stageSecrets
} from "./stagedLedger.ts"

/** What is copied and where to. */
export interface BackupWish {
  /** The SQLite file. */
  readonly file: string
  /** Where the tracker's key and the owner's token lie. */
  readonly dataDir: string
  readonly out: string
  readonly onProgress: (done: number, total: number) => void
}

/** What a backup holds. */
export interface BackupReport {
  readonly lines: number
  readonly schema: number
  readonly bytes: number
  /** The secret files in it, by name. */
  readonly secrets: ReadonlyArray<string>
}

// The key may change hands between the copy of the ledger and that of the key; that takes milliseconds, and is rare.
const triesMax = 3

/** `farmops_backup` holds each secret file by its name, and under `mark` what the ledger's tables must say. */
const pack = (stage: string, mark: LedgerMark, madeAt: string): ReadonlyArray<string> => {
  const db = new DatabaseSync(stagedDatabase(stage))
  try {
    // One file: no journal beside it.
    db.exec("PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL; BEGIN")
    db.exec("CREATE TABLE farmops_backup (name TEXT NOT NULL PRIMARY KEY, content TEXT NOT NULL)")
    const insert = db.prepare("INSERT INTO farmops_backup VALUES (?, ?)")
    insert.run("made_at", madeAt)
    insert.run("mark", JSON.stringify(mark))
    const packed = secretFiles.filter((name) => existsSync(join(stage, name)))
    for (const name of packed) insert.run(name, readFileSync(join(stage, name), "utf8"))
    db.exec("COMMIT")
    return packed
  } finally {
    db.close()
  }
}

const attempt = Effect.fnUntraced(function* ({ dataDir, file, onProgress, out }: BackupWish) {
  const stage = yield* makeStage(out)
  const mark = yield* copySqlite({ from: file, to: stagedDatabase(stage), onProgress, read: readMark })
  yield* stageSecrets(dataDir, stage)
  yield* checkStaged(stage, mark, out)
  const madeAt = yield* wireNow
  const secrets = yield* onFiles(out, () => pack(stage, mark, madeAt))
  yield* flushStage(stage)
  const bytes = yield* onFiles(out, () => {
    renameSync(stagedDatabase(stage), out)
    flush(dirname(out))
    return statSync(out).size
  })
  const report: BackupReport = { lines: mark.lines, schema: mark.schema, bytes, secrets }
  return report
}, Effect.scoped)

/** Writes the backup to `out`, which must not be there. */
export const writeBackup = Effect.fn("writeBackup")(function* (wish: BackupWish) {
  if (existsSync(wish.out)) {
    return yield* new BackupFileUnusable({ path: wish.out, reason: "is there already and is not written over" })
  }
  return yield* attempt(wish).pipe(
    Effect.retry({
      times: triesMax - 1,
      while: (error) => error instanceof BackupInvalid && error.fault === "key_missing"
    })
  )
})
