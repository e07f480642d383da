/**
 * What a stranger wrote, as a person reads it on GitHub: whatever is hidden from people is kept from the model. Pure. It protects
 * nobody alone: what a model may do is bounded by its schema and by the policy.
 */
import { withoutSecrets } from "@farmops/core/llm/withoutSecrets"
import { withoutHidden } from "../../protocol/hiddenCharacters.ts"
import { plainTags } from "./plainTags.ts"

// An unclosed comment hides the rest, on GitHub too.
const comments = /<!--(?:>|->|[\s\S]*?(?:-->|$))/g

// One bracket inside another is enough for what people write.
const images = /!\[(?:[^[\]]|\[[^[\]]*\])*\](?:\((?:[^()]|\([^()]*\))*\)|\[[^\]]*\])?/g

/** The words of a link and its address stay; its title is seen by nobody who does not point at it. */
const linkTitles = /(\]\(\s*<?[^\s()<>]*>?)\s+(?:"[^"]*"|'[^']*'|\([^()]*\))\s*\)/g

const definitionTitles = /^( {0,3}\[[^\]]+\]:\s*\S+)[ \t]+(?:"[^"]*"|'[^']*'|\([^()]*\))[ \t]*$/gm

const named: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
  commat: "@",
  num: "#",
  sol: "/",
  lsqb: "[",
  rsqb: "]",
  excl: "!",
  colon: ":",
  period: ".",
  grave: "`",
  newline: "\n",
  tab: "\t"
}

const codePoint = (number: number): string => (number > 0 && number <= 0x10ffff ? String.fromCodePoint(number) : "")

const entities = /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,10}));/gi

const decodeEntities = (text: string): string =>
  text.replace(entities, (all, decimal?: string, hex?: string, name?: string) => {
    if (decimal !== undefined) return codePoint(Number(decimal))
    if (hex !== undefined) return codePoint(Number.parseInt(hex, 16))
    return named[name?.toLowerCase() ?? ""] ?? all
  })

const withoutMarkup = (text: string): string =>
  plainTags(text.replace(comments, " "))
    .replace(images, "[image]")
    .replace(linkTitles, "$1)")
    .replace(definitionTitles, "$1")

/** Text of at most `charactersMax`, cut between characters; what was cut is told. */
const cut = (text: string, charactersMax: number): string => {
  const characters = [...text]
  return characters.length <= charactersMax ? text : `${characters.slice(0, charactersMax).join("")} [cut off]`
}

/** Markdown as it is seen, at most `charactersMax` of it. The same text always gives the same bytes. */
export const sanitizeMarkdown = (text: string, charactersMax: number): string => {
  // GitHub's own bound is 65,536: longer comes from nobody's keyboard, and patterns need an end.
  const seen = withoutMarkup(withoutHidden(text.slice(0, 65_536)))
  return cut(
    withoutSecrets(withoutHidden(decodeEntities(seen)))
      .replace(/\n{3,}/g, "\n\n")
      .trim(),
    charactersMax
  )
}
