/** The tags of a repository that name a commit, and whether that commit is part of a branch. */
import { Effect } from "effect"
import { askGit } from "./runGit.ts"

/** One tag, annotated or only a name. */
export interface Tag {
  readonly ref: string
  /** The commit that it names. A tag of a tag is left out where git does not see through it. */
  readonly commit: string
  /** When it was made; for one that is only a name, when its commit was. */
  readonly madeMs: number
  /** Its tagger, or the author of its commit. */
  readonly email: string
  readonly name: string
  readonly reachable: boolean
}

const fields = [
  "refname",
  "objecttype",
  "objectname",
  "*objecttype",
  "*objectname",
  "creatordate:unix",
  "taggeremail",
  "taggername",
  "authoremail",
  "authorname"
]

// A line ends every field: no name of a ref or a person can hold one, and `for-each-ref` knows no NUL-separated form.
const format = fields.map((field) => `%(${field})`).join("%0a")

const linesOf = (text: string | null): ReadonlyArray<string> => (text === null || text === "" ? [] : text.split("\n"))

const parse = (lines: ReadonlyArray<string>, reachable: ReadonlySet<string>): Tag | null => {
  const [ref = "", type, object = "", targetType, target = "", seconds, ...people] = lines
  const commit = type === "commit" ? object : targetType === "commit" ? target : null
  if (commit === null) return null
  const [taggerEmail = "", taggerName = "", authorEmail = "", authorName = ""] = people
  const tagged = taggerEmail !== "" || taggerName !== ""
  return {
    ref,
    commit,
    madeMs: Number(seconds) * 1000,
    email: (tagged ? taggerEmail : authorEmail).replace(/^<|>$/g, ""),
    name: tagged ? taggerName : authorName,
    reachable: reachable.has(ref)
  }
}

/** All tags that name a commit, the oldest first. */
export const gitTags = Effect.fnUntraced(function* (cwd: string, tip: string) {
  const lines = linesOf(yield* askGit(cwd, ["for-each-ref", `--format=${format}`, "refs/tags"]))
  if (lines.length === 0) return []
  const merged = yield* askGit(cwd, ["for-each-ref", "--format=%(refname)", `--merged=${tip}`, "refs/tags"])
  const reachable = new Set(linesOf(merged))
  const tags: Array<Tag> = []
  for (let at = 0; at < lines.length; at += fields.length) {
    const tag = parse(lines.slice(at, at + fields.length), reachable)
    if (tag !== null) tags.push(tag)
  }
  return tags.sort((a, b) => a.madeMs - b.madeMs)
})
