/**
 * Beside each plugin's folder lies a file that says which process made it, so that a later one can clear away what a process that
 * was killed has left. A number of a process comes back and means nothing elsewhere: its start and its namespace are with it.
 */
import { lstat, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { Effect } from "effect"
import { readProcStat } from "../confine/procStat.ts"

const ownerFileOf = (directory: string): string => `${directory}.owner`
const ownerFile = /^(farmops-plugin-[A-Za-z0-9]{6})\.owner$/

interface Owner {
  readonly namespace: string
  readonly pid: number
  readonly startedAt: string
}

/** Null on a system without /proc, where nothing is cleared away. */
const ourselves = async (): Promise<Owner | null> => {
  const namespace = await readlink("/proc/self/ns/pid").catch(() => null)
  const startedAt = readProcStat(process.pid)?.startedAt
  return namespace === null || startedAt === undefined ? null : { namespace, pid: process.pid, startedAt }
}

/** Says that this process made it. What cannot be said is no reason to go without the folder. */
export const claimDirectory = async (directory: string): Promise<void> => {
  const owner = await ourselves()
  if (owner === null) return
  const text = `${owner.namespace} ${owner.pid} ${owner.startedAt}\n`
  await writeFile(ownerFileOf(directory), text, { mode: 0o600, flag: "wx" }).catch(() => undefined)
}

/** The folder is gone. */
export const disclaimDirectory = (directory: string): Promise<void> =>
  rm(ownerFileOf(directory), { force: true }).catch(() => undefined)

const isGone = (text: string, us: Owner): boolean => {
  const [namespace, pid, startedAt] = text.trim().split(" ")
  if (namespace !== us.namespace || !/^[1-9]\d*$/.test(pid ?? "") || startedAt === undefined) return false
  const found = readProcStat(Number(pid))
  return found === null || found.startedAt !== startedAt
}

// Others may write to the system's folder: only what this user made is taken for ours.
const isOurs = async (path: string): Promise<boolean> => {
  const found = await lstat(path).catch(() => null)
  return found === null || found.uid === process.getuid?.()
}

/** The folders under `parent` whose owners are gone. */
export const leftDirectories = (parent: string): Effect.Effect<ReadonlyArray<string>> =>
  Effect.promise(async () => {
    const us = await ourselves()
    const names = us === null ? [] : await readdir(parent).catch(() => [])
    const left: Array<string> = []
    for (const name of names) {
      const own = ownerFile.exec(name)?.[1]
      if (us === null || own === undefined) continue
      const directory = join(parent, own)
      if (!(await isOurs(directory)) || !(await isOurs(ownerFileOf(directory)))) continue
      const text = await readFile(ownerFileOf(directory), "utf8").catch(() => "")
      if (isGone(text, us)) left.push(directory)
    }
    return left
  })
