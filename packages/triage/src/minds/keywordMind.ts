/** Decides by the owner's own words: the label whose words an issue names most gets it, and an issue that names none is left alone. */
import { Effect } from "effect"
import type { Decision } from "../protocol/Decision.ts"
import type { Task } from "../protocol/Task.ts"
import type { Mind } from "./Mind.ts"
import { answerStale, labelIssue, settledBefore, skipTask } from "./triageReply.ts"

/** GitHub's own bound for an issue's text, so nothing of a real one is left out. */
const charactersMax = 65_536

/** A title says what an issue is about; a body also says what it is not about. */
const titleWeight = 3

const bodyWeight = 1

const escapeForPattern = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/-]/gu, "\\$&")

/** One of the owner's words where it stands alone: `error` is not in `terror`. Blanks inside it match any blank. */
const wordPattern = (word: string): RegExp | null => {
  const parts = word
    .trim()
    .split(/\s+/u)
    .filter((part) => part !== "")
  if (parts.length === 0) return null
  const text = parts.map((part) => escapeForPattern(part)).join("\\s+")
  return new RegExp(`(?<![\\p{L}\\p{N}_])${text}(?![\\p{L}\\p{N}_])`, "iu")
}

/** A template's instructions are in comments, and name every word there is. */
const withoutComments = (body: string): string => body.replace(/<!--[\s\S]*?(?:-->|$)/gu, " ")

/** What the owner's words for one label found. */
interface Finding {
  readonly label: string
  readonly score: number
  readonly words: ReadonlyArray<string>
}

const findWords = (label: string, words: ReadonlyArray<string>, title: string, body: string): Finding => {
  let score = 0
  const found: Array<string> = []
  for (const word of new Set(words)) {
    const pattern = wordPattern(word)
    if (pattern === null) continue
    const weight = (pattern.test(title) ? titleWeight : 0) + (pattern.test(body) ? bodyWeight : 0)
    if (weight > 0) found.push(word)
    score += weight
  }
  return { label, score, words: found }
}

/** The label whose words weigh most, the first of the file among equals; null where no word is found. */
export const findLabel = (
  labels: Task["context"]["settings"]["labels"],
  issue: { readonly title: string; readonly body: string | null }
): Finding | null => {
  const title = issue.title.slice(0, charactersMax)
  const body = withoutComments((issue.body ?? "").slice(0, charactersMax))
  let best: Finding | null = null
  for (const [label, words] of Object.entries(labels)) {
    const finding = findWords(label, words, title, body)
    if (finding.score > (best?.score ?? 0)) best = finding
  }
  return best
}

const wordsMentioned = 3

/** The owner's words as a person reads them: a few of them, as code, so that none is read as markup. */
const mention = (words: ReadonlyArray<string>) =>
  words
    .slice(0, wordsMentioned)
    .map((word) => `\`${word.replaceAll("`", "'")}\``)
    .join(", ")

/** The rules of the configuration as one function. */
export const decideByKeywords = (task: Task): Decision => {
  if (task.payload.action === "stale") return answerStale(task)
  const settled = settledBefore(task)
  if (settled !== null) return skipTask(task, settled)
  const finding = findLabel(task.context.settings.labels, task.payload.issue)
  if (finding === null) return skipTask(task, "none of the configured words is in it")
  const rationale = `it names ${finding.words.map((word) => JSON.stringify(word)).join(", ")}`.slice(0, 1000)
  return labelIssue(task, finding.label, { why: `it mentions ${mention(finding.words)}`, rationale })
}

/** {@link decideByKeywords} as a mind: needs no model and no training. */
export const keywordMind: Mind = { name: "keyword", decide: (task) => Effect.sync(() => decideByKeywords(task)) }
