/** Why an archive was not made or not brought back. In each case the ledger is as it was. */
import { Runtime, Schema } from "effect"
import { exitCodes } from "../../host/exitCodes.ts"

/** No signed checkpoint lies between what is archived already and the asked end. */
export class NothingToArchive extends Schema.TaggedError<NothingToArchive>()("NothingToArchive", {
  archived: Schema.Int
}) {
  override get message() {
    return `there is no signed checkpoint to archive up to: ${this.archived} lines are archived already, and only whole checkpoints are`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.usage
}

const whys = {
  rewards_differ: "the stored rewards or marks are not those of a replay; `farmops tracker audit` says where",
  file_invalid: "the file that was written does not verify, so the stored lines are not those that were signed",
  ledger_moved: "the ledger changed meanwhile; try again"
} as const

const reasons = Object.keys(whys) as Array<keyof typeof whys>

/** The ledger must be put right first, or asked again. No line has left the database. */
export class ArchiveRefused extends Schema.TaggedError<ArchiveRefused>()("ArchiveRefused", {
  reason: Schema.Literals(reasons)
}) {
  override get message() {
    return `nothing was archived: ${whys[this.reason]}`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.dataInvalid
}

/** The file cannot be written or read. One that is there already is never written over: it may be the only copy of an archive. */
export class ArchiveFileUnusable extends Schema.TaggedError<ArchiveFileUnusable>()("ArchiveFileUnusable", {
  path: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `the archive file ${this.path} ${this.reason}`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.io
}

/** The file does not hold. `line` is null where no line is to blame. */
export class ArchiveInvalid extends Schema.TaggedError<ArchiveInvalid>()("ArchiveInvalid", {
  code: Schema.String,
  line: Schema.NullOr(Schema.Int),
  detail: Schema.String
}) {
  override get message() {
    return `the archive does not hold${this.line === null ? "" : ` at line ${this.line}`}: ${this.code}, ${this.detail}`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.dataInvalid
}

const mismatches = {
  not_away: "this ledger has no archive of these lines that is away",
  other_file: "it is not the file that this ledger was archived to",
  other_checkpoint: "this ledger has another checkpoint of its size",
  later_first: "an archive after it is away too; restore that one first"
} as const

const mismatchReasons = Object.keys(mismatches) as Array<keyof typeof mismatches>

/** The file is good, and not the one to bring back here and now. */
export class ArchiveMismatch extends Schema.TaggedError<ArchiveMismatch>()("ArchiveMismatch", {
  reason: Schema.Literals(mismatchReasons)
}) {
  override get message() {
    return `nothing was restored: ${mismatches[this.reason]}`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.dataInvalid
}
