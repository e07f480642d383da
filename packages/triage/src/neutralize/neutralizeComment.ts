/**
 * What a model wrote, made harmless before it stands on GitHub under the bot's name: nobody is called, nothing is linked, referred to,
 * commanded, drawn or hidden. Pure, and the same twice as once. It works on characters and not on Markdown: what GitHub's parser
 * makes of a text is its own affair, but it makes nothing of characters that are not there.
 */
import { withoutSecrets } from "@farmops/core/llm/withoutSecrets"
import { withoutHidden } from "../protocol/hiddenCharacters.ts"
import { neutralizeFences } from "./neutralizeFences.ts"
import { splitLinks } from "./neutralizeLinks.ts"

/** A longer comment is not read, and is more of what a stranger dictated. */
export const postedCharactersMax = 4_000

// What closing a fence may add.
const closingCharacters = 16

/** Full-width forms: they look like the character and mean nothing to GitHub. */
const harmless = { "@": "＠", "#": "＃", "/": "／", "!": "！", "&": "＆", "\\": "＼", "<": "‹" } as const

/** Characters that begin something, in the place where they do. */
const starts: ReadonlyArray<readonly [pattern: RegExp, replacement: string]> = [
  // Mentions of people and teams, addresses of e-mail.
  [/@/g, harmless["@"]],
  // Entities: `&#64;` is an @ once it is read.
  [/&(?=#\d|#x[0-9a-f]|[a-z][a-z0-9]{1,31};)/gi, harmless["&"]],
  // HTML, comments (our own markers among them), and addresses in angle brackets.
  [/<(?=[a-z/!?])/gi, harmless["<"]],
  // Links, pictures and footnotes: what is in brackets stays, and leads nowhere.
  [/\](?=[([])/g, "] "],
  [/\](?=:)/g, "] "],
  [/!+(?=\[)/g, ""],
  [/\[\^/g, "[ ^"],
  // References to issues, and so `fixes #1`.
  [/#(?=\d)/g, harmless["#"]],
  [/\bGH-(?=\d)/gi, "GH "],
  [/\bGHSA-(?=[a-z0-9])/gi, "GHSA "],
  // Commits.
  [/(?<![\p{L}\p{N}])(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])([0-9a-f]{6})[0-9a-f]{1,58}(?![\p{L}\p{N}])/giu, "$1…"],
  // Commands to other bots, wherever in a line they look for them.
  [/(?<![\p{L}\p{N}./‹_)\]-])\/(?=\p{L})/gu, harmless["/"]],
  [/^([\s>*+-]*)!(?=\p{L})/gmu, `$1${harmless["!"]}`],
  // Formulas that hold links or names for them.
  [
    /\\(?=(?:href|url|includegraphics|require|unicode|class|cssId|style|def|let|gdef|newcommand|renewcommand|texttip)\b)/gi,
    harmless["\\"]
  ]
]

const neutralizeWords = (text: string): string =>
  starts.reduce((words, [pattern, replacement]) => words.replace(pattern, replacement), text)

/** Cut between characters. */
const cut = (text: string): string => {
  if (text.length <= postedCharactersMax) return text
  return `${withoutHidden(text.slice(0, postedCharactersMax - closingCharacters)).trimEnd()}…`
}

const neutralizeOnce = (text: string, linkHosts: ReadonlyArray<string>): string => {
  const safe = splitLinks(withoutHidden(withoutSecrets(text)), linkHosts)
    .map((piece) => (piece.kind === "address" ? piece.text : neutralizeWords(piece.text)))
    .join("")
  return neutralizeFences(cut(safe.trim())).trim()
}

// What is taken out may bring together what stood around it. Honest text is done after one pass.
const passesMax = 8

/**
 * The text as it may be posted; empty where nothing of it may. `linkHosts` are hosts that a comment may link to, by https. What
 * comes out is what this function makes of it, or nothing.
 */
export const neutralizeComment = (text: string, linkHosts: ReadonlyArray<string> = []): string => {
  // A stranger's text has no bound of its own.
  let before = text.slice(0, 4 * postedCharactersMax)
  for (let pass = 0; pass < passesMax; pass++) {
    const after = neutralizeOnce(before, linkHosts)
    if (after === before) return after
    before = after
  }
  return ""
}
