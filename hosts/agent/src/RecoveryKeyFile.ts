/** Keeps the recovery key with which this agent enrolled: the tracker takes it once, so every later start has to name the same. */
import { exitCodes } from "@farmops/core/host/exitCodes"
import { hex32Pattern } from "@farmops/proof/proofForm"
import { Effect, FileSystem, Path, Runtime, Schema } from "effect"

/** Another recovery key was asked for than the one with which this agent enrolled, or one where it enrolled without. */
export class RecoveryKeyFixed extends Schema.TaggedError<RecoveryKeyFixed>()("RecoveryKeyFixed", {
  kept: Schema.NullOr(Schema.String)
}) {
  override get message() {
    return this.kept === null
      ? "this agent enrolled without a recovery key and cannot have one any more; leave it out, or enrol a new agent with a new data folder"
      : `this agent enrolled with the recovery key ${this.kept}, which is fixed; name that one or none`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.config
}

/** The file cannot be read or written, or does not hold a key. */
export class RecoveryKeyUnusable extends Schema.TaggedError<RecoveryKeyUnusable>()("RecoveryKeyUnusable", {
  path: Schema.String
}) {
  override get message() {
    return `${this.path} cannot be used: it must hold the public recovery key of this agent, 64 lowercase hex digits`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.io
}

const read = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  if (!(yield* fs.exists(path))) return null
  const text = (yield* fs.readFileString(path)).trim()
  return hex32Pattern.test(text) ? text : yield* new RecoveryKeyUnusable({ path })
})

/** The recovery key to enrol with: the one that is kept, else the given one, which is kept from then on. */
export const keepRecoveryKey = Effect.fn("keepRecoveryKey")(function* (
  directory: string,
  given: string | null,
  options: { readonly enrolled: boolean }
) {
  const fs = yield* FileSystem.FileSystem
  const path = (yield* Path.Path).join(directory, "recovery.pub")
  return yield* Effect.gen(function* () {
    const kept = yield* read(path)
    if (given === null || given === kept) return kept
    if (kept !== null || options.enrolled) return yield* new RecoveryKeyFixed({ kept })
    // Renamed into place, so that a crash leaves either no file or a whole one.
    yield* fs.writeFileString(`${path}.new`, `${given}\n`, { mode: 0o644 })
    yield* fs.rename(`${path}.new`, path)
    return given
  }).pipe(Effect.catchTag("PlatformError", () => Effect.fail(new RecoveryKeyUnusable({ path }))))
})
