/** Writes generated vectors to disk, or with `--check` says which files on disk differ from what would be written. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/** Brings `directory` in line with `files` (name to text). Returns the names that differed. */
export const syncVectorFiles = (
  directory: string,
  files: ReadonlyMap<string, string>,
  check: boolean
): ReadonlyArray<string> => {
  mkdirSync(directory, { recursive: true })
  const isCurrent = (name: string, text: string) =>
    existsSync(join(directory, name)) && readFileSync(join(directory, name), "utf8") === text
  const stale = [...files].filter(([name, text]) => !isCurrent(name, text)).map(([name]) => name)
  const stray = readdirSync(directory).filter((name) => name.endsWith(".json") && !files.has(name))
  if (!check) {
    for (const name of stale) writeFileSync(join(directory, name), files.get(name) ?? "")
    for (const name of stray) rmSync(join(directory, name))
  }
  return [...stale, ...stray]
}

/** The tail of every generator: reports, and in check mode sets the exit code. */
export const reportVectorFiles = (
  what: string,
  total: number,
  differed: ReadonlyArray<string>,
  check: boolean
): void => {
  if (check && differed.length > 0) {
    console.error(`${what}: out of date, run without --check: ${differed.join(", ")}`)
    process.exitCode = 1
  } else {
    console.log(`${what}: ${total} vectors, ${check ? "up to date" : `${differed.length} files changed`}`)
  }
}
