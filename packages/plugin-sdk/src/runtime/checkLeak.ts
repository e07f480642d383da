/**
 * LeakGuard: what a plugin wants to say in a proof must not be able to carry a name. With templates, a description is one
 * of them filled with whole numbers. Without, no identifier of the raw observation may occur in it as a whole token: neither
 * whole, such as an address or a path, nor a word or number of two signs or more out of one, however it is written, with what holds
 * it together or without, or taken apart. Categories and subcategories are always from published lists; a plugin that publishes no
 * subcategories has none to say.
 * It guards against carelessness. A plugin that means harm can choose its numbers, and without templates its code for a name:
 * backwards, in base64, in other words.
 */
import { readRawData } from "../contract/Observation.ts"
import type { PluginDescription, VerifiedVerdict } from "../contract/Verdict.ts"
import { foldText, isPlain } from "./foldText.ts"

/** Why a verdict may not become a proof. The plugin is at fault; the text itself is never repeated. */
export type LeakFault =
  | "category_not_published"
  | "subcategory_not_published"
  | "description_not_a_template"
  | "description_names_something"

// A whole number in its one spelling, of at most 12 digits: enough for any count, too short for an account number of note.
const slotPattern = "(?:0|[1-9][0-9]{0,11})"

const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")

const matcherOf = (template: string): RegExp =>
  new RegExp(
    `^${template
      .split(/\{[a-z_]+\}/)
      .map(escapeRegExp)
      .join(slotPattern)}$`,
    "u"
  )

const matchers = new WeakMap<PluginDescription, ReadonlyArray<RegExp>>()

const matchersOf = (plugin: PluginDescription): ReadonlyArray<RegExp> => {
  const known = matchers.get(plugin)
  if (known !== undefined) return known
  const made = plugin.description_templates.map(matcherOf)
  matchers.set(plugin, made)
  return made
}

// The first is the same for plain text, which most of it is, and several times as fast.
const wordsOf = (folded: string): ReadonlyArray<string> =>
  folded.match(isPlain(folded) ? /[a-z0-9]+/g : /[\p{L}\p{N}]+/gu) ?? []
// A single letter or digit names nothing.
const isName = (word: string): boolean => word.length > 1

// Words or single signs held together by what joins the parts of an address, a path or a name: 1.2.3.4, a/b, x@y.
const compound = /[\p{L}\p{N}]+(?:[^\p{L}\p{N}\s]+[\p{L}\p{N}]+)+/gu
const compoundsOf = (folded: string): ReadonlyArray<string> => folded.match(compound) ?? []

const wordSign = /[\p{L}\p{N}]/u

/** Whether `part` stands in `folded` by itself, and not inside a longer word. */
const holdsWhole = (folded: string, part: string): boolean => {
  for (let at = folded.indexOf(part); at !== -1; at = folded.indexOf(part, at + 1)) {
    const [before = ""] = folded.slice(Math.max(0, at - 2), at).match(/.$/su) ?? []
    const [after = ""] = folded.slice(at + part.length).match(/^./su) ?? []
    if (!wordSign.test(before) && !wordSign.test(after)) return true
  }
  return false
}

// Shorter ones come about by chance, and nobody reads longer ones out of their pieces.
const apartMin = 5
const apartMax = 64

/** What can be read in it across the ends of words: `pay ments` holds `payments`. */
const readAcross = (words: ReadonlyArray<string>): ReadonlySet<string> => {
  const text = words.join("")
  const ends = new Set<number>()
  let at = 0
  for (const { length } of words) {
    at += length
    ends.add(at)
  }
  const found = new Set<string>()
  for (let from = 0; from < text.length; from++) {
    let crosses = false
    for (let to = from + 1; to <= Math.min(text.length, from + apartMax); to++) {
      if (crosses && to - from >= apartMin) found.add(text.slice(from, to))
      crosses ||= ends.has(to)
    }
  }
  return found
}

// Scripts that put no space between words.
const unspaced = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u

// Without recursion: raw data may be nested as deep as it is long.
const scalarsIn = function* (value: unknown): Generator<string> {
  const open: Array<unknown> = [value]
  while (open.length > 0) {
    const next = open.pop()
    if (typeof next === "string") yield next
    else if (typeof next === "number") yield String(next)
    else if (Array.isArray(next)) for (const item of next) open.push(item)
    else if (typeof next === "object" && next !== null) {
      // Keys are data too where a source uses names as keys.
      for (const [key, item] of Object.entries(next)) {
        yield key
        open.push(item)
      }
    }
  }
}

/** Whether something of the raw data can be read in what is said. */
const namesIn = (said: string) => {
  const all = wordsOf(said)
  const words = new Set(all.filter(isName))
  const across = readAcross(all)
  const compounds = compoundsOf(said)
  const runs = [...words].filter((word) => unspaced.test(word))
  const isSaid = (name: string): boolean =>
    isName(name) && (words.has(name) || across.has(name) || (unspaced.test(name) && said.includes(name)))
  return (raw: string): boolean => {
    const folded = foldText(raw)
    if (runs.some((run) => folded.includes(run)) || compounds.some((part) => holdsWhole(folded, part))) return true
    if (wordsOf(folded).some(isSaid)) return true
    const joined = folded.replace(isPlain(folded) ? /[^a-z0-9 ]+/g : /[^\p{L}\p{N}\s]+/gu, "")
    return joined.length < folded.length && wordsOf(joined).some(isSaid)
  }
}

const namesSomething = (text: string, rawData: Uint8Array): boolean => {
  const names = namesIn(foldText(text))
  for (const raw of scalarsIn(readRawData(rawData) ?? new TextDecoder().decode(rawData))) if (names(raw)) return true
  return false
}

/** Null when the verdict may become a proof, else what is wrong with it. */
export const checkLeak = (
  plugin: PluginDescription,
  { category, description, subcategory }: VerifiedVerdict,
  rawData: Uint8Array
): LeakFault | null => {
  if (!plugin.categories.includes(category)) return "category_not_published"
  if (subcategory !== null && !plugin.subcategories.includes(subcategory)) return "subcategory_not_published"
  if (plugin.description_templates.length > 0) {
    return matchersOf(plugin).some((matcher) => matcher.test(description)) ? null : "description_not_a_template"
  }
  return namesSomething(description, rawData) ? "description_names_something" : null
}
