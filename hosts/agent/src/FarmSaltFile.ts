/** Keeps the farm's salt beside the key, readable by its owner only, so that an approved agent can start while its tracker is away. */
import { exitCodes } from "@farmops/core/host/exitCodes"
import { type FarmSalt, farmSaltFromHex, farmSaltToHex } from "@farmops/proof/FarmSalt"
import { Effect, FileSystem, Path, Runtime, Schema } from "effect"

/** The salt's file is there but is not one that this agent wrote, or cannot be written. */
export class FarmSaltUnusable extends Schema.TaggedError<FarmSaltUnusable>()("FarmSaltUnusable", {
  path: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.path} ${this.reason}`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.io
}

const cure = "delete it and start again, the tracker hands the salt over anew"

/** The stored salt, or null before the first approval. */
export const readFarmSalt = Effect.fn("readFarmSalt")(function* (directory: string) {
  const fs = yield* FileSystem.FileSystem
  const file = (yield* Path.Path).join(directory, "farm-salt")
  const text = yield* fs
    .readFileString(file)
    .pipe(
      Effect.catchTag("PlatformError", (error) =>
        error.reason._tag === "NotFound"
          ? Effect.succeed(null)
          : Effect.fail(new FarmSaltUnusable({ path: file, reason: "cannot be read" }))
      )
    )
  if (text === null) return null
  const salt = farmSaltFromHex(text.trim())
  if (salt === null) return yield* new FarmSaltUnusable({ path: file, reason: `holds no salt; ${cure}` })
  return salt
})

/** Written whole or not at all: a draft with mode 0600, flushed, then renamed over. */
export const writeFarmSalt = Effect.fn("writeFarmSalt")(
  function* (directory: string, salt: FarmSalt["Service"]) {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const draft = path.join(directory, "farm-salt.new")
    yield* fs.remove(draft, { force: true })
    yield* Effect.scoped(
      Effect.gen(function* () {
        const handle = yield* fs.open(draft, { flag: "wx", mode: 0o600 })
        yield* handle.writeAll(new TextEncoder().encode(`${farmSaltToHex(salt)}\n`))
        yield* handle.sync
      })
    )
    yield* fs.rename(draft, path.join(directory, "farm-salt"))
  },
  (effect, directory) =>
    Effect.mapError(effect, () => new FarmSaltUnusable({ path: `${directory}/farm-salt`, reason: "cannot be written" }))
)
