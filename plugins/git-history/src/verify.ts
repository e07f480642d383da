/** Decides whether a commit, merge or tag is work that counts. Pure: the same event gives the same verdict. */
import { inconclusive, rejected, verified } from "@farmops/plugin-sdk/author/definePlugin"
import { fillTemplate } from "@farmops/plugin-sdk/author/fillTemplate"
import { GitEvent } from "@farmops/plugin-sdk/contract/GitEvent"
import type { Complexity, Verdict } from "@farmops/plugin-sdk/contract/Verdict"
import { Option, Schema } from "effect"
import { isGenerated, kindOf, kinds } from "./classify.ts"

// One sentence for one file and one for several.
interface Template {
  readonly one: string
  readonly many: string
}

const template = (begin: string, end: string): Template => ({
  one: `${begin} {files} file${end} (+{added} -{deleted} lines)`,
  many: `${begin} {files} files${end} (+{added} -{deleted} lines)`
})

const changed = (words: string) => template("Changed", ` of ${words}`)
const merged = template("Merged a change of", "")
const tagged = "Tagged a state of the default branch"

const mergeKind = "merge"
const tagKind = "release"

/** Every description that a verdict may have. A slot holds a whole number; nothing else of the event can get in. */
export const templates: ReadonlyArray<string> = [
  ...[...kinds.map(({ words }) => changed(words)), merged].flatMap(({ many, one }) => [one, many]),
  tagged
]

/** Every subcategory that a verdict may have. */
export const subcategories: ReadonlyArray<string> = [...kinds.map(({ name }) => name), mergeKind, tagKind]

const decode = Schema.decodeUnknownOption(GitEvent)

const describe = ({ many, one }: Template, event: GitEvent): string =>
  fillTemplate(event.file_count === 1 ? one : many, {
    files: event.file_count,
    added: event.lines_added,
    deleted: event.lines_deleted
  })

// What reads long is hard: many places, or many lines that a person had to write.
const complexityOf = (event: GitEvent): Complexity => {
  const generated = event.files
    .filter(({ path }) => isGenerated(path))
    .reduce((lines, { added, deleted }) => lines + added + deleted, 0)
  const lines = event.lines_added + event.lines_deleted - generated
  if (event.file_count > 20 || lines > 600) return "high"
  return event.file_count > 5 || lines > 120 ? "medium" : "low"
}

// 1 for one file, 10 from 512 on: each step is a doubling, so one huge change is not worth a huge number of small ones.
const radiusOf = (files: number): number => Math.min(10, 1 + Math.floor(Math.log2(Math.max(files, 1))))

const refusal = (event: GitEvent): string | null => {
  if (!event.reachable) return `the ${event.kind} is not part of the default branch`
  const { author, identities } = event
  if (identities !== null && !identities.includes(author.email.toLowerCase())) return "not by a configured identity"
  if (event.kind !== "tag" && event.file_count === 0) return `the ${event.kind} changes nothing`
  return null
}

/** The verdict. `data` is a {@link GitEvent}; anything else is inconclusive, never verified. */
export const verifyGitEvent = (data: unknown): Verdict => {
  const decoded = decode(data)
  if (Option.isNone(decoded)) return inconclusive("this is not an event of the git source")
  const event = decoded.value
  const reason = refusal(event)
  if (reason !== null) return rejected(reason)
  const { file_count, id, lines_added, lines_deleted, reachable } = event
  const shared = {
    actorType: event.bot ? "bot" : "human",
    evidence: { kind: event.kind, id, reachable, file_count, lines_added, lines_deleted }
  } as const
  if (event.kind === "tag") {
    return verified({
      ...shared,
      action: "deploy",
      category: "upgrade",
      subcategory: tagKind,
      description: tagged,
      complexity: "low",
      impactRadius: 3,
      artifactsTouched: 1
    })
  }
  const size = {
    complexity: complexityOf(event),
    impactRadius: radiusOf(file_count),
    artifactsTouched: file_count
  }
  if (event.kind === "merge") {
    const description = describe(merged, event)
    return verified({ ...shared, ...size, action: "review", category: "toil", subcategory: mergeKind, description })
  }
  const { action, category, name, words } = kindOf(event.files.map(({ path }) => path))
  const description = describe(changed(words), event)
  return verified({ ...shared, ...size, action, category, subcategory: name, description })
}
