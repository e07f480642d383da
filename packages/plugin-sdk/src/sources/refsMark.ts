/**
 * A mark of a repository's refs that costs a few system calls and no process. Where it is the same as before, no branch
 * and no tag has changed: git replaces a file of refs and never writes into one.
 */
import { readdir, stat } from "node:fs/promises"
import { join } from "node:path"
import { Effect } from "effect"

/** Where a repository keeps its refs; both are the same but in a linked work tree. */
export interface GitFolders {
  readonly own: string
  readonly common: string
}

const markOf = async (path: string): Promise<string> => {
  try {
    const { ctimeNs, ino, size } = await stat(path, { bigint: true })
    return `${ino}.${ctimeNs}.${size}`
  } catch {
    return "-"
  }
}

// A folder's own mark changes with every file that is put into it, over another or not.
const foldersFrom = async (folder: string): Promise<ReadonlyArray<string>> => {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    const folders = entries.filter((entry) => entry.isDirectory())
    return [folder, ...folders.map((entry) => join(entry.parentPath, entry.name))]
  } catch {
    return [folder]
  }
}

/** The mark now. `ref` is the branch that is followed, as a full name or HEAD. */
export const refsMark = ({ common, own }: GitFolders, ref: string): Effect.Effect<string> =>
  Effect.promise(async () => {
    const files = [
      join(own, "HEAD"),
      join(common, ref),
      join(common, "packed-refs"),
      join(common, "reftable", "tables.list"),
      ...(await foldersFrom(join(common, "refs", "tags")))
    ]
    const marks = await Promise.all(files.map(async (file) => `${file} ${await markOf(file)}`))
    return marks.join("\n")
  })
