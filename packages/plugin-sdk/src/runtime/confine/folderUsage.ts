/**
 * What a plugin keeps in the folder beside its socket, and in files without a name: those that it has opened and removed, and
 * those that never had one. Reading it may wait for the files' system, so nobody waits for it.
 */
import type { Dirent } from "node:fs"
import { lstat, readdir, readlink, stat } from "node:fs/promises"
import { join } from "node:path"

/** More than a plugin needs beside its socket. Its log is read by the agent, and what it has to remember the agent keeps. */
export const folderBytesMax = 64 * 1024 * 1024

// Counting takes time as well.
const entriesMax = 1_000
const openFilesMax = 4_096
const blockBytes = 512

const isMissing = (cause: unknown): boolean =>
  typeof cause === "object" && cause !== null && "code" in cause && cause.code === "ENOENT"

const bytesOf = async (path: string): Promise<number> => (await lstat(path)).blocks * blockBytes

const entriesOf = async (folder: string): Promise<ReadonlyArray<Dirent> | null> => {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (cause) {
    // What nobody may look into, or is too deep for a path, is too much.
    return isMissing(cause) ? [] : null
  }
}

const namedBytes = async (folder: string): Promise<number> => {
  const folders = [folder]
  let bytes = 0
  let entries = 0
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    const found = await entriesOf(next)
    entries += found?.length ?? 0
    if (found === null || entries > entriesMax) return Number.POSITIVE_INFINITY
    for (const entry of found) {
      const path = join(next, entry.name)
      if (entry.isDirectory()) folders.push(path)
      // It may be gone again.
      else bytes += await bytesOf(path).catch(() => 0)
    }
  }
  return bytes
}

const isNameless = async (path: string): Promise<boolean> => (await readlink(path)).endsWith(" (deleted)")

const namelessBytes = async (pids: ReadonlyArray<number>): Promise<number> => {
  const seen = new Map<string, number>()
  let looked = 0
  for (const pid of pids) {
    for (const name of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      if (looked++ > openFilesMax) return Number.POSITIVE_INFINITY
      const path = `/proc/${pid}/fd/${name}`
      if (!(await isNameless(path).catch(() => false))) continue
      const found = await stat(path).catch(() => null)
      if (found?.isFile() === true) seen.set(`${found.dev}:${found.ino}`, found.blocks * blockBytes)
    }
  }
  return [...seen.values()].reduce((total, bytes) => total + bytes, 0)
}

/** Infinite where there is more than can be counted. */
export const folderUsage = async (folder: string, pids: ReadonlyArray<number>): Promise<number> =>
  (await namedBytes(folder)) + (await namelessBytes(pids))
