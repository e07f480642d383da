/** Looks at the files of a folder. A link counts where what it leads to lies in the same folder, as in a mounted ConfigMap. */
import type { BigIntStats } from "node:fs"
import { constants } from "node:fs"
import { open, readdir, realpath, stat } from "node:fs/promises"
import { join, sep } from "node:path"
import { Effect } from "effect"
import { digestOf } from "../opaqueId.ts"
import type { LookFailed } from "../pollForEver.ts"

/** What is known of a file without reading it. */
export interface FileState {
  /** Another one after each write and each replacement. */
  readonly mark: string
  /** Of the content; null where it is not read. */
  readonly digest: string | null
  readonly bytes: number
}

/** A file as it was just seen. `content` is null where it is not asked for, too long, or no text. */
export interface SeenFile extends FileState {
  readonly content: string | null
}

/** What to look for. */
export interface FileQuestion {
  readonly folder: string
  readonly isWanted: (name: string) => boolean
  /** The most bytes of content; null reads none. */
  readonly contentBytesMax: number | null
}

/** A folder of more files is not what this is for. */
export const filesMax = 1_000

const markOf = ({ ino, mtimeNs, size }: BigIntStats): string => `${ino}.${mtimeNs}.${size}`

const strictUtf8 = new TextDecoder("utf-8", { fatal: true })

const textOf = (bytes: Uint8Array): string | null => {
  try {
    return strictUtf8.decode(bytes)
  } catch {
    return null
  }
}

// What was replaced between two calls is not what was asked about: then it is looked at the next time.
const readWhole = async (path: string, mark: string): Promise<Uint8Array | null> => {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    if (markOf(await handle.stat({ bigint: true })) !== mark) return null
    const bytes = await handle.readFile()
    return markOf(await handle.stat({ bigint: true })) === mark ? bytes : null
  } finally {
    await handle.close()
  }
}

const isGone = (cause: unknown): boolean =>
  typeof cause === "object" && cause !== null && "code" in cause && (cause.code === "ENOENT" || cause.code === "ELOOP")

/** Null for what is no file, lies elsewhere, cannot be read, or is being written right now. */
const lookAtFile = async (
  root: string,
  name: string,
  { contentBytesMax }: FileQuestion,
  before: FileState | undefined
): Promise<SeenFile | FileState | null> => {
  try {
    const path = await realpath(join(root, name))
    if (!path.startsWith(root === sep ? sep : root + sep)) return null
    const found = await stat(path, { bigint: true })
    if (!found.isFile()) return null
    const [mark, bytes] = [markOf(found), Number(found.size)]
    if (mark === before?.mark) return before
    if (contentBytesMax === null || bytes > contentBytesMax) return { mark, bytes, digest: null, content: null }
    const whole = await readWhole(path, mark)
    // As it was, until it holds still.
    return whole === null ? (before ?? null) : { mark, bytes, digest: digestOf(whole), content: textOf(whole) }
  } catch (cause) {
    // One that cannot be opened for now has not gone.
    return isGone(cause) ? null : (before ?? null)
  }
}

const codes: Readonly<Record<string, string>> = { ENOENT: "no_folder", ENOTDIR: "no_folder", EACCES: "not_allowed" }

const codeOf = (cause: unknown): string => {
  if (cause instanceof RangeError) return "too_many_files"
  const code = typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : ""
  return codes[code] ?? "unreadable"
}

/** All wanted files by name. Those whose mark is as before are given back as they were, and are not read again. */
export const lookAtFolder = (
  question: FileQuestion,
  before: ReadonlyMap<string, FileState>
): Effect.Effect<ReadonlyMap<string, SeenFile | FileState>, LookFailed> =>
  Effect.tryPromise({
    try: async () => {
      const root = await realpath(question.folder)
      const names = (await readdir(root)).filter(question.isWanted)
      if (names.length > filesMax) throw new RangeError("too many files")
      const files = new Map<string, SeenFile | FileState>()
      // One after another: a folder is no reason to open a thousand files at once.
      for (const name of names.toSorted()) {
        const file = await lookAtFile(root, name, question, before.get(name))
        if (file !== null) files.set(name, file)
      }
      return files
    },
    catch: (cause): LookFailed => ({ code: codeOf(cause), retryAfterMs: null })
  })
