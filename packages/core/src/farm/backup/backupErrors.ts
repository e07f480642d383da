/** Why a backup was not made or not brought back. In each case the ledger and its keys are as they were. */
import { Runtime, Schema } from "effect"
import { exitCodes } from "../../host/exitCodes.ts"

/** A file cannot be written or read, or is there already and is not written over. */
export class BackupFileUnusable extends Schema.TaggedError<BackupFileUnusable>()("BackupFileUnusable", {
  path: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.path} ${this.reason}`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.io
}

/** What a backup must hold, and this one does not. */
export const backupFaults = {
  not_a_backup: "is no backup of a tracker",
  damaged: "is damaged: its pages or indexes do not hold",
  other_content: "does not hold the ledger that it was made of: lines, agents or checkpoint differ",
  key_missing: "lacks the key that its ledger names",
  newer: "was made by a newer version of FarmOps; use that version or a newer one"
} as const

const faults = Object.keys(backupFaults) as Array<keyof typeof backupFaults>

/** The file was read and is not what it should be. */
export class BackupInvalid extends Schema.TaggedError<BackupInvalid>()("BackupInvalid", {
  path: Schema.String,
  fault: Schema.Literals(faults)
}) {
  override get message() {
    return `${this.path} ${backupFaults[this.fault]}`
  }
  override readonly [Runtime.errorExitCode] = this.fault === "newer" ? exitCodes.dataNewer : exitCodes.dataInvalid
}
