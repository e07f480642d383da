/** Writes generated vectors to disk, or with `--check` says which files on disk differ from what would be written. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

/** One vector in a file of its name; with a null code it is valid. */
export interface Vector {
  readonly name: string
  readonly code: string | null
}

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

const columnsMax = 120

/** The vector as the formatter would leave it: a list of texts or numbers that fits on one line is on one line. */
const spellVector = (vector: Vector): string => {
  const verdict = vector.code === null ? "valid" : "invalid"
  const text = JSON.stringify({ ...vector, verdict }, null, 2)
  return `${text.replace(/^ {2}".*": \[\n(?: {4}["\d].*\n)+ {2}\],?$/gm, (list) => {
    const line = list
      .replace(/\[\n {4}/, "[")
      .replaceAll("\n    ", " ")
      .replace(/\n {2}\]/, "]")
    return line.length <= columnsMax ? line : list
  })}\n`
}

/** The whole of a generator: one file for each vector, in `valid/` or `invalid/` below `directory`; with `--check` it only compares. */
export const makeVectorFiles = (what: string, directory: URL, vectors: ReadonlyArray<Vector>): void => {
  const check = process.argv.includes("--check")
  const differed: Array<string> = []
  for (const verdict of ["valid", "invalid"]) {
    const chosen = vectors.filter(({ code }) => (code === null) === (verdict === "valid"))
    const files = new Map(chosen.map((vector) => [`${vector.name}.json`, spellVector(vector)]))
    if (files.size !== chosen.length) throw new Error("two vectors have the same name")
    const folder = fileURLToPath(new URL(`./${verdict}/`, directory))
    differed.push(...syncVectorFiles(folder, files, check).map((name) => `${verdict}/${name}`))
  }
  reportVectorFiles(what, vectors.length, differed, check)
}
