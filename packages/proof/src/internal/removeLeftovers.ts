/** Clears away what a kill leaves of a key that was being made: it was never linked into its place, so nobody knows it. */
import { Effect, FileSystem } from "effect"

/** The folder of a path, as `open` takes it. */
export const folderOf = (path: string): string => path.replace(/[^/\\]*$/, "") || "."

const uuid = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"

/**
 * Removes the unfinished files of the key at `path` and of the one that is to follow it. Call it once the key is in its
 * place: whoever still makes one then finds that it came too late. A folder that may only be read stays as it is.
 */
export const removeLeftovers = Effect.fnUntraced(
  function* (path: string) {
    const fs = yield* FileSystem.FileSystem
    const folder = folderOf(path)
    const name = path.slice(folder === "." ? 0 : folder.length)
    const unfinished = new RegExp(`^(?:next\\.)?${uuid}\\.new$`)
    const isUnfinished = (entry: string) =>
      entry.startsWith(`${name}.`) && unfinished.test(entry.slice(name.length + 1))
    const entries = yield* fs.readDirectory(folder)
    yield* Effect.forEach(entries.filter(isUnfinished), (entry) =>
      fs.remove(`${path}${entry.slice(name.length)}`, { force: true })
    )
  },
  (effect) => Effect.ignore(effect)
)
