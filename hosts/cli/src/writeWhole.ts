/** Writes a file whole or not at all: a draft beside it, on disk before it takes the name. */
import { open, rename, rm } from "node:fs/promises"
import { dirname } from "node:path"
import { exitCodes } from "@farmops/core/host/exitCodes"
import * as Effect from "effect/Effect"
import { CommandFailed } from "./CommandFailed.ts"

const syncFolder = async (path: string) => {
  const folder = await open(path, "r")
  await folder.sync().finally(() => folder.close())
}

const write = async (path: string, text: string) => {
  const draft = `${path}.${process.pid}.part`
  try {
    const file = await open(draft, "w", 0o644)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
    await syncFolder(dirname(path))
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

/** Puts `text` at `path`, in the place of what was there. */
export const writeWhole = (path: string, text: string): Effect.Effect<void, CommandFailed> =>
  Effect.tryPromise({
    try: () => write(path, text),
    catch: (error) =>
      new CommandFailed({
        code: "unwritable",
        detail: `${path} cannot be written: ${error instanceof Error && "code" in error ? error.code : "unknown"}.`,
        cure: null,
        exitCode: exitCodes.io
      })
  })
