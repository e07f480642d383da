/** What a classifier sees of an issue: tokens in groups, read from its text alone. Nothing that a new issue does not have. Pure and linear in the text. */

/** The text of an issue and the repository that it is in. */
export interface IssueText {
  readonly repo: string
  readonly title: string
  readonly body: string
}

/** One way of looking at an issue. */
export interface FeatureGroup {
  /** Begins the key of each of its features. */
  readonly code: string
  /** How much the group weighs beside the others; each has length 1 before. */
  readonly weight: number
  /** The same for a copy of the features that only one repository has; 0 for none. */
  readonly ownWeight: number
  /** A token in fewer issues is left out. */
  readonly issuesMin: number
  readonly read: (parts: IssueParts) => ReadonlyArray<string>
}

interface IssueParts {
  readonly title: string
  readonly titleWords: ReadonlyArray<string>
  readonly body: string
  /** What is in code blocks. */
  readonly code: string
  /** The body without code blocks, comments and addresses. */
  readonly prose: string
  readonly proseWords: ReadonlyArray<string>
}

// What follows is a log. Long issues are cut, so that one of them takes no longer than ten others.
const bodyCharactersMax = 20_000
const proseWordsMax = 1500
const codeWordsMax = 800
const commentWordsMax = 300
const linesMax = 150
const openingWords = 40
const lineCharactersMax = 80

const wordPattern = /[a-z][a-z0-9_+#.-]*[a-z0-9+#]|[a-z]|[?!]/g
// Each of them is found in one pass: after an opening without an end, the rest of the text belongs to it.
const codePattern = /```([\s\S]*?)(?:```|$)/g
const commentPattern = /<!--([\s\S]*?)(?:-->|$)/g

const wordsOf = (text: string): ReadonlyArray<string> => text.toLowerCase().match(wordPattern) ?? []

const pairsOf = (words: ReadonlyArray<string>) => words.slice(1).map((word, at) => `${words[at]} ${word}`)

const inside = (text: string, pattern: RegExp) =>
  Array.from(text.matchAll(pattern), (found) => found[1] ?? "").join("\n")

const proseOf = (body: string) =>
  body
    .replace(codePattern, " xcodeblock ")
    .replace(commentPattern, " ")
    .replace(/!\[[^\]\n]{0,200}\]\([^)\n]{0,500}\)/g, " ximage ")
    .replace(/https?:\/\/([^/\s)]{1,100})\S*/g, (_, host: string) => ` xurl ${host.replaceAll(".", "_")} `)
    .replace(/`([^`\n]+)`/g, " xcode $1 ")

const partsOf = (issue: IssueText): IssueParts => {
  const body = issue.body.replaceAll("\r", "").slice(0, bodyCharactersMax)
  const prose = proseOf(body)
  const proseWords = wordsOf(prose).slice(0, proseWordsMax)
  return {
    title: issue.title,
    titleWords: wordsOf(issue.title),
    body,
    code: inside(body, codePattern),
    prose,
    proseWords
  }
}

const titleTokens = ({ titleWords }: IssueParts) => {
  const ends = [`^${titleWords[0] ?? ""}`, `${titleWords.at(-1) ?? ""}$`]
  const [first, second] = titleWords
  return [...titleWords, ...pairsOf(titleWords), ...ends, ...(second === undefined ? [] : [`^${first} ${second}`])]
}

const piecesMin = 2
const piecesMax = 5

const titlePieces = ({ title }: IssueParts) => {
  const pieces: Array<string> = []
  for (const word of title.toLowerCase().split(/\s+/)) {
    const padded = ` ${word} `
    for (let length = piecesMin; length <= piecesMax; length++)
      for (let at = 0; at + length <= padded.length; at++) pieces.push(padded.slice(at, at + length))
  }
  return pieces
}

const fieldPattern = /^[\s*_#>-]*([a-z][^:]{2,40}):/
const headingPattern = /^(?:#+ |\*\*)/

/** The lines of a template, its fields' names, and its headings with what was chosen below them. */
const templateLines = ({ body }: IssueParts) => {
  const lines = body
    .split("\n")
    .map((line) => line.trim().toLowerCase())
    .filter((line) => line !== "")
    .slice(0, linesMax)
  return lines.flatMap((line, at) => {
    const field = fieldPattern.exec(line)?.[1]
    const heading = headingPattern.test(line) ? [`=${line.slice(0, 50)}=${(lines[at + 1] ?? "").slice(0, 30)}`] : []
    return [
      line.replace(/\d+/g, "0").slice(0, lineCharactersMax),
      ...(field === undefined ? [] : [`:${field}`]),
      ...heading
    ]
  })
}

const count = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0

/** A number as tokens: one for each power of two that it reaches, so that near numbers share most of them. */
const steps = (name: string, value: number) => {
  const reached = value <= 0 ? 0 : 1 + Math.max(0, Math.floor(Math.log2(value)))
  return Array.from({ length: reached + 1 }, (_, step) => `${name}>=${step}`)
}

const tests: ReadonlyArray<readonly [name: string, of: "title" | "body" | "code" | "prose", pattern: RegExp]> = [
  ["title asks", "title", /\?\s*$/],
  ["title begins small", "title", /^[a-z]/],
  ["title has a tag", "title", /^\[/],
  ["title has a prefix", "title", /^[\w, ]{1,60}:/],
  ["stack", "body", /^[ \t]*at \S+.{0,200}:\d+|Traceback|^[ \t]*File "/m],
  ["failure in code", "code", /error|exception/i],
  ["mentions somebody", "prose", /@\w/],
  ["refers to an issue", "prose", /#\d/],
  ["is polite", "prose", /thank|please|help/i]
]

/** The shape of an issue: lengths, counts and signs. */
const shape = (parts: IssueParts) => [
  ...steps("body", parts.body.length / 50),
  ...steps("title", parts.titleWords.length / 2),
  ...steps("code", count(parts.body, /```/g) / 2),
  ...steps("asks", count(parts.prose, /\?/g)),
  ...steps("calls", count(parts.prose, /!/g)),
  ...steps("links", count(parts.body, /https?:/g)),
  ...steps("images", count(parts.body, /!\[|<img/g)),
  ...steps("headings", count(parts.body, /^#+ /gm)),
  ...steps("boxes", count(parts.body, /- \[[ x]\]/g)),
  ...steps("comments", count(parts.body, /<!--/g)),
  ...tests.filter(([, of, pattern]) => pattern.test(parts[of])).map(([name]) => name)
]

const opening = ({ proseWords }: IssueParts) => {
  const words = proseWords.slice(0, openingWords)
  return [...words, ...pairsOf(words)]
}

const group = (
  code: string,
  [weight, ownWeight]: readonly [number, number],
  issuesMin: number,
  read: FeatureGroup["read"]
): FeatureGroup => ({ code, weight, ownWeight, issuesMin, read })

/** All of them. A model names its features by their codes, so a changed meaning needs a new code. */
export const featureGroups: ReadonlyArray<FeatureGroup> = [
  group("t", [1, 1], 1, titleTokens),
  group("p", [1, 0], 3, titlePieces),
  group("w", [1, 1], 2, ({ proseWords }) => proseWords),
  group("b", [0.7, 0], 2, ({ proseWords }) => pairsOf(proseWords)),
  group("o", [0.7, 0.7], 1, opening),
  group("l", [0.7, 0.7], 2, templateLines),
  group("s", [0.7, 0], 1, shape),
  group("h", [0.5, 0], 2, ({ body }) => wordsOf(inside(body, commentPattern)).slice(0, commentWordsMax)),
  group("c", [0.5, 0], 3, ({ code }) => wordsOf(code).slice(0, codeWordsMax))
]

/** How often each token of each group is in the issue, group by group in their order. */
export const readFeatures = (issue: IssueText): ReadonlyArray<ReadonlyMap<string, number>> => {
  const parts = partsOf(issue)
  return featureGroups.map(({ read }) => {
    const counts = new Map<string, number>()
    for (const token of read(parts)) counts.set(token, (counts.get(token) ?? 0) + 1)
    return counts
  })
}
