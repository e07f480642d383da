/** Looks at what a path is before it is opened. */
import { statSync } from "node:fs"
import { exitCodes } from "@farmops/core/host/exitCodes"
import * as Effect from "effect/Effect"
import { CommandFailed } from "./CommandFailed.ts"

const isOther = (path: string): boolean => {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === false
  } catch {
    return false
  }
}

/** A pipe or a device could keep its reader waiting for ever, and a folder has no bytes. What cannot be looked at is for the reader to say. */
export const refuseOtherThanFile = (path: string): Effect.Effect<void, CommandFailed> =>
  Effect.suspend(() =>
    isOther(path)
      ? Effect.fail(
          new CommandFailed({
            code: "not_a_file",
            detail: `${path} is no file.`,
            cure: "Name a file, or give - to read standard input.",
            exitCode: exitCodes.usage
          })
        )
      : Effect.void
  )
