/** The commits of a range with what each changed, as a stream: memory does not grow with the history. */
import { Stream } from "effect"
import type { GitUnavailable } from "./GitRepositoryError.ts"
import { streamGit } from "./runGit.ts"

/** One file of a commit. A binary file has no lines. */
export interface ChangedFile {
  readonly path: string
  readonly added: number
  readonly deleted: number
}

/** One commit, against its first parent. */
export interface Commit {
  readonly id: string
  readonly parents: number
  /** When it was committed, by the committer's clock. */
  readonly committedMs: number
  readonly email: string
  readonly name: string
  readonly files: ReadonlyArray<ChangedFile>
  /** How many files changed, also beyond the list. */
  readonly fileCount: number
  readonly linesAdded: number
  readonly linesDeleted: number
}

/** A commit that lists more is cut short: its verdict depends on kinds and counts, not on each name. */
export const filesMax = 2_000

/** Characters of all paths of a commit. As JSON they take six times that at the very worst, and still fit a message. */
export const pathCharactersMax = 400_000

// A person's name or address of more than this is no such thing.
const personCharactersMax = 320

// No numstat record starts with it, so it tells a commit from a file. Within a commit the order tells the fields.
const commitMark = "\u001e"
const fields = ["%H", "%P", "%ct", "%ae", "%an"]

const logArgs = [
  "log",
  "-z",
  "--reverse",
  "--topo-order",
  "--numstat",
  "--no-renames",
  "--diff-merges=first-parent",
  "--no-ext-diff",
  "--no-textconv",
  "--no-relative",
  "--ignore-submodules=none",
  "--encoding=UTF-8",
  `--format=${commitMark}${fields.join("%x00")}`
]

interface Draft {
  readonly head: Array<string>
  readonly files: Array<ChangedFile>
  pathCharacters: number
  fileCount: number
  linesAdded: number
  linesDeleted: number
}

const finish = ({ head, pathCharacters: _, ...counts }: Draft): Commit => {
  const [id = "", parents = "", seconds = "", email = "", name = ""] = head
  return {
    ...counts,
    id,
    parents: parents === "" ? 0 : parents.split(" ").length,
    committedMs: Number(seconds) * 1000,
    email: email.slice(0, personCharactersMax),
    name: name.slice(0, personCharactersMax)
  }
}

const addFile = (draft: Draft, record: string): void => {
  const [first = "", second = "", ...rest] = record.split("\t")
  const file = { path: rest.join("\t"), added: Number(first) || 0, deleted: Number(second) || 0 }
  draft.fileCount++
  draft.linesAdded += file.added
  draft.linesDeleted += file.deleted
  if (draft.files.length >= filesMax || draft.pathCharacters + file.path.length > pathCharactersMax) return
  draft.pathCharacters += file.path.length
  draft.files.push(file)
}

/** Reads `git log`'s records one by one. `take` gives a commit once the next one begins; `end` gives the last. */
export const makeLogReader = () => {
  let draft: Draft | null = null
  const end = (): Commit | null => {
    const done = draft
    draft = null
    return done === null ? null : finish(done)
  }
  const take = (record: string): Commit | null => {
    if (draft !== null && draft.head.length < fields.length) {
      draft.head.push(record)
      return null
    }
    if (!record.startsWith(commitMark)) {
      // The first file of a commit comes after an empty line.
      const file = record.replace(/^\n/, "")
      if (draft !== null && file !== "") addFile(draft, file)
      return null
    }
    const done = end()
    draft = { head: [record.slice(1)], files: [], pathCharacters: 0, fileCount: 0, linesAdded: 0, linesDeleted: 0 }
    return done
  }
  return { take, end }
}

/** The commits of `range`, parents before children. */
export const gitCommits = (cwd: string, range: ReadonlyArray<string>): Stream.Stream<Commit, GitUnavailable> =>
  Stream.suspend(() => {
    const reader = makeLogReader()
    return streamGit(cwd, [...logArgs, ...range, "--"]).pipe(
      Stream.map(reader.take),
      Stream.concat(Stream.suspend(() => Stream.make(reader.end()))),
      Stream.filter((commit) => commit !== null)
    )
  })
